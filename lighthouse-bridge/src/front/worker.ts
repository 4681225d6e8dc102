import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { Event } from '../events.ts';
import { MEMORY } from '../failure.ts';
import { limitMemory } from './processes.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

const OUT_OF_MEMORY: Event = {
    event: 'error',
    code: MEMORY,
    message: 'the job took more memory than it may',
    network_error: null,
};

/** How long a cancelled worker may take to end, in milliseconds. */
const PATIENCE_MS = 5_000;

/** What a job may take. */
export interface Limits {
    /** Cancels the job when it aborts. */
    signal: AbortSignal;
    /** Most memory of all its processes together. */
    memoryBytes: number;
}

/** Has a job done by a worker of its own, whose events it hands on. */
export async function* runWorker(job: object, folder: string, limits: Limits): AsyncGenerator<Event> {
    const { signal, memoryBytes } = limits;
    const worker = spawn(process.execPath, [MAIN], {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder },
    });
    const exited = once(worker, 'exit');
    const exceeded = worker.pid === undefined ? () => false : limitMemory(worker.pid, memoryBytes);
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
        if (exceeded()) yield OUT_OF_MEMORY;
    } catch (error) {
        if (!exceeded()) throw error;
        yield OUT_OF_MEMORY; // it was killed in the middle of a line
    } finally {
        cancel();
        await exited.finally(exceeded);
        signal.removeEventListener('abort', cancel);
    }
}
