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
