import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { Result as Lhr } from 'lighthouse';
import type { Chromium } from './chromium.ts';
import type { Events, Result } from './events.ts';
import { Failure } from './failure.ts';
import { browserFlags } from './flags.ts';
import type { AuditJob } from './job.ts';
import { medianFirst, screenshot, trim } from './lhr.ts';
import { Progress } from './progress.ts';
import { type Observed, observe } from './pwa.ts';
import type { Redactor } from './redact.ts';
import { Relay } from './relay.ts';
import { runLighthouse } from './run.ts';
import { inTime } from './time.ts';

/** How long the look at the page as an app may take, in milliseconds. */
const OBSERVING_MS = 45_000;

/** Audits a page: runs of Lighthouse, one after the other, then the page as an app. */
export async function audit(job: AuditJob, chromium: Chromium, events: Events, redactor: Redactor): Promise<Result> {
    const progress = new Progress(events, job.runs);
    const relay = job.proxy === null ? null : await Relay.open(job.proxy);
    const flags = browserFlags(job, relay?.port ?? null);

    const runs: [number, Lhr][] = [];
    for (let run = 1; run <= job.runs; run += 1) {
        progress.startRun(run);
        try {
            runs.push([run, await chromium.use(flags, browser => runLighthouse(browser, job, redactor))]);
        } catch (error) {
            if (runs.length === 0 || !(error instanceof Failure)) throw error;
            events.log(`run ${run} is left out: ${error.code}: ${error.message}`);
        }
    }
    progress.startPwa();
    const pwa = await observeTwice(job, chromium, events, flags);
    relay?.close();

    progress.startWriting();
    return write(job, runs, pwa, redactor);
}

/** What Chromium says of the page as an app; `null` when it fails to, twice, or when the page does not let it. */
async function observeTwice(
    job: AuditJob,
    chromium: Chromium,
    events: Events,
    flags: string[],
): Promise<Observed | null> {
    for (let attempt = 1; attempt <= 2; attempt += 1) {
        try {
            return await chromium.use(flags, browser => inTime(observe(browser, job), OBSERVING_MS));
        } catch (error) {
            events.log(`the page could not be observed as an app: ${error}`);
        }
    }
    return null;
}

async function write(job: AuditJob, runs: [number, Lhr][], pwa: Observed | null, redactor: Redactor): Promise<Result> {
    const ordered = medianFirst(runs.map(([, lhr]) => lhr));
    const lhrs: string[] = [];
    for (const lhr of ordered) {
        const name = `lhr-${runs.find(([, other]) => other === lhr)?.[0]}.json`;
        await writeFile(path.join(job.folder, name), JSON.stringify(redactor.value(trim(lhr))));
        lhrs.push(name);
    }
    const picture = ordered[0] ? screenshot(ordered[0]) : null;
    if (picture) await writeFile(path.join(job.folder, SCREENSHOT), picture);
    return { lhrs, pwa, screenshot: picture && SCREENSHOT, network_error: null };
}

const SCREENSHOT = 'screen.jpg';
