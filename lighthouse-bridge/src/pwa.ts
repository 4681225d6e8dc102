import type { Browser, CDPSession, Page } from 'puppeteer-core';

import { ownOrigins, setCookies, withHeaders } from './credentials.ts';
import { watchDocument } from './document.ts';
import { emulateDevice, windowWidth } from './emulation.ts';
import type { AuditJob } from './job.ts';
import { interceptRequests } from './requests.ts';

/** What Chromium says of a page as an app, before it is judged. */
export interface Observed {
    manifest_url: string | null;
    manifest: unknown;
    manifest_errors: string[];
    installability_errors: string[];
    service_worker: boolean;
    offline_status: number | null;
    theme_color: string | null;
    viewport: string | null;
    /** The page's width and the window's, in CSS pixels. */
    content_width: [number, number] | null;
}

/** A manifest of more characters is not kept. */
const LARGEST_MANIFEST = 100_000;
/**
 * How long it may take until the page is loaded, registers a service worker, which is active, and answers without a
 * network, in milliseconds each.
 */
const LOAD_MS = 15_000;
const REGISTRATION_MS = 2_000;
const ACTIVATION_MS = 10_000;
const OFFLINE_MS = 10_000;

/** Opens the page, asks Chromium about it, and opens its start address again without a network. */
export async function observe(browser: Browser, job: AuditJob): Promise<Observed> {
    let offline = false;
    const origins = ownOrigins(job.url);
    // Taking the network away from a page, as emulation does, leaves it to the page's service worker.
    await interceptRequests(browser, ['*'], request =>
        offline ? { kind: 'fail', reason: 'InternetDisconnected' } : withHeaders(request, origins, job.headers),
    );

    const page = await newPage(browser, job);
    await setCookies(page, job);
    const seen = await watchDocument(page);
    await page.goto(job.url.href, { timeout: Math.min(job.maxWaitMs, LOAD_MS) }).catch(() => {}); // what goes on loading is looked at as it is
    // What stands there instead says nothing of the page: a fault of the moment would be told as seven of the app.
    if (!/^https?:/.test(page.url())) throw new Error('the page did not load');
    if (seen.status !== null && seen.status >= 400) throw new Error(`the page answers ${seen.status}`);
    const session = await page.createCDPSession();
    const serviceWorker = await hasServiceWorker(session);
    const { startUrl, ...said } = await askManifest(session);
    const head = await askDocument(session);
    const width = await contentWidth(session, job.device);

    offline = true;
    const offlineStatus = await startStatus(browser, job, startUrl ?? page.url());
    return { ...said, service_worker: serviceWorker, offline_status: offlineStatus, ...head, content_width: width };
}

type Manifest = Pick<Observed, 'manifest_url' | 'manifest' | 'manifest_errors' | 'installability_errors'>;

async function askManifest(session: CDPSession): Promise<Manifest & { startUrl: string | null }> {
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
    const { url, data, errors } = await session.send('Page.getAppManifest');
    const manifest = parse(data ?? '');
    return {
        manifest_url: url === '' ? null : url,
        manifest,
        manifest_errors: errors.slice(0, 20).map(error => error.message),
        // A browser without a profile of its own counts as incognito.
        installability_errors: installabilityErrors.map(error => error.errorId).filter(id => id !== 'in-incognito'),
        startUrl: startUrl(manifest, url),
    };
}

/** The manifest as it was served: what Chromium makes of it lacks the purposes of icons, among others. */
function parse(data: string): unknown {
    if (data.length > LARGEST_MANIFEST) return null;
    try {
        return JSON.parse(data);
    } catch {
        return null;
    }
}

function startUrl(manifest: unknown, base: string): string | null {
    if (typeof manifest !== 'object' || manifest === null || !('start_url' in manifest)) return null;
    const { start_url } = manifest;
    if (typeof start_url !== 'string' || !URL.canParse(start_url, base)) return null;
    const url = new URL(start_url, base);
    return url.origin === new URL(base).origin ? url.href : null;
}

/** Whether a service worker covers the page. One that is being installed is waited for, since it fills its cache then. */
async function hasServiceWorker(session: CDPSession): Promise<boolean> {
    const state = () => evaluate<'none' | 'installing' | 'active'>(session, REGISTRATION_STATE);
    const start = performance.now();
    for (;;) {
        const now = await state();
        const waited = performance.now() - start;
        if (now === 'active' || waited > (now === 'none' ? REGISTRATION_MS : ACTIVATION_MS)) return now !== 'none';
        await new Promise(resolve => setTimeout(resolve, 100));
    }
}

/** A registration is only found when its scope covers the page. */
const REGISTRATION_STATE = `navigator.serviceWorker === undefined ? 'none' :
  navigator.serviceWorker.getRegistration().then(
    found => found === undefined ? 'none' : found.active?.state === 'activated' ? 'active' : 'installing',
    () => 'none')`;

async function askDocument(session: CDPSession): Promise<Pick<Observed, 'theme_color' | 'viewport'>> {
    const content = (name: string) =>
        evaluate<string | null>(
            session,
            `document.querySelector('meta[name="${name}" i]')?.getAttribute('content')?.slice(0, 500) ?? null`,
        );
    return { theme_color: await content('theme-color'), viewport: await content('viewport') };
}

async function contentWidth(session: CDPSession, device: AuditJob['device']): Promise<[number, number]> {
    const { cssContentSize } = await session.send('Page.getLayoutMetrics');
    return [Math.ceil(cssContentSize.width), windowWidth(device)];
}

/** What the start address answers in a new window; an address of the same page would only be scrolled to. */
async function startStatus(browser: Browser, job: AuditJob, url: string): Promise<number | null> {
    if (!/^https?:/.test(url)) return null;
    const page = await newPage(browser, job);
    const response = await page.goto(url, { timeout: OFFLINE_MS, waitUntil: 'domcontentloaded' }).catch(() => null);
    return response?.status() ?? null;
}

/** A window of the job's device. A dialog, which would keep the page from going on, is accepted. */
async function newPage(browser: Browser, job: AuditJob): Promise<Page> {
    const page = await browser.newPage();
    page.on('dialog', dialog => void dialog.accept().catch(() => {}));
    await emulateDevice(page, job.device);
    return page;
}

/** Evaluates where the page's own scripts can change nothing. */
async function evaluate<T>(session: CDPSession, expression: string): Promise<T> {
    const { frameTree } = await session.send('Page.getFrameTree');
    const { executionContextId } = await session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id });
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
        expression,
        contextId: executionContextId,
        awaitPromise: true,
        returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return result.value as T;
}
