import { createServer, request as httpRequest, type Server } from 'node:http';
import net from 'node:net';
import type { TestContext } from 'node:test';

/** A forward proxy on a unix socket that knows some names, refuses everything else, and keeps a list of both. */
export class ForwardProxy {
    readonly asked: string[] = [];
    readonly #server: Server;

    private constructor(names: Record<string, number>) {
        this.#server = createServer((request, response) => {
            const url = new URL(request.url ?? '');
            const port = this.#portOf(names, url.host);
            if (port === null) return void response.writeHead(403).end();
            const { host: _, ...headers } = request.headers;
            const forwarded = httpRequest(
                {
                    port,
                    host: '127.0.0.1',
                    path: url.pathname + url.search,
                    method: request.method,
                    headers: { ...headers, host: url.host },
                },
                answer => {
                    response.writeHead(answer.statusCode ?? 502, answer.headers);
                    answer.pipe(response);
                },
            );
            request.pipe(forwarded);
        });
        this.#server.on('connect', (request, socket: net.Socket) => {
            const port = this.#portOf(names, request.url ?? '');
            if (port === null) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
            const target = net.connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
            socket.pipe(target).pipe(socket);
            socket.on('error', () => target.destroy());
            target.on('error', () => socket.destroy());
        });
    }

    /** Opens one at this path; `names` are hosts and the ports on loopback that stand for them. */
    static async open(t: TestContext, path: string, names: Record<string, number>): Promise<ForwardProxy> {
        const proxy = new ForwardProxy(names);
        await new Promise<void>(resolve => proxy.#server.listen({ path, writableAll: true }, resolve));
        t.after(() => {
            proxy.#server.closeAllConnections();
            proxy.#server.close();
        });
        return proxy;
    }

    #portOf(names: Record<string, number>, host: string): number | null {
        this.asked.push(host);
        return names[host] ?? null;
    }
}
