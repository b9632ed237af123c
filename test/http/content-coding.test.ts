import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptedCodings } from '../../src/http/content-coding.ts';

test('codings come in the order the client likes them', () => {
  const table: [string | undefined, string[]][] = [
    [undefined, []],
    ['', []],
    ['identity', []],
    ['gzip, deflate, br', ['br', 'gzip']],
    ['GZIP', ['gzip']],
    ['x-gzip', ['gzip']],
    ['gzip;q=1.0, br;q=0.5', ['gzip', 'br']],
    ['br;q=0, gzip', ['gzip']],
    ['*', ['br', 'gzip']],
    ['*;q=0', []],
    ['*;q=0, gzip', ['gzip']],
    ['gzip; q=0', []],
    ['br;q=rubbish, gzip', ['gzip']],
    ['zstd', []],
  ];
  for (const [header, codings] of table) assert.deepEqual(acceptedCodings(header), codings, String(header));
});
