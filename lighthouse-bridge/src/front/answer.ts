import type { ServerResponse } from 'node:http';

import type { Event } from '../events.ts';

/** The worker's events and what is sent beside them. */
export type FrontEvent = Event | { event: 'waiting'; before: number } | { event: 'file'; name: string; data: string };

/** The stream of events that answers a request. */
export class Answer {
    readonly #response: ServerResponse;

    constructor(response: ServerResponse) {
        this.#response = response;
        response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
        response.flushHeaders(); // clients lend connections from here on
    }

    send(event: FrontEvent): void {
        this.#response.write(`${JSON.stringify(event)}\n`);
    }

    end(): void {
        this.#response.end();
    }
}
