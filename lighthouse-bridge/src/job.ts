import { Fields, wrong } from './fields.ts';

/** A header or a cookie. */
export interface Named {
    name: string;
    value: string;
}

/** How Chromium is started. */
export interface Place {
    folder: string;
    chromium: string;
    sandbox: boolean;
}

export interface AuditJob extends Place {
    job: 'audit';
    url: URL;
    device: 'mobile' | 'desktop';
    runs: number;
    throttling: 'simulate' | 'devtools' | 'none';
    locale: string;
    headers: Named[];
    cookies: Named[];
    proxy: string | null;
    maxWaitMs: number;
    maxHeapMb: number;
}

export interface PrintJob extends Place {
    job: 'print';
    html: string;
    pdf: string;
    title: string;
}

export interface VersionsJob {
    job: 'versions';
    chromium: string;
}

export type Job = AuditJob | PrintJob | VersionsJob;

const ABSOLUTE = /^\//;
const FILE = /^\w[\w.-]*$/;
const LOCALE = /^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$/;
/** The path of a unix socket, or host:port. */
export const PROXY = /^(\/.+|[^/\s]+:\d{1,5})$/;

/** Chromium puts a unix socket below the folder, and such paths end at 107 bytes. */
const LONGEST_FOLDER = 56;

/** Reads a job from its line of JSON. */
export function parseJob(line: string): Job {
    let value: unknown;
    try {
        value = JSON.parse(line);
    } catch {
        throw wrong('the job is not JSON');
    }
    const fields = new Fields(value);
    const job = readers[fields.oneOf('job', ['audit', 'print', 'versions'])](fields);
    fields.end();
    return job;
}

/** What must not be shown of a job. */
export function secretsOf(job: Job): string[] {
    if (job.job !== 'audit') return [];
    const values = [...job.headers, ...job.cookies].flatMap(named => [named.value, ...credentialsOf(named.value)]);
    return [...values, job.url.password, unescapeUrl(job.url.password)];
}

/** What a header like `Authorization` says after its scheme: a page may show that alone. */
function credentialsOf(value: string): string[] {
    const [, scheme, credentials] = /^(Bearer|Basic|Token) +(\S.*)$/i.exec(value) ?? [];
    if (scheme === undefined || credentials === undefined) return [];
    if (scheme.toLowerCase() !== 'basic') return [credentials];
    const pair = Buffer.from(credentials, 'base64').toString('utf8');
    return [credentials, pair, pair.slice(pair.indexOf(':') + 1)];
}

function unescapeUrl(text: string): string {
    try {
        return decodeURIComponent(text);
    } catch {
        return text; // a percent sign that stands for itself
    }
}

const readers: Record<Job['job'], (fields: Fields) => Job> = {
    audit: fields => ({
        job: 'audit',
        ...place(fields),
        url: url(fields),
        device: fields.oneOf('device', ['mobile', 'desktop']),
        runs: fields.integer('runs', 1, 9),
        throttling: fields.oneOf('throttling', ['simulate', 'devtools', 'none']),
        locale: fields.text('locale', LOCALE, 'a locale such as en-US'),
        headers: fields.list('headers', named),
        cookies: fields.list('cookies', named),
        proxy: fields.isNull('proxy')
            ? null
            : fields.text('proxy', PROXY, 'the path of a unix socket, host:port or null'),
        maxWaitMs: fields.integer('max_wait_ms', 1_000, 120_000),
        maxHeapMb: fields.integer('max_heap_mb', 64, 4_096),
    }),
    print: fields => ({
        job: 'print',
        ...place(fields),
        html: fields.text('html', FILE, 'the name of a file in the folder'),
        pdf: fields.text('pdf', FILE, 'the name of a file in the folder'),
        title: fields.text('title', /^/, 'text'),
    }),
    versions: fields => ({ job: 'versions', chromium: chromium(fields) }),
};

function place(fields: Fields): Place {
    const folder = fields.text('folder', ABSOLUTE, 'an absolute path');
    if (Buffer.byteLength(folder) > LONGEST_FOLDER) {
        throw wrong(
            `folder may have at most ${LONGEST_FOLDER} bytes, since Chromium puts a socket below it: ${folder}`,
        );
    }
    return { folder, chromium: chromium(fields), sandbox: fields.flag('sandbox') };
}

function chromium(fields: Fields): string {
    return fields.text('chromium', ABSOLUTE, 'an absolute path');
}

/** Chromium would also open files and pages of its own, which is nobody's business. */
function url(fields: Fields): URL {
    const text = fields.text('url', /^https?:\/\//i, 'an http or https address');
    if (!URL.canParse(text)) throw wrong('url is not an address');
    return new URL(text);
}

function named(fields: Fields): Named {
    return {
        name: fields.text('name', /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'the name of a header or a cookie'),
        value: fields.text('value', /^[^\r\n\0]*$/, 'text of one line'),
    };
}
