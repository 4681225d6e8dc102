import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';

import { ownOrigins } from '../src/credentials.ts';
import { type Route, redirect, Site } from './support/site.ts';
import { auditOf, lhrOf, runJob } from './support/worker.ts';

const KEY = 's3cret&key/1';
const SESSION = 'session-0123456789';

/** A page that gives away what it was sent, wherever a page can. */
const leaky: (elsewhere: string) => Route = elsewhere => (request, response) => {
    const key = String(request.headers['x-key']);
    const html = `<!doctype html><html lang="en"><title>${key}</title>
    <img src="/missing?key=${encodeURIComponent(key)}" title="${key.replaceAll('&', '&amp;')}">
    <img src="/leaving"><img src="${elsewhere}/pixel"><iframe src="${elsewhere}/frame"></iframe>
    <script>
      console.error(${JSON.stringify(key)}, document.cookie);
      navigator.serviceWorker.register('/worker.js');
    </script>`;
    response.writeHead(200, { 'content-type': 'text/html' }).end(html);
};

function sent(requests: IncomingMessage[]): unknown[] {
    return requests.map(({ headers }) => [headers['x-key'] ?? null, headers.cookie ?? null]);
}

test('headers go to the own origin only, cookies to the own host only, and neither is written down', async t => {
    const other = await Site.open(t);
    const elsewhere = other.url('', 'localhost'); // cookies know no ports, but this is another host
    const site = await Site.open(t, {
        '/': leaky(elsewhere),
        '/leaving': redirect(`${elsewhere}/left`),
        '/worker.js': (_, response) =>
            void response
                .writeHead(200, { 'content-type': 'text/javascript' })
                .end(`addEventListener('install', event => event.waitUntil(fetch('/of-worker')))`),
    });
    const outcome = await runJob(
        auditOf(site.url('/'), { headers: [{ name: 'X-Key', value: KEY }], cookies: [{ name: 's', value: SESSION }] }),
    );
    const lhr = lhrOf(outcome);

    const both = [KEY, `s=${SESSION}`];
    for (const address of ['/', '/missing', '/leaving', '/worker.js', '/of-worker']) {
        const requests = sent(site.requestsOf(address));
        assert.ok(requests.length >= 2, `${address} was asked for by Lighthouse and as an app`);
        assert.deepEqual(
            requests,
            requests.map(() => both),
            address,
        );
    }
    for (const address of ['/pixel', '/frame', '/left']) assert.ok(other.requestsOf(address).length > 0, address);
    assert.deepEqual(
        sent(other.requests),
        other.requests.map(() => [null, null]),
    );

    const written = [JSON.stringify(outcome.events), outcome.stderr, ...outcome.files.values()].map(String);
    for (const secret of [KEY, encodeURIComponent(KEY), KEY.replaceAll('&', '&amp;'), SESSION]) {
        assert.ok(!written.some(text => text.includes(secret)), secret);
    }
    assert.match(JSON.stringify(lhr.audits['errors-in-console'].details.items), /\*\*\*/);
});

test('there are no pictures of a page that shows what it was sent', async t => {
    const shown = (text: string): Route => {
        return (request, response) => {
            const key = text || String(request.headers['x-key']);
            const html = `<!doctype html><html lang="en"><title>Shop</title><h1></h1><script>
              document.querySelector('h1').attachShadow({ mode: 'closed' }).append(${JSON.stringify(key)});
            </script>`;
            response.writeHead(200, { 'content-type': 'text/html' }).end(html);
        };
    };
    const site = await Site.open(t, { '/secret': shown(''), '/plain': shown('Welcome') });
    for (const [address, pictures] of [
        ['/secret', false],
        ['/plain', true],
    ] as const) {
        const outcome = await runJob(auditOf(site.url(address), { headers: [{ name: 'X-Key', value: KEY }] }));
        const lhr = lhrOf(outcome);
        assert.equal(outcome.last.screenshot !== null, pictures, address);
        assert.equal(/data:image\/jpeg/.test(JSON.stringify(lhr)), pictures, address);
        assert.equal(/pictures of the page are left out/.test(JSON.stringify(lhr.runWarnings)), !pictures, address);
    }
});

test('a cookie that browsers refuse is refused', async t => {
    const site = await Site.open(t);
    const cookies = [{ name: '__Secure-s', value: 'over http' }];
    const { last } = await runJob(auditOf(site.url('/good/'), { cookies }));
    assert.equal(last.code, 'BAD_JOB');
    assert.equal(last.message, 'Chromium does not take the cookie __Secure-s');
});

test('a page that is asked for by http has its https origin too', () => {
    assert.deepEqual(ownOrigins(new URL('http://shop.test/a')), ['http://shop.test', 'https://shop.test']);
    assert.deepEqual(ownOrigins(new URL('https://shop.test/a')), ['https://shop.test']);
    assert.deepEqual(ownOrigins(new URL('http://shop.test:8080/a')), ['http://shop.test:8080']);
});
