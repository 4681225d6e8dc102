import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { readSettings } from '../src/front/settings.ts';
import { BEARER, eventsOf, Front } from './support/front.ts';
import { Lender } from './support/lender.ts';
import { ForwardProxy } from './support/proxy.ts';
import { Site, text } from './support/site.ts';
import { auditOf } from './support/worker.ts';

const PRINT = { job: 'print', html: '<!doctype html><head></head><h1>Sent</h1>', title: 'Sent' };

function remote(url: string): object {
    const { proxy: _, ...job } = auditOf(url) as { proxy: null };
    return job;
}

test('jobs are done over HTTP, with their files before the end', async t => {
    const front = await Front.open(t);
    const response = await front.post(PRINT);
    assert.equal(response.headers.get('content-type'), 'application/x-ndjson');
    const events = await Array.fromAsync(eventsOf(response));

    assert.deepEqual(
        events.map(event => event.event),
        ['started', 'file', 'done'],
    );
    assert.equal(Buffer.from(events[1].data, 'base64').subarray(0, 5).toString(), '%PDF-');
    assert.deepEqual(events[2], { event: 'done', pdf: 'page.pdf', pages: 1 });
    const versions = await Array.fromAsync(eventsOf(await front.fetch('/versions')));
    assert.deepEqual(
        versions.map(event => event.event),
        ['started', 'done'],
    );
});

test('nobody without the token is answered, and nothing but jobs is', async t => {
    const front = await Front.open(t);
    for (const authorization of ['', 'Bearer wrong', 'Basic YTpi']) {
        const response = await front.post(PRINT, { headers: { authorization } });
        assert.equal(response.status, 401);
    }
    assert.equal((await front.fetch('/')).status, 404);
    assert.equal((await front.fetch('/jobs')).status, 404);
    assert.equal((await front.fetch('/jobs', { method: 'POST', body: '[1]' })).status, 400);
    const [error] = await Array.fromAsync(eventsOf(await front.post({ ...remote('http://a.test/'), proxy: null })));
    assert.deepEqual([error.code, error.message], ['BAD_JOB', 'proxy is not said here']);
});

test('one audit runs while others wait but prints do not, and closing the connection cancels it', async t => {
    const site = await Site.open(t, { '/': () => {} });
    const front = await Front.open(t);
    const leaving = new AbortController();
    const endless = eventsOf(await front.post(remote(site.url('/')), { signal: leaving.signal }));
    assert.equal((await endless.next()).value.event, 'started');

    const waiting = eventsOf(await front.post({ ...remote(site.url('/')), runs: 10 }));
    assert.deepEqual((await waiting.next()).value, { event: 'waiting', before: 1 });
    const printed = await Array.fromAsync(eventsOf(await front.post(PRINT)));
    assert.equal(printed.at(-1).event, 'done');
    leaving.abort();
    const rest = await Array.fromAsync(waiting);
    assert.equal(rest.at(-1).message, 'runs has to be a whole number from 1 to 9');
});

test('a job that takes more memory than its client grants is ended, with nothing left', async t => {
    // Beyond the heap of scripts, which is limited by itself.
    const greedy = `const all = [];
      setInterval(() => { const one = new Uint8Array(1 << 26); one.fill(1); all.push(one); }, 20);`;
    const site = await Site.open(t, {
        '/': text(`<!doctype html><title>Hungry</title><p>x<script>${greedy}</script>`),
    });
    const front = await Front.open(t);
    const job = { ...remote(site.url('/')), memory_mb: 1_000 };
    const events = await Array.fromAsync(eventsOf(await front.post(job)));
    assert.equal(events.at(-1).code, 'MEMORY', JSON.stringify(events.at(-1)));
    assert.equal(events.filter(event => event.event === 'error').length, 1);

    const [error] = await Array.fromAsync(eventsOf(await front.post({ ...job, memory_mb: 1 })));
    assert.deepEqual([error.code, error.message], ['BAD_JOB', 'memory_mb has to be a whole number from 500 to 64000']);
});

