import { readdirSync, rmSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { Event } from '../events.ts';
import { BAD_JOB, FAILED } from '../failure.ts';
import type { Answer } from './answer.ts';
import type { Lent } from './lend.ts';
import type { Settings } from './settings.ts';
import { runWorker } from './worker.ts';

const HTML = 'page.html';
const PDF = 'page.pdf';

/** What only concerns this machine is not for the client to say. */
const OURS = ['folder', 'chromium', 'sandbox', 'proxy', 'pdf'];

/** What the names of jobs' folders begin with. */
const PREFIX = 'job-';

/** Most memory that all processes of a job may take together, in megabytes: the least, the most, and unless it is said. */
const MEMORY_MB = { least: 500, most: 64_000, usual: 1_500 };

/** A job as a client sends it. */
export interface Request {
    job: object;
    /** The connections that the client lends. */
    lent: Lent | null;
    /** Aborts when nobody waits for the answer any more. */
    signal: AbortSignal;
}

/** Has a job done and answers with its events and files; whatever happens, the last event is `done` or `error`. */
export async function doJob(request: Request, settings: Settings, answer: Answer): Promise<void> {
    const folder = await mkdtemp(path.join(settings.scratch, PREFIX));
    try {
        const [asked, memoryBytes] = limited(request.job);
        const job = await placed({ ...request, job: asked }, folder, settings);
        for await (const event of runWorker(job, folder, { signal: request.signal, memoryBytes })) {
            if (event.event === 'done') await sendFiles(event, folder, answer);
            answer.send(event);
            if (event.event === 'done' || event.event === 'error') return;
        }
        answer.send(error(FAILED, 'the worker ended without a result'));
    } catch (cause) {
        if (cause instanceof BadJob) return answer.send(error(BAD_JOB, cause.message));
        console.error(cause);
        answer.send(error(FAILED, 'the job could not be run here'));
    } finally {
        await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    }
}

/** Removes what a front that was killed has left of its jobs. */
export function removeOldJobs(scratch: string): void {
    for (const name of readdirSync(scratch)) {
        if (name.startsWith(PREFIX)) rmSync(path.join(scratch, name), { recursive: true, force: true, maxRetries: 5 });
    }
}

class BadJob extends Error {}

/** The job without its limit, which is not the worker's to keep, and the limit in bytes. */
function limited(job: object): [object, number] {
    const { memory_mb: megabytes = MEMORY_MB.usual, ...rest } = job as { memory_mb?: unknown };
    const { least, most } = MEMORY_MB;
    if (typeof megabytes !== 'number' || !Number.isInteger(megabytes) || megabytes < least || megabytes > most) {
        throw new BadJob(`memory_mb has to be a whole number from ${least} to ${most}`);
    }
    return [rest, megabytes * 1_000_000];
}

/** The job as the worker takes it, with its place here. */
async function placed({ job, lent }: Request, folder: string, settings: Settings): Promise<object> {
    const forbidden = OURS.find(name => name in job);
    if (forbidden !== undefined) throw new BadJob(`${forbidden} is not said here`);
    const kind = 'job' in job ? job.job : undefined;
    const { chromium, sandbox } = settings;
    if (kind === 'versions') return { ...job, chromium };
    if (kind !== 'print') return { ...job, folder, chromium, sandbox, proxy: await proxyOf(lent, folder, settings) };
    if (!('html' in job) || typeof job.html !== 'string') throw new BadJob('html has to be the document');
    await writeFile(path.join(folder, HTML), job.html);
    return { ...job, folder, chromium, sandbox, html: HTML, pdf: PDF };
}

async function proxyOf(lent: Lent | null, folder: string, { proxy }: Settings): Promise<string | null> {
    if (lent) {
        const socket = path.join(folder, 'proxy.sock');
        await lent.listen(socket);
        return socket;
    }
    if (proxy.kind === 'lent') throw new BadJob('an audit needs connections lent by its client, or BRIDGE_PROXY here');
    return proxy.kind === 'at' ? proxy.address : null;
}

async function sendFiles(done: Event & { event: 'done' }, folder: string, answer: Answer): Promise<void> {
    const names =
        'lhrs' in done ? [...done.lhrs, ...(done.screenshot ? [done.screenshot] : [])] : done.pdf ? [done.pdf] : [];
    for (const name of names) {
        answer.send({ event: 'file', name, data: await readFile(path.join(folder, name), 'base64') });
    }
}

function error(code: string, message: string): Event {
    return { event: 'error', code, message, network_error: null };
}
