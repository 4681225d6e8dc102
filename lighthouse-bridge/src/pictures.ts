import type { Result as Lhr } from 'lighthouse';
import type { Page } from 'puppeteer-core';

import type { Redactor } from './redact.ts';
import { inTime } from './time.ts';

/** How long the page may go on loading, and how long it may take to say what it shows, in milliseconds each. */
const LOADING_MS = 5_000;
const LOOKING_MS = 5_000;

const WARNING = 'The pictures of the page are left out, because it shows a header or a cookie that is secret.';

/** Takes the pictures out of a result when the page shows a secret, or does not say what it shows. */
export async function hidePictures(lhr: Lhr, page: Page, redactor: Redactor): Promise<void> {
    if (redactor.empty || !(await showsSecret(page, redactor))) return;
    for (const audit of Object.values(lhr.audits)) {
        const type = audit.details?.type;
        if (type === 'screenshot' || type === 'filmstrip') delete audit.details;
    }
    lhr.runWarnings.unshift(WARNING);
}

async function showsSecret(page: Page, redactor: Redactor): Promise<boolean> {
    // Lighthouse has left the page and come back to it.
    await page.waitForNetworkIdle({ timeout: LOADING_MS }).catch(() => {});
    const text = await inTime(visibleText(page), LOOKING_MS).catch(() => null);
    return text === null || redactor.text(text) !== text;
}

/** All text that is laid out, of frames and shadow trees too. The page's scripts have no say in it. */
async function visibleText(page: Page): Promise<string> {
    const session = await page.createCDPSession();
    const { documents, strings } = await session.send('DOMSnapshot.captureSnapshot', { computedStyles: [] });
    return documents.map(({ layout }) => layout.text.map(index => strings[index] ?? '').join('')).join('\n');
}
