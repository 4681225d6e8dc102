import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Route, Site, text } from './support/site.ts';
import { auditOf, lhrOf, runJob } from './support/worker.ts';

const PAGE = text('<!doctype html><html lang="en"><title>Once</title><p>Only once');

/** A page for Lighthouse, which asks first, and something else for whoever asks after that. */
function once(later: Route): Route {
    let asked = 0;
    return (request, response) => {
        asked += 1;
        (asked === 1 ? PAGE : later)(request, response);
    };
}

test('a page that does not let itself be looked at as an app is not judged as one', async t => {
    const later: Record<string, Route> = {
        'answers 429': text('<!doctype html><title>Slowly</title><p>Too many requests', 'text/html', 429),
        'closes the connection': request => void request.socket.destroy(),
        'never answers': () => {},
    };
    for (const [name, route] of Object.entries(later)) {
        const site = await Site.open(t, { '/': once(route) });
        const outcome = await runJob(auditOf(site.url('/'), { max_wait_ms: 5_000 }));
        assert.ok(lhrOf(outcome).categories.performance.score > 0, name);
        assert.equal(outcome.last.pwa, null, name);
        assert.match(outcome.stderr, /the page could not be observed as an app/, name);
    }
});

test('a page that answers the second time is looked at', async t => {
    let asked = 0;
    const limited = text('<!doctype html><p>Too many requests', 'text/html', 429);
    const site = await Site.open(t, {
        '/': (request, response) => {
            asked += 1;
            (asked === 2 ? limited : PAGE)(request, response);
        },
    });
    const outcome = await runJob(auditOf(site.url('/')));
    lhrOf(outcome);
    assert.equal(outcome.last.pwa.offline_status, null);
});
