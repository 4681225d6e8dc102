import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseJob, secretsOf } from '../src/job.ts';
import { auditOf, CHROMIUM, runJob } from './support/worker.ts';

const PLACE = { folder: '/tmp/job', chromium: '/usr/bin/chromium', sandbox: true };

function parsed(changes: object) {
    return parseJob(JSON.stringify({ ...PLACE, ...auditOf('https://shop.test/'), ...changes }));
}

test('a job says what is wrong with it', () => {
    const wrong: [object, RegExp][] = [
        [{ job: 'dance' }, /job has to be one of audit, print, versions/],
        [{ url: 'file:///etc/passwd' }, /url has to be an http or https address/],
        [{ url: 'chrome://version' }, /url has to be an http or https address/],
        [{ url: 'javascript:alert(1)' }, /url has to be/],
        [{ url: 'http://' }, /url is not an address/],
        [{ runs: 10 }, /runs has to be a whole number from 1 to 9/],
        [{ runs: '1' }, /runs has to be/],
        [{ device: 'watch' }, /device has to be one of mobile, desktop/],
        [{ locale: 'en --no-sandbox' }, /locale has to be/],
        [{ headers: [{ name: 'X-Key', value: 'a\nHost: b' }] }, /value has to be text of one line/],
        [{ headers: [{ name: 'X Key', value: 'a' }] }, /name has to be/],
        [{ proxy: 'somewhere' }, /proxy has to be/],
        [{ folder: 'relative' }, /folder has to be an absolute path/],
        [{ folder: `/${'x'.repeat(80)}` }, /folder may have at most/],
        [{ sandbx: false }, /unknown field "sandbx"/],
    ];
    for (const [changes, message] of wrong) assert.throws(() => parsed(changes), message, JSON.stringify(changes));
    assert.throws(() => parseJob('{'), /not JSON/);
    assert.throws(() => parseJob('[]'), /not a JSON object/);
    assert.throws(
        () => parseJob(JSON.stringify({ job: 'print', ...PLACE, html: '../page.html', pdf: 'a.pdf', title: '' })),
        /html has to be the name of a file/,
    );
});

test('values of headers and cookies and the password are secrets', () => {
    const job = parsed({
        url: 'https://ada:pass%20word@shop.test/',
        headers: [{ name: 'X-Key', value: 'key' }],
        cookies: [{ name: 'session', value: 'abc' }],
    });
    assert.deepEqual(secretsOf(job), ['key', 'abc', 'pass%20word', 'pass word']);
});

test('what stands after the scheme of an authorization is a secret by itself', () => {
    const secretsIn = (value: string) => secretsOf(parsed({ headers: [{ name: 'Authorization', value }] }));
    assert.deepEqual(secretsIn('Bearer abc.def'), ['Bearer abc.def', 'abc.def', '', '']);
    assert.deepEqual(secretsIn('token abc'), ['token abc', 'abc', '', '']);
    const basic = Buffer.from('ada:pass:word').toString('base64');
    assert.deepEqual(secretsIn(`Basic ${basic}`), [`Basic ${basic}`, basic, 'ada:pass:word', 'pass:word', '', '']);
    assert.deepEqual(secretsIn('Bearer'), ['Bearer', '', '']);
});

test('a worker answers a bad job with an error', async () => {
    const { events, exitCode } = await runJob(auditOf('file:///etc/passwd'));
    assert.deepEqual(events, [
        { event: 'error', code: 'BAD_JOB', message: 'url has to be an http or https address', network_error: null },
    ]);
    assert.equal(exitCode, 1);
});

test('a worker takes no endless job', async () => {
    const { last } = await runJob({}, { line: 'x'.repeat(1_000_000) });
    assert.equal(last.code, 'BAD_JOB');
});

test('a worker tells the versions of what it uses', async () => {
    const { events } = await runJob({}, { line: JSON.stringify({ job: 'versions', chromium: CHROMIUM }) });
    assert.equal(events[0].event, 'started');
    assert.match(events[0].versions.node, /^\d+\.\d+\.\d+$/);
    assert.match(events[0].versions.lighthouse, /^13\./);
    assert.match(events[0].versions.chromium, /^\d+(\.\d+){3}$/);
    assert.deepEqual(events[1], { event: 'done' });
});

test('a worker does not run as root', { skip: process.getuid?.() !== 0 }, async () => {
    const { last } = await runJob(auditOf('http://shop.test/'), { privileged: true });
    assert.deepEqual(
        [last.code, last.message],
        ['CHROMIUM_FAILED', 'as root Chromium has no sandbox: run the worker as another user'],
    );
});

test('a worker says when the browser is not there', async () => {
    const { last } = await runJob({ ...auditOf('http://shop.test/'), chromium: '/usr/bin/no-such-browser' });
    assert.equal(last.code, 'CHROMIUM_FAILED');
    assert.match(last.message, /^\/usr\/bin\/no-such-browser does not run/);
});
