import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEYS_BY_NAME } from '../../src/config/config-keys.ts';
import { editDistance } from '../../src/config/key-names.ts';
import { describeSettings, formatReferenceTable } from '../../src/config/key-views.ts';
import { defaultSettings } from '../../src/config/read-settings.ts';

test('every key has a type, a description and one row', () => {
  const rows = formatReferenceTable().split('\n').slice(2);
  assert.equal(rows.length, KEYS_BY_NAME.size);
  for (const [name, { type, meaning }] of KEYS_BY_NAME) {
    assert.ok(type.expected !== '' && meaning.endsWith('.'), name);
    assert.equal(rows.filter((row) => row.startsWith(`| \`${name}\` |`)).length, 1, name);
  }
  for (const row of rows) assert.equal(row.split(/(?<!\\)\|/).length, 6, row);
});

test('every default is a good value of its key, and what is shown of it means the same', () => {
  const shown = describeSettings({ ...defaultSettings(), pathUsers: '/users' });
  for (const [name, { type, default: raw }] of KEYS_BY_NAME) {
    if (raw === undefined) continue;
    const value = typeof raw === 'function' ? raw(() => undefined) : raw;
    const read = type.read(value, '/');
    assert.ok(read.ok, name);
    assert.deepEqual(type.read(shown[name] ?? null, '/'), read, name);
  }
});

test('no name stands for two keys', () => {
  const names = [...KEYS_BY_NAME.values()].flatMap(({ key, aliases = [] }) => [key, ...aliases]);
  assert.deepEqual(names, [...new Set(names)]);
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
