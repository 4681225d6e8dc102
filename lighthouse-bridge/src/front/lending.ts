import type { IncomingMessage } from 'node:http';
import type net from 'node:net';

import { Lent } from './lend.ts';

const HEADER = 'watchword-job';
const PROTOCOL = 'watchword-proxy';

/** The jobs that connections may be lent to, by the names their clients gave them. */
export class Lending {
    readonly #jobs = new Map<string, Lent>();

    /** Whether the request names no job, or one that no other has now. */
    admits(request: IncomingMessage): boolean {
        const name = jobOf(request);
        return request.headers[HEADER] === undefined || (name !== null && !this.#jobs.has(name));
    }

    /** Lets connections be lent to the job that a request brings; `null` when it names none. */
    open(request: IncomingMessage): Lent | null {
        const name = jobOf(request);
        if (name === null) return null;
        const lent = new Lent();
        this.#jobs.set(name, lent);
        return lent;
    }

    close(request: IncomingMessage, lent: Lent | null): void {
        lent?.close();
        const name = jobOf(request);
        if (name !== null && this.#jobs.get(name) === lent) this.#jobs.delete(name);
    }

    /** Answers a request that lends its connection. */
    lend(request: IncomingMessage, socket: net.Socket): void {
        const lent = this.#jobs.get(jobOf(request) ?? '');
        if (request.url !== '/proxy' || request.headers.upgrade !== PROTOCOL || lent === undefined) {
            return void socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        }
        socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${PROTOCOL}\r\nConnection: Upgrade\r\n\r\n`);
        lent.add(socket);
    }
}

/** The name is as secret as the token: who knows it decides what the job's pages reach. */
function jobOf(request: IncomingMessage): string | null {
    const name = request.headers[HEADER];
    return typeof name === 'string' && /^[0-9a-f]{32}$/.test(name) ? name : null;
}
