import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allKeyNames, editDistance, schemaOf } from '../../src/config/key-names.ts';
import { formatReferenceTable } from '../../src/config/reference-table.ts';
import { keyDocs } from '../../src/config/schema-keys.ts';

test('every key has a type, a description and one row', () => {
  const rows = formatReferenceTable().split('\n').slice(2);
  assert.equal(rows.length, allKeyNames().length);
  for (const name of allKeyNames()) {
    const schema = schemaOf(name);
    const doc = schema === undefined ? undefined : keyDocs.get(schema);
    assert.ok(doc !== undefined && doc.expected !== '' && doc.description.endsWith('.'), name);
    assert.equal(rows.filter((row) => row.startsWith(`| \`${name}\` |`)).length, 1, name);
  }
  for (const row of rows) assert.equal(row.split(/(?<!\\)\|/).length, 6, row);
});

test('the edit distance counts letters to insert, delete and replace', () => {
  const cases: [string, string, number][] = [
    ['', '', 0],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['max-clients', 'max-client', 1],
  ];
  for (const [a, b, distance] of cases) {
    assert.equal(editDistance(a, b), distance);
    assert.equal(editDistance(b, a), distance);
  }
});
