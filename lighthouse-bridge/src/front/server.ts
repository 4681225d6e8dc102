import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type net from 'node:net';

import { Answer } from './answer.ts';
import { doJob } from './jobs.ts';
import { Lending } from './lending.ts';
import { Queue } from './queue.ts';
import type { Settings } from './settings.ts';

/** Most jobs that wait, most prints at once, most bytes of a job, and the longest that one may take in milliseconds. */
const MOST_WAITING = 16;
const MOST_PRINTS = 2;
const LARGEST_JOB = 32 * 1024 * 1024;
const LONGEST_MS = 15 * 60_000;

/** The HTTP front of the worker. */
export class Front {
    readonly #settings: Settings;
    /** One at a time, because audits measure. */
    readonly #audits = new Queue(MOST_WAITING, 1);
    readonly #prints = new Queue(MOST_WAITING, MOST_PRINTS);
    readonly #lending = new Lending();

    constructor(settings: Settings) {
        this.#settings = settings;
    }

    server(): Server {
        const server = createServer((request, response) => {
            this.#handle(request, response).catch(error => {
                console.error(error);
                response.destroy();
            });
        });
        server.on('upgrade', (request, socket: net.Socket) => {
            socket.on('error', () => {}); // its end follows
            if (this.#authorized(request)) this.#lending.lend(request, socket);
            else socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        });
        server.requestTimeout = 60_000; // for the request's body; answers take as long as they take
        return server;
    }

    async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
        if (!this.#authorized(request)) return refuse(response, 401, 'the bearer token is missing or wrong');
        const gone = closed(response);
        switch (`${request.method} ${request.url}`) {
            case 'GET /versions':
                return this.#versions(response, gone);
            case 'POST /jobs':
                return this.#job(request, response, gone);
            default:
                return refuse(response, 404, 'there are POST /jobs and GET /versions');
        }
    }

    async #versions(response: ServerResponse, gone: AbortSignal): Promise<void> {
        const answer = new Answer(response);
        await doJob({ job: { job: 'versions' }, lent: null, signal: inTime(gone) }, this.#settings, answer);
        answer.end();
    }

    async #job(request: IncomingMessage, response: ServerResponse, gone: AbortSignal): Promise<void> {
        if (Number(request.headers['content-length'] ?? 0) > LARGEST_JOB) {
            return refuse(response, 413, `a job has at most ${LARGEST_JOB} bytes`);
        }
        const job = parse(await read(request));
        if (job === null) return refuse(response, 400, 'the job is not a JSON object');
        const queue = 'job' in job && job.job === 'print' ? this.#prints : this.#audits;
        if (queue.full) return refuse(response, 503, `${MOST_WAITING} jobs wait already`);
        if (!this.#lending.admits(request))
            return refuse(response, 400, 'Watchword-Job has to be 32 hexadecimal digits of this job alone');
        const lent = this.#lending.open(request);
        try {
            const answer = new Answer(response);
            const wait = (before: number) => answer.send({ event: 'waiting', before });
            const work = () => doJob({ job, lent, signal: inTime(gone) }, this.#settings, answer);
            await queue.run(gone, wait, work);
            answer.end();
        } finally {
            this.#lending.close(request, lent);
        }
    }

    /** Compares digests, so that the time it takes says nothing of the token. */
    #authorized(request: IncomingMessage): boolean {
        const digest = (text: string) => createHash('sha256').update(text).digest();
        return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(`Bearer ${this.#settings.token}`));
    }
}

/** Aborts when the client goes away. */
function closed(response: ServerResponse): AbortSignal {
    const controller = new AbortController();
    response.once('close', () => controller.abort());
    return controller.signal;
}

/** Aborts when the client goes away, or when what begins now takes too long. */
function inTime(gone: AbortSignal): AbortSignal {
    return AbortSignal.any([gone, AbortSignal.timeout(LONGEST_MS)]);
}

async function read(request: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
        length += chunk.length;
        if (length > LARGEST_JOB) throw new Error('a client sent more than a job may have');
        chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
}

function parse(body: string): object | null {
    try {
        const value: unknown = JSON.parse(body);
        return typeof value === 'object' && !Array.isArray(value) ? value : null;
    } catch {
        return null;
    }
}

function refuse(response: ServerResponse, status: number, message: string): void {
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
    response.end(`${JSON.stringify({ error: message })}\n`);
}
