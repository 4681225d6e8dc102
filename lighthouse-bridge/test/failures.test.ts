import assert from 'node:assert/strict';
import { test } from 'node:test';

import { unscored } from '../src/failure.ts';
import { redirect, Site, text } from './support/site.ts';
import { openSelfSigned } from './support/tls.ts';
import { auditOf, runJob } from './support/worker.ts';

async function failureOf(url: string, changes: object = {}) {
    const { last, exitCode } = await runJob(auditOf(url, changes));
    assert.equal(last.event, 'error', JSON.stringify(last));
    assert.equal(exitCode, 1);
    const { code, message, network_error } = last;
    return { code, message, network_error };
}

test('a page that answers 500 fails with its status', async t => {
    const site = await Site.open(t, { '/': text('<!doctype html>Out of order', 'text/html', 500) });
    assert.deepEqual(await failureOf(site.url('/')), {
        code: 'ERRORED_DOCUMENT_REQUEST',
        message: 'the page answers 500',
        network_error: null,
    });
});

test('a name that does not resolve fails with that', async () => {
    assert.deepEqual(await failureOf('http://nobody-has-this-name.invalid/'), {
        code: 'CHROME_INTERSTITIAL_ERROR',
        message: "the host's name does not resolve",
        network_error: 'net::ERR_NAME_NOT_RESOLVED',
    });
});

test('a certificate that nobody signed fails with that', async t => {
    const url = await openSelfSigned(t);
    assert.deepEqual(await failureOf(url), {
        code: 'INSECURE_DOCUMENT_REQUEST',
        message: 'no authority that browsers know signed the certificate',
        network_error: 'net::ERR_CERT_AUTHORITY_INVALID',
    });
});

test('a redirect to a file fails', async t => {
    const site = await Site.open(t, { '/': redirect('file:///etc/passwd') });
    const { network_error } = await failureOf(site.url('/'));
    assert.equal(network_error, 'net::ERR_UNSAFE_REDIRECT');
});

test('something that is not HTML fails with that', async t => {
    const site = await Site.open(t, { '/': text('{"a": 1}', 'application/json') });
    assert.deepEqual(await failureOf(site.url('/')), {
        code: 'NOT_HTML',
        message: 'the address answers with something that is not HTML',
        network_error: null,
    });
});

test('a page that takes all memory crashes alone', async t => {
    const greedy = 'const all = []; for (;;) all.push(new Array(100000).fill(all.length));';
    const site = await Site.open(t, { '/': text(`<!doctype html><p>Hungry<script>${greedy}</script>`) });
    const { code, message } = await failureOf(site.url('/'), { max_heap_mb: 64 });
    assert.equal(code, 'TARGET_CRASHED');
    assert.match(message, /memory/);
});

test('a page that never answers is given up when standard input ends, with nothing left', async t => {
    const site = await Site.open(t, { '/': () => {} });
    const { last, exitCode } = await runJob(auditOf(site.url('/')), { cancelAt: event => event.stage === 'load' });
    assert.equal(last.code, 'CANCELLED');
    assert.equal(exitCode, 1);
});

test('an audit that is cancelled between two runs leaves no artifact of the first', async t => {
    const site = await Site.open(t);
    const cancelAt = (event: { run?: number }) => event.run === 2;
    const { last, files } = await runJob(auditOf(site.url('/good/'), { runs: 2 }), { cancelAt });
    assert.equal(last.code, 'CANCELLED');
    assert.equal(files.size, 0);
});

test('what the browser saw is told before what Lighthouse says', () => {
    const messageOf = (code: string, networkError: string | null, status: number | null = null) =>
        unscored(code, 'Lighthouse says\n  this.', { networkError, status }).message;
    assert.equal(
        messageOf('CHROME_INTERSTITIAL_ERROR', 'net::ERR_CONNECTION_REFUSED'),
        'the host refuses the connection',
    );
    assert.equal(
        messageOf('CHROME_INTERSTITIAL_ERROR', 'net::ERR_TOO_MANY_REDIRECTS'),
        'the address redirects in a circle',
    );
    assert.equal(messageOf('INSECURE_DOCUMENT_REQUEST', 'net::ERR_CERT_WEAK_KEY'), 'no safe connection can be made');
    assert.equal(
        messageOf('FAILED_DOCUMENT_REQUEST', 'net::ERR_INVALID_AUTH_CREDENTIALS', 401),
        'the page answers 401',
    );
    assert.equal(messageOf('NO_FCP', null, 200), 'the page shows nothing');
    assert.equal(messageOf('NEW_CODE', 'net::ERR_NEW', null), 'Lighthouse says this');
});
