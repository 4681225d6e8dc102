import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';

/** The address of a site whose certificate nobody but itself has signed. */
export async function openSelfSigned(t: TestContext): Promise<string> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'certificate-'));
    const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
    const made = [
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
        '-subj',
        '/CN=localhost',
    ];
    await promisify(execFile)('openssl', ['req', ...made, '-keyout', key, '-out', cert]);
    const server = createServer({ key: await readFile(key), cert: await readFile(cert) }, (_, response) => {
        response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Secret</title>');
    });
    await rm(folder, { recursive: true });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
        server.closeAllConnections();
        server.close();
    });
    return `https://localhost:${(server.address() as AddressInfo).port}/`;
}
