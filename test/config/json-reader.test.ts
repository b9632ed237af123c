import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readDocument } from '../../src/config/config-source.ts';
import { readJson } from '../../src/config/json-reader.ts';

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

test('whatever JSON.stringify writes is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 1, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      const result = readJson(text);
      assert.ok(result.ok);
      assert.deepEqual(plain(result.value.root), JSON.parse(text));
    }),
  );
});

test('no text makes it throw, and what it accepts JSON.parse accepts too', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '1',
    '-',
    '.5',
    'e',
    'true',
    'null',
    ' ',
    '\n',
    '\\',
    'a',
    '\u0000',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false;
      }
      assert.equal(readJson(text).ok, valid, text);
    }),
    { numRuns: 3000 },
  );
});

test('every key and list item has its line', () => {
  const result = readJson('{"a": 1,\n "tls": {\n  "cert": "x"},\n "interface": ["p",\n"q"]}');
  assert.ok(result.ok);
  assert.deepEqual(
    ['a', 'tls', 'tls/cert', 'interface', 'interface/0', 'interface/1'].map((path) =>
      result.value.lines.get(path),
    ),
    [1, 2, 3, 4, 4, 5],
  );
});

const FAULTS: [text: string, line: number, column: number, reason: string][] = [
  ['{"a":1,}', 1, 8, 'found "}", expected another key (a comma before "}" is one too many)'],
  ['{\n  a: 1}', 2, 3, 'found "a", expected a key in double quotes'],
  ['{"a": 01}', 1, 7, 'found "01", expected a value'],
  ['{"a": 1} x', 1, 10, 'found "x", expected the end of the text'],
  ['{"a": "x\ny"}', 1, 7, 'a text without closing quote'],
  ['{"a": "\\q"}', 1, 7, 'a text with a bad escape or a control character'],
  ['{"a" 1}', 1, 6, 'found "1", expected ":" behind the key'],
  ['{"a": 1\n"b": 2}', 2, 1, 'found "\\"", expected "," or "}"'],
  ['{"a": [1, 2}', 1, 12, 'found "}", expected "," or "]"'],
  ['{"a": tru}', 1, 7, 'found "tru", expected a value'],
  ['{"a": toString}', 1, 7, 'found "toString", expected a value'],
  ['{"a": / 1}', 1, 7, 'found "/", expected a value'],
  ['{"a": /* 1}', 1, 7, 'found "/", expected a value'],
  ['{"a": 1 # one\n}', 1, 9, 'found "#", expected "," or "}"'],
  ['{"a":', 1, 6, 'found the end of the text, expected a value'],
  ['['.repeat(33), 1, 33, 'nested deeper than 32 levels'],
];

for (const [text, line, column, reason] of FAULTS) {
  test(`the fault in ${JSON.stringify(text.slice(0, 24))} is told with line and column`, () => {
    assert.deepEqual(readJson(text), { ok: false, reason, line, column });
  });
}

test('comments may stand wherever white space may, and lines are counted through them', async () => {
  const text = '// top\n{ /* many\nlines */ "a": 1, // "b": 2,\n "c": ["// no", /**/ "/* no */"] } // end';
  const result = await readDocument(text);
  assert.ok(result.ok);
  assert.deepEqual(plain(result.value.root), { a: 1, c: ['// no', '/* no */'] });
  assert.deepEqual([result.value.lines.get('a'), result.value.lines.get('c')], [3, 4]);
});

test('a long run of what nearly is a comment is read in time that grows with its length', () => {
  assert.equal(readJson(`{${'/*'.repeat(200_000)}`).ok, false);
  assert.equal(readJson(`{${'//x\n'.repeat(200_000)}}`).ok, true);
});

test('a key that stands twice is noted, the last one counts', () => {
  const result = readJson('{"a":1,"b":{"c":1,"c":2},"a":3}');
  assert.ok(result.ok);
  assert.deepEqual(result.value.repeated, ['b/c', 'a']);
  assert.deepEqual(plain(result.value.root), { a: 3, b: { c: 2 } });
});

test('__proto__ is a key like any other and changes no prototype', () => {
  const result = readJson('{"__proto__":{"polluted":true}}');
  assert.ok(result.ok);
  assert.equal(Object.getPrototypeOf(result.value.root), null);
  assert.equal(Reflect.get({}, 'polluted'), undefined);
});
