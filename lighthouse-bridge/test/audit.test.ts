import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Site, text } from './support/site.ts';
import { auditOf, type Json, lhrOf, type Outcome, runJob } from './support/worker.ts';

function score(lhr: Json, category: string): number {
    return lhr.categories[category].score;
}

function failed(lhr: Json): string[] {
    const audits: Json[] = Object.values(lhr.audits);
    return audits.filter(audit => audit.score === 0).map(audit => audit.id);
}

function stagesOf(outcome: Outcome): string[] {
    return outcome.events.filter(event => event.event === 'progress').map(event => event.stage);
}

test('a good page has good scores, can be installed and starts offline', async t => {
    const site = await Site.open(t);
    const outcome = await runJob(auditOf(site.url('/good/')));
    const lhr = lhrOf(outcome);

    assert.equal(outcome.exitCode, 0);
    assert.ok(score(lhr, 'performance') > 0.9);
    assert.ok(score(lhr, 'accessibility') > 0.95);
    assert.ok(score(lhr, 'best-practices') > 0.9);
    assert.ok(score(lhr, 'seo') > 0.9);
    assert.deepEqual(Object.keys(lhr.categories), ['performance', 'accessibility', 'best-practices', 'seo']);
    assert.equal(lhr.configSettings.formFactor, 'mobile');

    const { pwa } = outcome.last;
    assert.equal(pwa.manifest_url, site.url('/good/app.webmanifest'));
    assert.equal(pwa.manifest.icons[1].purpose, 'maskable');
    assert.deepEqual(pwa.manifest_errors, []);
    assert.deepEqual(pwa.installability_errors, []);
    assert.equal(pwa.service_worker, true);
    assert.equal(pwa.offline_status, 200);
    assert.equal(pwa.theme_color, '#0b5fff');
    assert.equal(pwa.viewport, 'width=device-width, initial-scale=1');
    assert.deepEqual(pwa.content_width, [412, 412]);

    assert.deepEqual([...outcome.files.get('screen.jpg')!.subarray(0, 3)], [0xff, 0xd8, 0xff]);
    assert.equal(lhr.fullPageScreenshot ?? null, null);
    assert.equal(lhr.i18n, undefined);
    assert.equal(lhr.timing.entries, undefined);
    assert.ok(lhr.audits['screenshot-thumbnails'].details.items.length > 0);
});

test('progress goes through all stages and never falls', async t => {
    const site = await Site.open(t, { '/': text('<!doctype html><title>Plain</title><p>Plain') });
    const outcome = await runJob(auditOf(site.url('/'), { runs: 2, locale: 'de' }));

    assert.equal(outcome.events[0].event, 'started');
    assert.deepEqual(Object.keys(outcome.events[0].versions), ['node', 'lighthouse', 'chromium']);
    const run = ['start', 'load', 'analyse'];
    const changes = stagesOf(outcome).filter((stage, index, all) => stage !== all[index - 1]);
    assert.deepEqual(changes, [...run, ...run, 'pwa', 'write']);
    const fractions = outcome.events.filter(event => event.event === 'progress').map(event => event.fraction);
    assert.deepEqual(
        fractions,
        fractions.toSorted((a, b) => a - b),
    );
    assert.ok(fractions.at(-1) < 1);

    assert.deepEqual(outcome.last.lhrs.toSorted(), ['lhr-1.json', 'lhr-2.json']);
    const lhr = lhrOf(outcome);
    assert.equal(lhr.configSettings.locale, 'de');
    assert.equal(site.requestsOf('/')[0]?.headers['accept-language'], 'de');
    const agents = new Set(site.requestsOf('/').map(request => request.headers['user-agent']));
    assert.equal(agents.size, 1, 'the page as an app is asked for by the same browser');
    assert.match([...agents].join(), /Android/);
});

test('an inaccessible page and a broken app are named by what is wrong with them', async t => {
    const site = await Site.open(t);
    const outcome = await runJob(auditOf(site.url('/bad/'), { device: 'desktop', throttling: 'none' }));
    const lhr = lhrOf(outcome);

    assert.equal(lhr.configSettings.formFactor, 'desktop');
    assert.equal(lhr.configSettings.throttlingMethod, 'provided');

    assert.ok(score(lhr, 'accessibility') < 0.7);
    assert.ok(score(lhr, 'seo') < 0.9);
    for (const id of [
        'image-alt',
        'button-name',
        'color-contrast',
        'html-has-lang',
        'document-title',
        'meta-viewport',
        'meta-description',
        'errors-in-console',
    ]) {
        assert.ok(failed(lhr).includes(id), `${id} among ${failed(lhr)}`);
    }

    const { pwa } = outcome.last;
    assert.ok(pwa.installability_errors.includes('no-acceptable-icon'), pwa.installability_errors);
    assert.ok(!pwa.installability_errors.includes('in-incognito'));
    assert.ok(
        pwa.manifest_errors.some((message: string) => message.includes('theme_color')),
        pwa.manifest_errors,
    );
    assert.equal(pwa.service_worker, true);
    assert.equal(pwa.offline_status, null, 'a worker that hands everything on has no offline page');
    assert.equal(pwa.theme_color, null);
    assert.ok(pwa.content_width[0] >= 2000, pwa.content_width);
    assert.equal(pwa.content_width[1], 1350);
    assert.match(site.requestsOf('/bad/')[0]?.headers['user-agent'] ?? '', /Macintosh/);
});

/** Keeps the page from answering for a second and a half. */
const BUSY = 'const end = performance.now() + 1500; while (performance.now() < end);';

test('a slow page has a low score for its performance', async t => {
    const html = '<!doctype html><title>Slow</title><p>At last<script src="/slow.js" async></script>';
    const site = await Site.open(t, {
        '/': (_, response) =>
            void setTimeout(() => response.writeHead(200, { 'content-type': 'text/html' }).end(html), 1_500),
        '/slow.js': text(`requestAnimationFrame(() => setTimeout(() => { ${BUSY} }, 50))`, 'text/javascript'),
    });
    const lhr = lhrOf(await runJob(auditOf(site.url('/'))));

    assert.ok(score(lhr, 'performance') < 0.8, `${score(lhr, 'performance')}`);
    assert.ok(lhr.audits['server-response-time'].numericValue > 1_000);
    assert.ok(lhr.audits['total-blocking-time'].numericValue > 1_000);
});
