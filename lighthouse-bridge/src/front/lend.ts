import net from 'node:net';

import { join } from '../join.ts';

/** Most connections that wait to be used; a browser opens at most 32 to its proxy. */
const MOST_IDLE = 64;
/** How long a connection of the browser waits for one that is lent, in milliseconds. */
const PATIENCE_MS = 30_000;

/**
 * Connections that a job's client lends to it. The client's end of each is a forward proxy, so that what pages may reach
 * is decided there, although nothing listens there.
 */
export class Lent {
    #idle: net.Socket[] = [];
    #wanting: ((lent: net.Socket) => void)[] = [];
    #open = new Set<net.Socket>();
    #server: net.Server | null = null;

    /** Takes a connection of the client. */
    add(socket: net.Socket): void {
        if (this.#idle.length >= MOST_IDLE) return void socket.destroy();
        this.#keep(socket);
        const wanting = this.#wanting.shift();
        if (wanting) wanting(socket);
        else this.#wait(socket);
    }

    /** Listens at the path of a unix socket, and joins each connection to one that is lent. */
    async listen(path: string): Promise<void> {
        const server = net.createServer({ allowHalfOpen: true }, browser => {
            this.#keep(browser);
            this.#borrow(browser);
        });
        this.#server = server;
        await new Promise<void>((resolve, reject) => {
            server.once('error', reject);
            server.listen(path, resolve);
        });
    }

    close(): void {
        this.#server?.close();
        for (const socket of this.#open) socket.destroy();
    }

    #wait(socket: net.Socket): void {
        this.#idle.push(socket);
        socket.resume(); // else nobody would see that it ends
        socket.once('end', () => this.#idle.includes(socket) && socket.destroy());
        socket.once('close', () => {
            this.#idle = this.#idle.filter(other => other !== socket);
        });
    }

    #borrow(browser: net.Socket): void {
        const idle = this.#idle.shift();
        if (idle) join(browser, idle);
        else this.#want(browser);
    }

    #want(browser: net.Socket): void {
        const timer = setTimeout(() => browser.destroy(), PATIENCE_MS);
        const take = (lent: net.Socket) => {
            clearTimeout(timer);
            join(browser, lent);
        };
        this.#wanting.push(take);
        browser.once('close', () => {
            clearTimeout(timer);
            this.#wanting = this.#wanting.filter(other => other !== take);
        });
    }

    #keep(socket: net.Socket): void {
        this.#open.add(socket);
        socket.on('error', () => {}); // its end follows
        socket.once('close', () => this.#open.delete(socket));
    }
}
