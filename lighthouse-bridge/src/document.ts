import type { Page } from 'puppeteer-core';

import type { Seen } from './failure.ts';

/** Watches what becomes of the page's own document, which Lighthouse tells but roughly. */
export async function watchDocument(page: Page): Promise<Seen> {
    const seen: Seen = { networkError: null, status: null };
    const session = await page.createCDPSession();
    const { targetInfo } = await session.send('Target.getTargetInfo');
    let document: string | null = null;
    session.on('Network.requestWillBeSent', ({ requestId, type, frameId }) => {
        // The id of a page's main frame is that of its target.
        if (type !== 'Document' || frameId !== targetInfo.targetId) return;
        document = requestId;
        seen.networkError = null;
        seen.status = null;
    });
    session.on('Network.responseReceived', ({ requestId, response }) => {
        if (requestId === document) seen.status = response.status;
    });
    session.on('Network.loadingFailed', ({ requestId, errorText }) => {
        if (requestId === document) seen.networkError = errorText;
    });
    await session.send('Network.enable');
    return seen;
}
