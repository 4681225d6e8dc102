interface Waiting {
    /** Gives the turn to the one who waits, or sends it away. */
    decide: (turn: boolean) => void;
    tell: (before: number) => void;
}

/** How often those who wait hear that they still do, in milliseconds: their connections are seen to live. */
const AGAIN_MS = 30_000;

/** Lets some at a time through, in the order in which they came. */
export class Queue {
    readonly #most: number;
    readonly #atOnce: number;
    #waiting: Waiting[] = [];
    #working = 0;

    /** A queue in which at most this many wait, and this many work at once. */
    constructor(most: number, atOnce: number) {
        this.#most = most;
        this.#atOnce = atOnce;
    }

    get full(): boolean {
        return this.#waiting.length >= this.#most;
    }

    /**
     * Runs `work` when its turn comes. `tell` hears how many are before it, whenever that changes and now and then. When
     * `signal` aborts while it waits, it is never run.
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
        if (this.#working < this.#atOnce) {
            this.#working += 1;
            return true;
        }
        return new Promise(resolve => {
            const again = setInterval(() => tell(this.#waiting.indexOf(waiting) + 1), AGAIN_MS);
            const decide = (turn: boolean) => {
                clearInterval(again);
                resolve(turn);
            };
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
        if (next) next.decide(true);
        else this.#working -= 1;
        this.#tellAll();
    }

    #tellAll(): void {
        for (const [position, waiting] of this.#waiting.entries()) waiting.tell(position + 1);
    }
}
