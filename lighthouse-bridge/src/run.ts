import lighthouse, { type Flags, type Result as Lhr } from 'lighthouse';
import type { Browser } from 'puppeteer-core';

import { ownOrigins, setCookies, withHeaders } from './credentials.ts';
import { watchDocument } from './document.ts';
import { CONFIGS } from './emulation.ts';
import { type Seen, unscored } from './failure.ts';
import type { AuditJob } from './job.ts';
import { hidePictures } from './pictures.ts';
import type { Redactor } from './redact.ts';
import { interceptRequests } from './requests.ts';

const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'];

/**
 * Audits the page once. Lighthouse keeps its state in globals, so that there is one run at a time in a process.
 */
export async function runLighthouse(browser: Browser, job: AuditJob, redactor: Redactor): Promise<Lhr> {
    const origins = ownOrigins(job.url);
    if (job.headers.length > 0) {
        const patterns = origins.map(origin => `${origin}/*`);
        await interceptRequests(browser, patterns, request => withHeaders(request, origins, job.headers));
    }
    const page = await browser.newPage();
    await setCookies(page, job);
    const seen = await watchDocument(page);
    const result = await lighthouse(job.url.href, flags(job), CONFIGS[job.device], page).catch(error => {
        throw thrown(error, seen);
    });
    if (!result) throw new Error('Lighthouse gave no result');
    const { runtimeError } = result.lhr;
    if (runtimeError) throw unscored(runtimeError.code, runtimeError.message, seen);
    await hidePictures(result.lhr, page, redactor);
    return result.lhr;
}

function flags(job: AuditJob): Flags {
    return {
        output: 'json',
        logLevel: 'silent',
        onlyCategories: CATEGORIES,
        throttlingMethod: job.throttling === 'none' ? 'provided' : job.throttling,
        locale: job.locale as NonNullable<Flags['locale']>,
        maxWaitForLoad: job.maxWaitMs,
        disableFullPageScreenshot: true,
    };
}

/** Lighthouse throws some of the errors that it otherwise reports, with a code and a message for people beside it. */
function thrown(error: unknown, seen: Seen): unknown {
    if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error;
    return unscored(error.code, error.message, seen);
}
