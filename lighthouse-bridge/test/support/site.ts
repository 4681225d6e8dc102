import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

import { png } from './png.ts';

const PAGES = fileURLToPath(new URL('../pages', import.meta.url));

const TYPES: Record<string, string> = {
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript',
    '.txt': 'text/plain',
    '.webmanifest': 'application/manifest+json',
};

export type Route = (request: IncomingMessage, response: ServerResponse) => void;

/** A site on loopback: the files of `test/pages`, icons of any size as `/icon-SIZE.png`, and routes of the test's own. */
export class Site {
    readonly requests: IncomingMessage[] = [];
    readonly #server: Server;

    private constructor(routes: Record<string, Route>) {
        this.#server = createServer((request, response) => {
            this.requests.push(request);
            const route = routes[pathOf(request)];
            if (route) route(request, response);
            else void serveFile(pathOf(request), response);
        });
    }

    static async open(t: TestContext, routes: Record<string, Route> = {}): Promise<Site> {
        const site = new Site(routes);
        await new Promise<void>(resolve => site.#server.listen(0, '127.0.0.1', resolve));
        t.after(() => {
            site.#server.closeAllConnections();
            site.#server.close();
        });
        return site;
    }

    get port(): number {
        return (this.#server.address() as AddressInfo).port;
    }

    url(address: string, host = '127.0.0.1'): string {
        return `http://${host}:${this.port}${address}`;
    }

    requestsOf(address: string): IncomingMessage[] {
        return this.requests.filter(request => pathOf(request) === address);
    }
}

/** Answers with text of a type. */
export function text(content: string, type = 'text/html; charset=utf-8', status = 200): Route {
    return (_, response) => void response.writeHead(status, { 'content-type': type }).end(content);
}

/** Answers with a redirect. */
export function redirect(location: string): Route {
    return (_, response) => void response.writeHead(302, { location }).end();
}

function pathOf(request: IncomingMessage): string {
    return new URL(request.url ?? '/', 'http://site.test').pathname;
}

async function serveFile(address: string, response: ServerResponse): Promise<void> {
    const size = /^\/icon-(\d+)\.png$/.exec(address)?.[1];
    if (size) return void response.writeHead(200, { 'content-type': 'image/png' }).end(png(Number(size)));
    const file = path.join(PAGES, address.endsWith('/') ? `${address}index.html` : address);
    const content = await readFile(file).catch(() => null);
    if (content === null) return void response.writeHead(404, { 'content-type': 'text/plain' }).end('not here');
    response.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream' }).end(content);
}
