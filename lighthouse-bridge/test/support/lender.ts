import { request } from 'node:http';
import net from 'node:net';
import type { TestContext } from 'node:test';

import { BEARER, type Front } from './front.ts';

/** A client that lends connections to its job, with a forward proxy on a unix socket at its end. */
export class Lender {
    readonly #front: Front;
    readonly #job: string;
    readonly #proxy: string;
    readonly #sockets = new Set<net.Socket>();

    constructor(t: TestContext, front: Front, job: string, proxy: string) {
        this.#front = front;
        this.#job = job;
        this.#proxy = proxy;
        t.after(() => {
            for (const socket of this.#sockets) socket.destroy();
        });
    }

    /** Lends this many connections, each of them anew when it ends. */
    async lend(count: number): Promise<void> {
        await Promise.all(Array.from({ length: count }, () => this.#lendOne()));
    }

    #lendOne(): Promise<void> {
        const headers = { ...BEARER, connection: 'Upgrade', upgrade: 'watchword-proxy', 'watchword-job': this.#job };
        return new Promise((resolve, reject) => {
            const asking = request(`${this.#front.url}/proxy`, { headers });
            asking.once('error', reject);
            asking.once('response', response => reject(new Error(`answered ${response.statusCode}`)));
            asking.once('upgrade', (_, lent: net.Socket) => {
                this.#sockets.add(lent);
                const target = net.connect(this.#proxy);
                lent.pipe(target).pipe(lent);
                lent.on('error', () => target.destroy());
                target.on('error', () => lent.destroy());
                lent.once('close', () => {
                    target.destroy();
                    this.#sockets.delete(lent);
                    this.#lendOne().catch(() => {}); // the job is over
                });
                resolve();
            });
            asking.end();
        });
    }
}
