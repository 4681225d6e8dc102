import { unescape } from './unescape.ts';

const SHORTEST = 4;

/** What begins like a secret for so long and breaks off is one that was cut, as Lighthouse does to what is long. */
const SHORTEST_CUT = 12;

/** What follows where it was cut; the cut may have gone through an escape. */
const CUT = /^(?:(?:%[\da-f]{0,2}){1,3}|&[#\w]{0,7}|\\(?:u[\da-f]{0,3})?)?(?:…|\.\.\.)/i;
const LONGEST_CUT = 16;

/** Names of Lighthouse's own values, which are never the page's text: a secret that happens to be such a word stays. */
const STRUCTURE = new Set([
    'id',
    'type',
    'key',
    'valueType',
    'itemType',
    'resourceType',
    'scoreDisplayMode',
    'formFactor',
]);

/** Takes secrets out of what is written: a page may show, log or ask for what it was sent. */
export class Redactor {
    /** Without escapes, as the text is in which they are looked for. */
    readonly #secrets: string[];

    constructor(secrets: string[]) {
        const plain = secrets.map(secret => unescape(secret).text).filter(secret => secret.length >= SHORTEST);
        this.#secrets = [...new Set(plain)];
    }

    /** Whether there is nothing to take out. */
    get empty(): boolean {
        return this.#secrets.length === 0;
    }

    text(text: string): string {
        if (this.empty) return text;
        const { text: plain, at } = unescape(text);
        const found = this.#secrets.flatMap(secret => occurrences(plain, secret)).sort(([a], [b]) => a - b);
        let [written, end] = ['', 0];
        for (const [from, to] of found) {
            // One that begins within another is hidden with it.
            if (from >= end) written += `${text.slice(at(end), at(from))}***`;
            end = Math.max(end, to);
        }
        return end === 0 ? text : written + text.slice(at(end));
    }

    /** A copy of a JSON value without secrets in its strings and names. Pictures are left as they are. */
    value<T>(value: T): T {
        return this.empty ? value : (this.#walk(value) as T);
    }

    #walk(value: unknown): unknown {
        if (typeof value === 'string') return value.startsWith('data:image/') ? value : this.text(value);
        if (Array.isArray(value)) return value.map(item => this.#walk(item));
        if (typeof value !== 'object' || value === null) return value;
        return Object.fromEntries(
            Object.entries(value).map(([name, item]) =>
                STRUCTURE.has(name) && typeof item === 'string' ? [name, item] : [this.text(name), this.#walk(item)],
            ),
        );
    }
}

/** Where a secret stands, as a whole or cut. */
function occurrences(text: string, secret: string): [number, number][] {
    const head = secret.slice(0, SHORTEST_CUT);
    const found: [number, number][] = [];
    for (let from = text.indexOf(head); from >= 0; from = text.indexOf(head, from + 1)) {
        const to = from + alike(text.slice(from, from + secret.length), secret);
        if (to - from === secret.length || CUT.test(text.slice(to, to + LONGEST_CUT))) found.push([from, to]);
    }
    return found;
}

/** How many characters two texts begin with alike. */
function alike(one: string, other: string): number {
    let length = 0;
    while (length < one.length && one[length] === other[length]) length += 1;
    return length;
}
