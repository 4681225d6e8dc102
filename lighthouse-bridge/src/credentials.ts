import type { Page, Protocol } from 'puppeteer-core';

import { wrong } from './fields.ts';
import type { AuditJob, Named } from './job.ts';
import type { Decision } from './requests.ts';

/**
 * The origins that the job's headers are for: the page's own, and the same host by https when the page is asked for by
 * http, since such a page mostly redirects there.
 */
export function ownOrigins(url: URL): string[] {
    return url.protocol === 'http:' && url.port === '' ? [url.origin, `https://${url.host}`] : [url.origin];
}

/** Lets a request pass, with the job's headers if it goes to one of these origins. Redirects are asked about again. */
export function withHeaders(request: Protocol.Network.Request, origins: string[], headers: Named[]): Decision {
    if (headers.length === 0 || !origins.includes(new URL(request.url).origin)) return { kind: 'pass' };
    const added = new Set(headers.map(({ name }) => name.toLowerCase()));
    const kept = Object.entries(request.headers).filter(([name]) => !added.has(name.toLowerCase()));
    return { kind: 'pass', headers: [...kept.map(([name, value]) => ({ name, value })), ...headers] };
}

/** Gives the page's browser the job's cookies, for the page's host without its subdomains. */
export async function setCookies(page: Page, job: AuditJob): Promise<void> {
    const session = await page.createCDPSession();
    for (const { name, value } of job.cookies) {
        const cookie = { name, value, url: job.url.origin, path: '/', secure: job.url.protocol === 'https:' };
        const { success } = await session.send('Network.setCookie', cookie).catch(() => ({ success: false }));
        if (!success) throw wrong(`Chromium does not take the cookie ${name}`);
    }
    await session.detach();
}
