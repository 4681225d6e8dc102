import net from 'node:net';

import { join } from './join.ts';

/**
 * Carries connections from a port on loopback to the forward proxy's socket: Chromium takes no unix socket as its
 * proxy, and where it runs there is no other network than loopback.
 */
export class Relay {
    readonly port: number;
    readonly #server: net.Server;

    private constructor(server: net.Server) {
        this.#server = server;
        this.port = (server.address() as net.AddressInfo).port;
    }

    /** Opens a relay to the path of a unix socket or to host:port. */
    static async open(proxy: string): Promise<Relay> {
        const server = net.createServer({ allowHalfOpen: true }, client => join(client, connect(proxy)));
        await new Promise<void>((resolve, reject) => {
            server.once('error', reject);
            server.listen(0, '127.0.0.1', resolve);
        });
        return new Relay(server);
    }

    close(): void {
        this.#server.close();
    }
}

function connect(proxy: string): net.Socket {
    if (proxy.startsWith('/')) return net.connect({ path: proxy, allowHalfOpen: true });
    const colon = proxy.lastIndexOf(':');
    const host = proxy.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
    return net.connect({ host, port: Number(proxy.slice(colon + 1)), allowHalfOpen: true });
}
