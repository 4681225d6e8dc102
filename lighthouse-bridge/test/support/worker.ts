import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export const CHROMIUM = process.env.WATCHWORD_TEST_CHROMIUM ?? '/usr/bin/chromium';

/** What the worker writes, looked at field by field. */
export type Json = any;

/** What a job came to. */
export interface Outcome {
    events: Json[];
    /** The last event: `done` or `error`. */
    last: Json;
    exitCode: number | null;
    /** The files in the job's folder, by name. */
    files: Map<string, Buffer>;
    stderr: string;
}

export interface Options {
    /** Ends standard input at the first event for which this is true. */
    cancelAt?: (event: Json) => boolean;
    /** Files that lie in the job's folder before. */
    files?: Record<string, string>;
    /** Writes this instead of a job. */
    line?: string;
    /** Keeps the test's own user. */
    privileged?: boolean;
}

/** An audit of a page with what a test mostly wants. */
export function auditOf(url: string, changes: object = {}): object {
    return {
        job: 'audit',
        url,
        device: 'mobile',
        runs: 1,
        throttling: 'simulate',
        locale: 'en-US',
        headers: [],
        cookies: [],
        proxy: null,
        max_wait_ms: 20_000,
        max_heap_mb: 512,
        ...changes,
    };
}

/** Has a real worker do a job, and sees to it that nothing is left of it but what it names. */
export async function runJob(job: object, options: Options = {}): Promise<Outcome> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'job-'));
    try {
        await chmod(folder, 0o777);
        for (const [name, text] of Object.entries(options.files ?? {})) await writeFile(path.join(folder, name), text);
        const outcome = await runWorker({ folder, chromium: CHROMIUM, sandbox: true, ...job }, folder, options);
        await assertNothingRuns(folder);
        assertOnlyNamed(outcome, Object.keys(options.files ?? {}));
        return outcome;
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}

/** A command as an unprivileged user, which Chromium's sandbox needs. */
export function unprivileged(command: string[]): [string, string[]] {
    const [program, ...args] = process.getuid?.() === 0 ? [...SETPRIV, ...command] : command;
    return [program as string, args];
}

const SETPRIV = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'];

async function runWorker(job: object, folder: string, options: Options): Promise<Outcome> {
    const command: [string, string[]] = [process.execPath, [MAIN]];
    const worker = spawn(...(options.privileged ? command : unprivileged(command.flat())), {
        stdio: ['pipe', 'pipe', 'pipe'],
        env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder },
    });
    const exit = once(worker, 'exit');
    let stderr = '';
    worker.stderr.on('data', data => (stderr += data));
    worker.stdin.on('error', () => {});
    worker.stdin.write(`${options.line ?? JSON.stringify(job)}\n`);
    const events: Json[] = [];
    for await (const line of createInterface({ input: worker.stdout })) {
        const event = JSON.parse(line);
        events.push(event);
        if (options.cancelAt?.(event)) worker.stdin.end();
    }
    const [exitCode] = await exit;
    return { events, last: events.at(-1), exitCode, files: await readAll(folder), stderr };
}

async function readAll(folder: string): Promise<Map<string, Buffer>> {
    const files = new Map<string, Buffer>();
    for (const entry of await readdir(folder, { withFileTypes: true })) {
        const content = entry.isFile() ? await readFile(path.join(folder, entry.name)) : Buffer.from('not a file');
        files.set(entry.name, content);
    }
    return files;
}

function assertOnlyNamed({ last, files, stderr }: Outcome, given: string[]): void {
    const named = [...given, ...(last?.lhrs ?? []), last?.screenshot, last?.pdf].filter(Boolean);
    assert.deepEqual([...files.keys()].sort(), named.sort(), stderr);
}

/** Every browser has its profile, which is in the job's folder, among its arguments. */
async function assertNothingRuns(folder: string): Promise<void> {
    for (const entry of await readdir('/proc')) {
        if (!/^\d+$/.test(entry)) continue;
        const command = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
        assert.ok(!command.includes(folder), `still running: ${command.replaceAll('\0', ' ')}`);
    }
}

/** The report of the median run. */
export function lhrOf(outcome: Outcome): Json {
    assert.equal(outcome.last?.event, 'done', `${JSON.stringify(outcome.last)}\n${outcome.stderr}`);
    return JSON.parse(String(outcome.files.get(outcome.last.lhrs[0])));
}
