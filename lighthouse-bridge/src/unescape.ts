/** Text without its escapes, and where each of its characters stood. */
export interface Unescaped {
    text: string;
    /** Where a character began in the text as it was; after the last one where that ended. */
    at: (place: number) => number;
}

/** Addresses stand in addresses, and those in HTML: so often text may be escaped. */
const MOST_ROUNDS = 5;

/** One character as addresses (in UTF-8), HTML and scripts write it. */
const ESCAPE = new RegExp(
    [
        '%[0-7][\\da-f]',
        '%[cd][\\da-f]%[89ab][\\da-f]',
        '%e[\\da-f](?:%[89ab][\\da-f]){2}',
        '%f[0-7](?:%[89ab][\\da-f]){3}',
        '&(?:amp|lt|gt|quot|apos|#\\d{1,7}|#x[\\da-f]{1,6});',
        '\\\\u[\\da-f]{4}',
        '\\\\[\\\\/"\']',
    ].join('|'),
    'gi',
);

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Reads what is escaped, however often it is. A plus is a space, as in forms: nobody can tell which of both was meant. */
export function unescape(text: string): Unescaped {
    let found: Unescaped = { text, at: place => place };
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
        const next = once(found);
        if (next === null) break;
        found = next;
    }
    return { text: found.text.replaceAll('+', ' '), at: found.at };
}

/** `null`: nothing is escaped. */
function once({ text, at }: Unescaped): Unescaped | null {
    const places: number[] = [];
    let [plain, end] = ['', 0];
    const keep = (until: number) => {
        plain += text.slice(end, until);
        for (; end < until; end += 1) places.push(at(end));
    };
    for (const { 0: escape, index } of text.matchAll(ESCAPE)) {
        const character = characterOf(escape);
        if (character === null) continue;
        keep(index);
        plain += character;
        for (let unit = 0; unit < character.length; unit += 1) places.push(at(index));
        end = index + escape.length;
    }
    if (end === 0) return null;
    keep(text.length);
    places.push(at(text.length));
    return { text: plain, at: place => places[place] as number };
}

/** What an escape stands for; `null`: for nothing. */
function characterOf(escape: string): string | null {
    const code = /^(?:\\u|&#x)([\da-f]+);?$/i.exec(escape)?.[1];
    if (code !== undefined) return ofCode(Number.parseInt(code, 16));
    if (escape.startsWith('&#')) return ofCode(Number.parseInt(escape.slice(2), 10));
    if (escape.startsWith('&')) return ENTITIES[escape.slice(1, -1).toLowerCase()] ?? null;
    if (escape.startsWith('\\')) return escape.slice(1);
    try {
        return decodeURIComponent(escape);
    } catch {
        return null; // bytes that are no UTF-8
    }
}

function ofCode(code: number): string | null {
    return code <= 0x10ffff ? String.fromCodePoint(code) : null;
}
