import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { Browser } from 'puppeteer-core';

import type { Chromium } from './chromium.ts';
import type { Result } from './events.ts';
import { wrong } from './fields.ts';
import { interFontFaces } from './fonts.ts';
import type { PrintJob } from './job.ts';
import { interceptRequests } from './requests.ts';

/** Where the document seems to come from; nothing is ever asked for there. */
const ADDRESS = 'http://document.invalid/';

const HEADERS = [
    { name: 'content-type', value: 'text/html; charset=utf-8' },
    {
        name: 'content-security-policy',
        value: "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:",
    },
];

/** Prints a document of ours. It shows what strangers' pages are called and contain, so it may do and load nothing. */
export async function print(job: PrintJob, chromium: Chromium): Promise<Result> {
    const html = await readFile(path.join(job.folder, job.html), 'utf8').catch(() => {
        throw wrong(`html names ${job.html}, which is not in the folder`);
    });
    const document = Buffer.from(completed(html, job.title, await interFontFaces()));
    const pdf = await chromium.use(['--host-resolver-rules=MAP * ~NOTFOUND'], browser => printed(browser, document));
    await writeFile(path.join(job.folder, job.pdf), pdf);
    return { pdf: job.pdf, pages: countPages(pdf) };
}

/** The document with its title, which is the first that counts, and its fonts. */
function completed(html: string, title: string, fonts: string): string {
    const head = /<head(\s[^>]*)?>/i.exec(html);
    if (!head) throw wrong('the document has no <head>');
    const escaped = title.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    const end = head.index + head[0].length;
    return `${html.slice(0, end)}<title>${escaped}</title><style>${fonts}</style>${html.slice(end)}`;
}

async function printed(browser: Browser, document: Buffer): Promise<Buffer> {
    await interceptRequests(browser, ['*'], request =>
        request.url === ADDRESS
            ? { kind: 'answer', body: document, headers: HEADERS }
            : { kind: 'fail', reason: 'BlockedByClient' },
    );
    const page = await browser.newPage();
    const session = await page.createCDPSession();
    await session.send('Emulation.setScriptExecutionDisabled', { value: true });
    await page.goto(ADDRESS);
    await session.send('Runtime.evaluate', { expression: 'document.fonts.ready.then(() => null)', awaitPromise: true });
    const { data } = await session.send('Page.printToPDF', {
        printBackground: true,
        preferCSSPageSize: true,
        generateTaggedPDF: true,
        generateDocumentOutline: true,
    });
    return Buffer.from(data, 'base64');
}

/** The count that the root of the page tree has, which is the largest. */
function countPages(pdf: Buffer): number {
    const nodes = pdf
        .toString('latin1')
        .matchAll(/\/Type\s*\/Pages\b[^>]*?\/Count\s+(\d+)|\/Count\s+(\d+)[^>]*?\/Type\s*\/Pages\b/g);
    return Math.max(0, ...[...nodes].map(node => Number(node[1] ?? node[2])));
}
