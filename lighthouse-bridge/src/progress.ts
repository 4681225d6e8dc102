import log from 'lighthouse-logger';

import type { Events, Stage } from './events.ts';

/** How much of the whole the look at the page as an app is, in runs. */
const PWA_SHARE = 0.3;

/** What Lighthouse says that it does, the stage this is of, and how much of the run is done then. */
const STEPS: [RegExp, Stage, number, string][] = [
    [/^(Connecting|Navigating to about:blank|Benchmarking|Preparing|Cleaning)/, 'start', 0.05, 'starting the browser'],
    [/^Navigating to /, 'load', 0.1, 'loading the page'],
    [/^Getting artifact/, 'load', 0.6, 'looking at the page'],
    [/^(Analyzing|Auditing)/, 'analyse', 0.75, 'judging what was found'],
    [/^Generating/, 'analyse', 0.95, 'judging what was found'],
];

/** Tells how far an audit is. */
export class Progress {
    readonly #events: Events;
    readonly #runs: number;
    #run = 0;
    #fraction = 0;

    constructor(events: Events, runs: number) {
        this.#events = events;
        this.#runs = runs;
        log.events.on('status', ([, message]: string[]) => this.#lighthouse(message ?? ''));
    }

    startRun(run: number): void {
        this.#run = run;
        this.#step('start', run - 1, `Run ${run} of ${this.#runs}: starting the browser`);
    }

    startPwa(): void {
        this.#step('pwa', this.#runs, 'Looking at the page as an app');
    }

    startWriting(): void {
        this.#step('write', this.#runs + PWA_SHARE * 0.9, 'Writing the results');
    }

    #lighthouse(message: string): void {
        const step = STEPS.find(([pattern]) => pattern.test(message));
        if (step === undefined) return;
        const [, stage, part, text] = step;
        this.#step(stage, this.#run - 1 + part, `Run ${this.#run} of ${this.#runs}: ${text}`);
    }

    /** Tells a step once: Lighthouse names each of its 170 audits. */
    #step(stage: Stage, runsDone: number, text: string): void {
        const fraction = Math.round((runsDone / (this.#runs + PWA_SHARE)) * 100) / 100;
        if (fraction <= this.#fraction && fraction > 0) return;
        this.#fraction = fraction;
        this.#events.emit({ event: 'progress', stage, run: this.#run, runs: this.#runs, fraction, text });
    }
}