test('what a front that was killed left of its jobs is removed by the next one', async t => {
    const front = await Front.open(t);
    const [old, other] = [path.join(front.scratch, 'job-aBcDeF'), path.join(front.scratch, 'other')];
    await mkdir(old);
    await chmod(old, 0o777); // the front is another user
    await writeFile(path.join(old, 'page.html'), 'left');
    await writeFile(other, 'stays');
    await Front.open(t, { BRIDGE_SCRATCH: front.scratch });
    assert.deepEqual(await readdir(front.scratch), ['other']);
    await rm(other);
});

test('an audit goes through the connections that its client lends', async t => {
    const site = await Site.open(t, {
        '/': text('<!doctype html><title>Lent</title><img src="http://intranet.test/">'),
    });
    const front = await Front.open(t, { BRIDGE_PROXY: undefined });
    const folder = await mkdtemp(path.join(os.tmpdir(), 'proxy-'));
    const socket = path.join(folder, 'proxy.sock');
    const proxy = await ForwardProxy.open(t, socket, { 'shop.test': site.port });

    const job = 'a'.repeat(32);
    const response = await front.post(remote('http://shop.test/'), { headers: { ...BEARER, 'watchword-job': job } });
    const lender = new Lender(t, front, job, socket);
    await lender.lend(32);
    const again = await front.post(PRINT, { headers: { ...BEARER, 'watchword-job': job } });
    assert.equal(again.status, 400, 'one job a name');
    const events = await Array.fromAsync(eventsOf(response));

    assert.equal(events.at(-1).event, 'done', JSON.stringify(events.at(-1)));
    assert.deepEqual(
        events.filter(event => event.event === 'file').map(event => event.name),
        ['lhr-1.json', 'screen.jpg'],
    );
    assert.deepEqual([...new Set(proxy.asked)].sort(), ['intranet.test', 'shop.test']);
    await assert.rejects(lender.lend(1), /404/);
    await rm(folder, { recursive: true });
});

test('an audit without lent connections needs a proxy', async t => {
    const front = await Front.open(t, { BRIDGE_PROXY: undefined });
    const [error] = await Array.fromAsync(eventsOf(await front.post(remote('http://shop.test/'))));
    assert.equal(error.code, 'BAD_JOB');
    assert.match(error.message, /needs connections lent by its client, or BRIDGE_PROXY/);
});

test('settings that are missing or wrong are named', () => {
    const good = { BRIDGE_TOKEN: 'x'.repeat(16), BRIDGE_PROXY: 'none' };
    const wrong: [object, RegExp][] = [
        [{ BRIDGE_TOKEN: undefined }, /set either BRIDGE_TOKEN or BRIDGE_TOKEN_FILE/],
        [{ BRIDGE_TOKEN_FILE: '/run/token' }, /set either BRIDGE_TOKEN or BRIDGE_TOKEN_FILE/],
        [{ BRIDGE_TOKEN: 'short' }, /at least 16 characters/],
        [{ BRIDGE_PROXY: 'somewhere' }, /BRIDGE_PROXY has to be host:port/],
        [{ BRIDGE_LISTEN: '9090' }, /BRIDGE_LISTEN has to be host:port/],
        [{ BRIDGE_SANDBOX: 'no' }, /BRIDGE_SANDBOX has to be true or false/],
    ];
    for (const [changes, message] of wrong) assert.throws(() => readSettings({ ...good, ...changes }), message);
    assert.deepEqual(readSettings({ ...good, BRIDGE_LISTEN: '[::]:80', BRIDGE_PROXY: 'proxy:3128' }), {
        host: '::',
        port: 80,
        token: good.BRIDGE_TOKEN,
        chromium: '/usr/bin/chromium',
        scratch: os.tmpdir(),
        ownScratch: false,
        proxy: { kind: 'at', address: 'proxy:3128' },
        sandbox: true,
    });
    assert.deepEqual(readSettings({ BRIDGE_TOKEN: good.BRIDGE_TOKEN }).proxy, { kind: 'lent' });
});
