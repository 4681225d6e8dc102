import { rm } from 'node:fs/promises';
import path from 'node:path';

import { Chromium } from './chromium.ts';
import { Events, type Result } from './events.ts';
import { CANCELLED, FAILED, Failure, oneLine, TARGET_CRASHED } from './failure.ts';
import { Input } from './input.ts';
import { type Job, parseJob, secretsOf } from './job.ts';
import { Redactor } from './redact.ts';
import { versions } from './versions.ts';

/** Does one job, tells what becomes of it, and leaves nothing but what `done` names. */
async function main(): Promise<number> {
    const input = new Input(process.stdin);
    let events = new Events(new Redactor([]));
    const log = (what: unknown) => events.log(what);
    const interruption = Promise.race([cancellation(input), crash(log)]);
    let chromium: Chromium | null = null;
    let job: Job | null = null;
    try {
        job = parseJob(await Promise.race([input.job, interruption]));
        const redactor = new Redactor(secretsOf(job));
        events = new Events(redactor);
        if (job.job !== 'versions') chromium = new Chromium(job);
        const result = await Promise.race([work(job, chromium, events, redactor), interruption]);
        await chromium?.dispose();
        events.emit({ event: 'done', ...result });
        return 0;
    } catch (error) {
        await chromium?.dispose();
        if (job) await discard(job);
        const { code, message, networkError } = failure(error, log);
        events.emit({ event: 'error', code, message, network_error: networkError });
        return 1;
    }
}

async function work(job: Job, chromium: Chromium | null, events: Events, redactor: Redactor): Promise<Result> {
    events.emit({ event: 'started', versions: await versions(job.chromium) });
    if (job.job === 'versions' || chromium === null) return {};
    // Lighthouse takes a second to load, which a print job need not wait for.
    return job.job === 'print'
        ? (await import('./print.ts')).print(job, chromium)
        : (await import('./audit.ts')).audit(job, chromium, events, redactor);
}

/** Fails when nobody wants the result any more. */
function cancellation(input: Input): Promise<never> {
    return new Promise((_, reject) => {
        const cancel = () => reject(new Failure(CANCELLED, 'the job was cancelled'));
        void input.end.then(cancel);
        process.stdout.once('error', cancel);
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, cancel);
    });
}

/**
 * Fails when something throws where nobody waits for it. A page that crashes does that to Lighthouse; a frame or a worker
 * that goes away while it is asked something does it to Puppeteer, and harms nothing.
 */
function crash(log: (what: unknown) => void): Promise<never> {
    return new Promise((_, reject) => {
        const judge = (error: unknown) => {
            log(error);
            if (/Target closed|Session closed|detached/i.test(String(error))) return;
            reject(error);
        };
        process.on('uncaughtException', judge);
        process.on('unhandledRejection', judge);
    });
}

function failure(error: unknown, log: (what: unknown) => void): Failure {
    if (error instanceof Failure) return error;
    log(error);
    const message = error instanceof Error ? error.message : String(error);
    if (/TARGET_CRASHED|Target crashed|Page crashed/i.test(`${message} ${(error as { code?: unknown }).code}`)) {
        return new Failure(TARGET_CRASHED, 'the page crashed, as pages do that need more memory than they may take');
    }
    return new Failure(FAILED, oneLine(message));
}

/** Removes what the job may have written so far. */
async function discard(job: Job): Promise<void> {
    if (job.job === 'versions') return;
    const runs = job.job === 'audit' ? Array.from({ length: job.runs }, (_, run) => `lhr-${run + 1}.json`) : [];
    const written = job.job === 'audit' ? [...runs, 'screen.jpg'] : [job.pdf];
    await Promise.all(written.map(name => rm(path.join(job.folder, name), { force: true })));
}

process.exit(await main());
