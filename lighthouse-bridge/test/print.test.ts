import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { extractText, getDocumentProxy } from 'unpdf';

import { Site } from './support/site.ts';
import { runJob } from './support/worker.ts';

const DOCUMENT = new URL('pages/document/index.html', import.meta.url);

function printJob(html: string, title = 'Title of the job'): Promise<Awaited<ReturnType<typeof runJob>>> {
    return runJob({ job: 'print', html: 'page.html', pdf: 'page.pdf', title }, { files: { 'page.html': html } });
}

test('a document becomes a tagged PDF with outline, title, page numbers and the font Inter', async t => {
    const site = await Site.open(t);
    const html = (await readFile(DOCUMENT, 'utf8')).replaceAll('SITE', site.url(''));
    const outcome = await printJob(html, 'Audit of <shop> & more');
    assert.deepEqual(outcome.last, { event: 'done', pdf: 'page.pdf', pages: 3 }, outcome.stderr);

    const bytes = outcome.files.get('page.pdf')!;
    const pdf = await getDocumentProxy(new Uint8Array(bytes));
    assert.equal(pdf.numPages, 3);
    assert.equal((await pdf.getMarkInfo())?.Marked, true);
    assert.deepEqual(
        (await pdf.getOutline()).flatMap(function titles(item): string[] {
            return [item.title, ...item.items.flatMap(titles)];
        }),
        ['Cover', 'Second chapter', 'Third chapter'],
    );
    const { info } = await pdf.getMetadata();
    assert.equal((info as { Title: string }).Title, 'Audit of <shop> & more');
    const [width, height] = (await pdf.getPage(1)).view.slice(2);
    assert.deepEqual([Math.round(width!), Math.round(height!)], [595, 842], 'A4');

    const { text } = await extractText(pdf);
    assert.match(text[0]!, /Performance of the café Łódź is fine\./);
    assert.match(text[1]!, /Page 2 of 3/);
    assert.match(bytes.toString('latin1'), /\/FontName \/\w+\+Inter/);
});

test('a document runs no script, loads nothing and reads no file', async t => {
    const site = await Site.open(t);
    const html = (await readFile(DOCUMENT, 'utf8')).replaceAll('SITE', site.url(''));
    const outcome = await printJob(html);
    const { text } = await extractText(await getDocumentProxy(new Uint8Array(outcome.files.get('page.pdf')!)));

    assert.match(text[2]!, /Untouched/);
    assert.doesNotMatch(text.join(), new RegExp((await readFile('/etc/hostname', 'utf8')).trim()));
    assert.deepEqual(site.requests, []);
});

test('a document without a head is refused', async () => {
    const { last } = await printJob('<p>Bare');
    assert.equal(last.code, 'BAD_JOB');
    assert.equal(last.message, 'the document has no <head>');
});

test('a document that is not there is named', async () => {
    const { last } = await runJob({ job: 'print', html: 'none.html', pdf: 'page.pdf', title: '' });
    assert.equal(last.code, 'BAD_JOB');
    assert.match(last.message, /none\.html, which is not in the folder/);
});
