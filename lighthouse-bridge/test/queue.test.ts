import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Queue } from '../src/front/queue.ts';

/** Work that ends when the test says so. */
function work(name: string, log: string[]) {
    const start = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    const run = () => {
        log.push(name);
        start.resolve();
        return end.promise;
    };
    return { started: start.promise, end: end.resolve, run };
}

const never = new AbortController().signal;

test('one at a time works, and those who wait hear their place', async () => {
    const log: string[] = [];
    const queue = new Queue(2, 1);
    const [one, two, three] = [work('one', log), work('two', log), work('three', log)];
    const enter = (name: string, job: typeof one) =>
        queue.run(never, before => log.push(`${name} waits for ${before}`), job.run);
    const first = enter('one', one);
    await one.started;
    const rest = [enter('two', two), enter('three', three)];
    assert.ok(queue.full);
    one.end();
    two.end();
    three.end();
    await Promise.all([first, ...rest]);
    assert.deepEqual(log, ['one', 'two waits for 1', 'three waits for 2', 'three waits for 1', 'two', 'three']);
});

test('who goes away while waiting is never run, and those behind move up', async () => {
    const log: string[] = [];
    const queue = new Queue(5, 1);
    const first = work('first', log);
    const leaving = new AbortController();
    const running = queue.run(never, () => {}, first.run);
    await first.started;
    const left = queue.run(leaving.signal, () => {}, work('left', log).run);
    const last = work('last', log);
    const waiting = queue.run(never, before => log.push(`waits for ${before}`), last.run);
    leaving.abort();
    await left;
    first.end();
    last.end();
    await Promise.all([running, waiting]);
    assert.deepEqual(log, ['first', 'waits for 2', 'waits for 1', 'last']);
});

test('a failure passes the turn on', async () => {
    const log: string[] = [];
    const queue = new Queue(5, 1);
    const failing = queue.run(
        never,
        () => {},
        () => Promise.reject(new Error('broken')),
    );
    const last = work('last', log);
    last.end();
    const waiting = queue.run(never, () => {}, last.run);
    await assert.rejects(failing, /broken/);
    await waiting;
    assert.deepEqual(log, ['last']);
});

test('as many work at once as may, and the next when one of them ends', async () => {
    const log: string[] = [];
    const queue = new Queue(5, 2);
    const [one, two, three] = [work('one', log), work('two', log), work('three', log)];
    const working = [queue.run(never, () => {}, one.run), queue.run(never, () => {}, two.run)];
    await Promise.all([one.started, two.started]);
    working.push(queue.run(never, before => log.push(`waits for ${before}`), three.run));
    two.end();
    await three.started;
    one.end();
    three.end();
    await Promise.all(working);
    assert.deepEqual(log, ['one', 'two', 'waits for 1', 'three']);
    const fourth = work('four', log);
    fourth.end();
    await queue.run(never, () => log.push('nobody is before it'), fourth.run);
    assert.equal(log.at(-1), 'four');
});

test('who waits long hears that again, until the turn comes', async t => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const log: string[] = [];
    const queue = new Queue(5, 1);
    const [first, second] = [work('first', log), work('second', log)];
    const running = queue.run(never, () => {}, first.run);
    await first.started;
    const waiting = queue.run(never, before => log.push(`waits for ${before}`), second.run);
    t.mock.timers.tick(60_000);
    first.end();
    await second.started;
    t.mock.timers.tick(60_000);
    second.end();
    await Promise.all([running, waiting]);
    assert.deepEqual(log, ['first', 'waits for 1', 'waits for 1', 'waits for 1', 'second']);
});
