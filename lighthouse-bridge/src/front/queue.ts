interface Waiting {
    /** Gives the turn to the one who waits, or sends it away. */
    decide: (turn: boolean) => void;
    tell: (before: number) => void;
}

/** Lets one at a time through, in the order in which they came. */
export class Queue {
    readonly #most: number;
    #waiting: Waiting[] = [];
    #busy = false;

    /** A queue in which at most this many wait. */
    constructor(most: number) {
        this.#most = most;
    }

    get full(): boolean {
        return this.#waiting.length >= this.#most;
    }

    /**
     * Runs `work` when its turn comes. `tell` hears how many are before it, whenever that changes. When `signal` aborts
     * while it waits, it is never run.
     */
    async run(signal: AbortSignal, tell: (before: number) => void, work: () => Promise<void>): Promise<void> {
        if (!(await this.#turn(signal, tell))) return;
        try {
            await work();
        } finally {
            this.#pass();
        }
    }

    async #turn(signal: AbortSignal, tell: (before: number) => void): Promise<boolean> {
        if (signal.aborted) return false;
        if (!this.#busy) {
            this.#busy = true;
            return true;
        }
        return new Promise(decide => {
            const waiting = { decide, tell };
            this.#waiting.push(waiting);
            tell(this.#waiting.length);
            signal.addEventListener('abort', () => this.#leave(waiting), { once: true });
        });
    }

    #leave(waiting: Waiting): void {
        const position = this.#waiting.indexOf(waiting);
        if (position < 0) return; // it has its turn: `work` sees the signal
        this.#waiting.splice(position, 1);
        waiting.decide(false);
        this.#tellAll();
    }

    #pass(): void {
        const next = this.#waiting.shift();
        this.#busy = next !== undefined;
        next?.decide(true);
        this.#tellAll();
    }

    #tellAll(): void {
        for (const [position, waiting] of this.#waiting.entries()) waiting.tell(position + 1);
    }
}
