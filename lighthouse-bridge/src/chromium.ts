import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';

import puppeteer, { type Browser } from 'puppeteer-core';

import { CHROMIUM_FAILED, Failure, oneLine } from './failure.ts';
import type { Place } from './job.ts';

/** Chromium opens no connection to this port. It asks for accounts and components whatever else it is told. */
const NOWHERE = 'http://localhost:1/';

const FEATURES = [
    'AutofillServerCommunication',
    'CertificateTransparencyComponentUpdater',
    'DialMediaRouteProvider',
    'HttpsUpgrades',
    'NetworkTimeServiceQuerying',
    'PrivacySandboxSettings4',
];

/** Stops what Chromium does by itself, for its vendor or for its owner, and what would change the page that was asked for. */
const QUIET = [
    '--disable-component-update',
    '--disable-domain-reliability',
    '--no-default-browser-check',
    '--no-pings',
    `--gaia-url=${NOWHERE}`,
    `--component-updater=url-source=${NOWHERE}`,
    `--disable-features=${FEATURES.join()}`,
];

/** How long a browser may take to end when it is asked to, in milliseconds. */
const PATIENCE_MS = 2_000;
/** How long a browser that is just starting may take until it can be ended, in milliseconds. */
const START_MS = 5_000;

/** Starts browsers, each with an empty profile, and leaves nothing of them: no process and no file. */
export class Chromium {
    readonly #place: Place;
    readonly #scratch: string;
    readonly #launches = new Set<Promise<Browser>>();

    constructor(place: Place) {
        if (process.getuid?.() === 0) {
            throw new Failure(CHROMIUM_FAILED, 'as root Chromium has no sandbox: run the worker as another user');
        }
        this.#place = place;
        this.#scratch = path.join(place.folder, '.t');
    }

    /** Lends a browser to `work`, and ends it after that. */
    async use<T>(flags: string[], work: (browser: Browser) => Promise<T>): Promise<T> {
        const launch = this.#launch(flags);
        this.#launches.add(launch);
        try {
            return await work(await launch);
        } finally {
            await end(launch, PATIENCE_MS);
            this.#launches.delete(launch);
        }
    }

    /** Ends what is still running, at once, and removes the temporary files. */
    async dispose(): Promise<void> {
        // A browser that hangs while it starts dies with this process.
        await Promise.race([Promise.all([...this.#launches].map(launch => end(launch, 0))), sleep(START_MS)]);
        await rm(this.#scratch, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    }

    async #launch(flags: string[]): Promise<Browser> {
        const { chromium, sandbox } = this.#place;
        await mkdir(this.#scratch, { recursive: true });
        try {
            return await puppeteer.launch({
                executablePath: chromium,
                pipe: true, // a debugging port would be open to the page and outlive this process
                userDataDir: await mkdtemp(path.join(this.#scratch, 'p-')),
                args: [...QUIET, ...(sandbox ? [] : ['--no-sandbox']), ...flags],
                env: {
                    ...process.env,
                    HOME: this.#scratch,
                    TMPDIR: this.#scratch,
                    XDG_CONFIG_HOME: undefined,
                    XDG_CACHE_HOME: undefined,
                },
                ignoreDefaultArgs: ['--disable-popup-blocking'], // a page is not painted while its popup is in front
                defaultViewport: null,
                protocolTimeout: 60_000,
                handleSIGINT: false,
                handleSIGTERM: false,
                handleSIGHUP: false,
            });
        } catch (error) {
            throw new Failure(CHROMIUM_FAILED, launchFailure(String(error)));
        }
    }
}

/** Asks the browser to end, gives it this long, then kills all its processes and waits until they are gone. */
async function end(launch: Promise<Browser>, patienceMs: number): Promise<void> {
    const browser = await launch.catch(() => null);
    const child = browser?.process();
    if (!browser || !child?.pid) return;
    const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : Promise.resolve();
    if (patienceMs > 0) await Promise.race([browser.close().catch(() => {}), gone, sleep(patienceMs)]);
    killGroup(child);
    await gone;
}

/** Puppeteer makes the browser the leader of a process group, which its helpers belong to. */
function killGroup(child: ChildProcess): void {
    try {
        process.kill(-(child.pid as number), 'SIGKILL');
    } catch {
        // Everybody is gone already.
    }
}

function sleep(ms: number): Promise<void> {
    return new Promise(resolve => void setTimeout(resolve, ms).unref());
}

function launchFailure(text: string): string {
    if (/No usable sandbox|namespace sandbox|credentials\.cc|zygote_host_impl/.test(text)) {
        return "Chromium's sandbox does not start here: it needs user namespaces (sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces)";
    }
    const lines = text.split('\n').filter(line => line.trim() !== '' && !line.startsWith('TROUBLESHOOTING'));
    return oneLine(`Chromium does not start: ${lines.slice(0, 3).join(' ')}`);
}
