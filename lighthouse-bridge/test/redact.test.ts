import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Redactor } from '../src/redact.ts';

test('secrets are replaced wherever they stand, in all their forms', () => {
    const redactor = new Redactor(['a&b/c d']);
    assert.deepEqual(
        redactor.value({ list: ['<a&b/c d>', 'x?y=a%26b%2Fc%20d', 'href="a&amp;b/c d"', 7, null], 'a&b/c d': true }),
        { list: ['<***>', 'x?y=***', 'href="***"', 7, null], '***': true },
    );
});

test('the longest secret goes first', () => {
    assert.equal(new Redactor(['abcd', 'abcdef']).text('abcdefg'), '***g');
});

test('pictures, the names of kinds and secrets of three characters stay', () => {
    const value = { id: 'script', resourceType: 'script', data: 'data:image/png;base64,script', text: 'yes' };
    assert.deepEqual(new Redactor(['script', 'yes']).value(value), value);
});

test('characters that mean something in patterns mean themselves', () => {
    assert.equal(new Redactor(['.*$^(']).text('all .*$^( of it'), 'all *** of it');
});

test('a secret is found however it is escaped, also in part and twice', () => {
    const redactor = new Redactor(['S3cr/et va+lue&9', 'naïve "key" 🔑']);
    for (const form of [
        'S3cr/et%20va%2Blue%269',
        'S3cr%2fet+va%2blue%269',
        'S3cr&#x2F;et va&#43;lue&amp;9',
        'S3cr%252Fet%2520va%252Blue%25269',
        'S3cr\\/et va+lue\\u00269',
        'na%C3%AFve%20%22key%22%20%F0%9F%94%91',
        'naïve &quot;key&quot; &#128273;',
        'na\\u00efve \\"key\\" \\ud83d\\udd11',
    ]) {
        assert.equal(redactor.text(`é=%C3 <${form}> %41&amp;`), 'é=%C3 <***> %41&amp;', form);
    }
});

test('what was cut of a secret is replaced when it is more than a word of it', () => {
    const token = `eyJhbGciOiJIUzI1NiJ9.${'x'.repeat(180)}`;
    const redactor = new Redactor([token, 'S3cr/et va+lue&9']);
    assert.equal(redactor.text(`<img alt="${token.slice(0, 60)}…">`), '<img alt="***…">');
    assert.equal(redactor.text(`${token.slice(0, 12)}... and ${token.slice(0, 40)}…`), '***... and ***…');
    assert.equal(redactor.text('/a?b=S3cr%2Fet%20va%2Blue%2…'), '/a?b=***%2…');
    for (const text of ['eyJhbGciOiJ…', 'eyJhbGciOiJIUzI1NiJ9.ok', 'eyJhbGciOiJIUz in short…']) {
        assert.equal(redactor.text(text), text);
    }
});

test('secrets that overlap are replaced as one', () => {
    assert.equal(new Redactor(['abcdef', 'efghij', 'bcde']).text('-abcdefghij-'), '-***-');
});
