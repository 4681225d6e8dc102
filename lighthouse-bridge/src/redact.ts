const SHORTEST = 4;

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
    readonly #pattern: RegExp | null;

    constructor(secrets: string[]) {
        const forms = secrets
            .filter(secret => secret.length >= SHORTEST)
            .flatMap(secret => [secret, encodeURIComponent(secret), encodeURI(secret), secret.replaceAll('&', '&amp;')])
            .sort((a, b) => b.length - a.length);
        const escaped = [...new Set(forms)].map(form => form.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
        this.#pattern = escaped.length === 0 ? null : new RegExp(escaped.join('|'), 'g');
    }

    text(text: string): string {
        return this.#pattern === null ? text : text.replace(this.#pattern, '***');
    }

    /** A copy of a JSON value without secrets in its strings and names. Pictures are left as they are. */
    value<T>(value: T): T {
        return this.#pattern === null ? value : (this.#walk(value) as T);
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
