import type { Observed } from './pwa.ts';
import type { Redactor } from './redact.ts';
import type { Versions } from './versions.ts';

export type Stage = 'start' | 'load' | 'analyse' | 'pwa' | 'write';

export interface Progress {
    stage: Stage;
    run: number;
    runs: number;
    /** Of the whole job, 0 to 1. */
    fraction: number;
    text: string;
}

/** What a job ends with. */
export type Result =
    | { pdf?: never }
    | { pdf: string; pages: number }
    | { lhrs: string[]; pwa: Observed | null; screenshot: string | null; network_error: null };

export type Event =
    | { event: 'started'; versions: Versions }
    | ({ event: 'progress' } & Progress)
    | ({ event: 'done' } & Result)
    | { event: 'error'; code: string; message: string; network_error: string | null };

/** Writes events to standard output, one JSON object a line, and notes to standard error, both without secrets. */
export class Events {
    readonly #redactor: Redactor;

    constructor(redactor: Redactor) {
        this.#redactor = redactor;
    }

    emit(event: Event): void {
        process.stdout.write(`${JSON.stringify(this.#redactor.value(event))}\n`);
    }

    log(what: unknown): void {
        const text = what instanceof Error ? (what.stack ?? what.message) : String(what);
        process.stderr.write(`${this.#redactor.text(text)}\n`);
    }
}
