/** Why a job ended without a result. The message is one line for people, without a full stop. */
export class Failure extends Error {
    readonly code: string;
    /** Chromium's reason why the page's own document did not come. */
    readonly networkError: string | null;

    constructor(code: string, message: string, networkError: string | null = null) {
        super(message);
        this.code = code;
        this.networkError = networkError;
    }
}

/** Codes of failures that are not the page's. */
export const BAD_JOB = 'BAD_JOB';
export const CHROMIUM_FAILED = 'CHROMIUM_FAILED';
export const FAILED = 'FAILED';
export const CANCELLED = 'CANCELLED';
export const MEMORY = 'MEMORY';
export const TARGET_CRASHED = 'TARGET_CRASHED';

/** What the browser saw of the page's own document. */
export interface Seen {
    networkError: string | null;
    status: number | null;
}

/** Makes a failure of what Lighthouse says when it cannot score a page, in words that say more than Lighthouse's. */
export function unscored(code: string, lighthouse: string, seen: Seen): Failure {
    return new Failure(code, explain(code, lighthouse, seen), seen.networkError);
}

const CODES: Record<string, string> = {
    NOT_HTML: 'the address answers with something that is not HTML',
    NO_FCP: 'the page shows nothing',
    PAGE_HUNG: 'the page stopped responding while it loaded',
    PROTOCOL_TIMEOUT: 'the page keeps the browser so busy that it stopped answering',
    [TARGET_CRASHED]: 'the page crashed, as pages do that need more memory than they may take',
};

const NETWORK_ERRORS: [RegExp, string][] = [
    [/^ERR_NAME_NOT_RESOLVED$/, "the host's name does not resolve"],
    [/^ERR_CONNECTION_REFUSED$/, 'the host refuses the connection'],
    [/^ERR_(CONNECTION_RESET|CONNECTION_CLOSED|EMPTY_RESPONSE)$/, 'the server closed the connection without an answer'],
    [/^ERR_(CONNECTION_)?TIMED_OUT$/, 'the host did not answer in time'],
    [/^ERR_ADDRESS_(UNREACHABLE|INVALID)$/, 'the host cannot be reached'],
    [/^ERR_TOO_MANY_REDIRECTS$/, 'the address redirects in a circle'],
    [/^ERR_UNSAFE_REDIRECT$/, 'the address redirects to one that is neither http nor https'],
    [/^ERR_UNSAFE_PORT$/, 'browsers refuse to open this port'],
    [/^ERR_TUNNEL_CONNECTION_FAILED$/, 'the proxy did not connect to the host'],
    [/^ERR_CERT_DATE_INVALID$/, 'the certificate is not valid today'],
    [/^ERR_CERT_COMMON_NAME_INVALID$/, 'the certificate is for another name'],
    [/^ERR_CERT_AUTHORITY_INVALID$/, 'no authority that browsers know signed the certificate'],
    [/^ERR_CERT_REVOKED$/, 'the certificate was revoked'],
    [/^ERR_(CERT|SSL)_/, 'no safe connection can be made'],
    [/^ERR_ABORTED$/, 'the address answers with no page, but with nothing or with a download'],
];

function explain(code: string, lighthouse: string, { networkError, status }: Seen): string {
    if (status !== null && status >= 400) return `the page answers ${status}`;
    const name = networkError?.replace('net::', '');
    const words = name && NETWORK_ERRORS.find(([pattern]) => pattern.test(name))?.[1];
    return words || CODES[code] || oneLine(lighthouse) || `Lighthouse could not score the page (${code})`;
}

/** The text's first sentences as one line without a full stop. */
export function oneLine(text: string): string {
    const line = text.replace(/\s+/g, ' ').trim().replace(/\.$/, '');
    return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
