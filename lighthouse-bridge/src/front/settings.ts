import { readFileSync } from 'node:fs';
import os from 'node:os';

import { PROXY } from '../job.ts';

/** What the front is told by its environment. */
export interface Settings {
    host: string;
    port: number;
    token: string;
    chromium: string;
    scratch: string;
    /** Whether that folder is this front's alone, so that what it holds of jobs was left by one that was killed. */
    ownScratch: boolean;
    /** The forward proxy of audits whose client lends no connections. */
    proxy: Proxy;
    sandbox: boolean;
}

/** Where a forward proxy listens; or that there is none and pages reach whatever this machine reaches, or that there has to be one. */
export type Proxy = { kind: 'at'; address: string } | { kind: 'none' } | { kind: 'lent' };

type Environment = Record<string, string | undefined>;

/** Reads the settings; an error says which variable to mend, and how. */
export function readSettings(env: Environment): Settings {
    const [, host, port] = /^(.+):(\d{1,5})$/.exec(env.BRIDGE_LISTEN ?? '127.0.0.1:9090') ?? [];
    if (host === undefined || port === undefined) throw new Error('BRIDGE_LISTEN has to be host:port');
    return {
        host: host.replace(/^\[(.*)\]$/, '$1'),
        port: Number(port),
        token: token(env),
        chromium: env.BRIDGE_CHROMIUM ?? '/usr/bin/chromium',
        scratch: env.BRIDGE_SCRATCH ?? os.tmpdir(),
        ownScratch: env.BRIDGE_SCRATCH !== undefined,
        proxy: proxy(env.BRIDGE_PROXY),
        sandbox: flag('BRIDGE_SANDBOX', env.BRIDGE_SANDBOX ?? 'true'),
    };
}

function token(env: Environment): string {
    const { BRIDGE_TOKEN: text, BRIDGE_TOKEN_FILE: file } = env;
    if ((text === undefined) === (file === undefined)) throw new Error('set either BRIDGE_TOKEN or BRIDGE_TOKEN_FILE');
    const token = text ?? readFileSync(file as string, 'utf8').trim();
    if (token.length < 16)
        throw new Error('the token of BRIDGE_TOKEN or BRIDGE_TOKEN_FILE needs at least 16 characters');
    return token;
}

function proxy(value: string | undefined): Proxy {
    if (value === undefined) return { kind: 'lent' };
    if (value === 'none') return { kind: 'none' };
    if (!PROXY.test(value)) throw new Error('BRIDGE_PROXY has to be host:port, the path of a unix socket or none');
    return { kind: 'at', address: value };
}

function flag(name: string, value: string): boolean {
    if (value !== 'true' && value !== 'false') throw new Error(`${name} has to be true or false`);
    return value === 'true';
}
