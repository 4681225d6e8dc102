import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

import { CHROMIUM, type Json, unprivileged } from './worker.ts';

const SERVE = fileURLToPath(new URL('../../src/serve.ts', import.meta.url));

const TOKEN = 'a-token-of-these-tests';

export const BEARER = { authorization: `Bearer ${TOKEN}` };

/** The front as a process, as it runs in a container. */
export class Front {
    readonly url: string;
    readonly scratch: string;
    readonly #process: ChildProcess;

    private constructor(url: string, scratch: string, child: ChildProcess) {
        this.url = url;
        this.scratch = scratch;
        this.#process = child;
    }

    static async open(t: TestContext, changes: Record<string, string | undefined> = {}): Promise<Front> {
        const scratch = await mkdtemp(path.join(os.tmpdir(), 'front-'));
        await chmod(scratch, 0o777);
        const env = {
            PATH: process.env.PATH,
            BRIDGE_LISTEN: '127.0.0.1:0',
            BRIDGE_TOKEN: TOKEN,
            BRIDGE_CHROMIUM: CHROMIUM,
            BRIDGE_SCRATCH: scratch,
            BRIDGE_PROXY: 'none',
            ...changes,
        };
        const child = spawn(...unprivileged([process.execPath, SERVE]), { stdio: ['ignore', 'inherit', 'pipe'], env });
        const lines = createInterface({ input: child.stderr! });
        const [line] = (await once(lines, 'line')) as [string];
        const url = /http:\S+/.exec(line)?.[0];
        if (url === undefined) throw new Error(`the front does not start: ${line}`);
        const front = new Front(url, scratch, child);
        t.after(() => front.#close());
        return front;
    }

    fetch(address: string, options: RequestInit = {}): Promise<Response> {
        return fetch(`${this.url}${address}`, { headers: BEARER, ...options });
    }

    post(job: object, options: RequestInit = {}): Promise<Response> {
        return this.fetch('/jobs', { method: 'POST', body: JSON.stringify(job), ...options });
    }

    async #close(): Promise<void> {
        const exit = once(this.#process, 'exit');
        this.#process.kill('SIGTERM');
        await exit;
        const left = await readdir(this.scratch);
        await rm(this.scratch, { recursive: true });
        if (left.length > 0) throw new Error(`the front left ${left}`);
    }
}

/** The events of an answer as they come. */
export async function* eventsOf(response: Response): AsyncGenerator<Json> {
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        const lines = (text + chunk).split('\n');
        text = lines.pop()!;
        for (const line of lines) yield JSON.parse(line);
    }
}
