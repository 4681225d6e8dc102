import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { CHROMIUM_FAILED, Failure } from './failure.ts';

export interface Versions {
    node: string;
    lighthouse: string;
    chromium: string;
}

/** The versions of all that an audit depends on. */
export async function versions(chromium: string): Promise<Versions> {
    return {
        node: process.versions.node,
        lighthouse: await lighthouseVersion(),
        chromium: await chromiumVersion(chromium),
    };
}

async function lighthouseVersion(): Promise<string> {
    const manifest = fileURLToPath(import.meta.resolve('lighthouse/package.json'));
    const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
    return version;
}

async function chromiumVersion(chromium: string): Promise<string> {
    const { stdout } = await promisify(execFile)(chromium, ['--version'], { timeout: 20_000 }).catch((error: Error) => {
        throw new Failure(CHROMIUM_FAILED, `${chromium} does not run: ${error.message.split('\n', 1)[0]}`);
    });
    const version = /\d+(\.\d+){3}/.exec(stdout)?.[0];
    if (version === undefined)
        throw new Failure(CHROMIUM_FAILED, `${chromium} does not tell its version, so it is no Chromium`);
    return version;
}
