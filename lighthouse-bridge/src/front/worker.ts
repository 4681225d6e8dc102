import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { Event } from '../events.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

/** How long a cancelled worker may take to end, in milliseconds. */
const PATIENCE_MS = 5_000;

/** Has a job done by a worker of its own, whose events it hands on. An aborted signal cancels the job. */
export async function* runWorker(job: object, folder: string, signal: AbortSignal): AsyncGenerator<Event> {
    const worker = spawn(process.execPath, [MAIN], {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder },
    });
    const exited = once(worker, 'exit');
    worker.stdin.on('error', () => {}); // it ended before it read the job
    worker.stdin.write(`${JSON.stringify(job)}\n`);
    const cancel = () => {
        worker.stdin.end();
        setTimeout(() => worker.kill('SIGKILL'), PATIENCE_MS).unref();
    };
    if (signal.aborted) cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
        for await (const line of createInterface({ input: worker.stdout })) yield JSON.parse(line) as Event;
    } finally {
        cancel();
        await exited;
        signal.removeEventListener('abort', cancel);
    }
}
