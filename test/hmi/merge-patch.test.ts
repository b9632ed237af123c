import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  apply,
  conflicts,
  diff,
  inParts,
  type JsonObject,
} from '../../examples/hmi/src/saved/merge-patch.ts';

const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean());
const key = fc.constantFrom('a', 'b', 'c', 'long name');
/** Documents as the panel has them: objects in objects, no null. */
const objectOf = <T>(value: fc.Arbitrary<T>) => fc.dictionary(key, value, { noNullPrototype: true });
const document = objectOf(fc.oneof(leaf, objectOf(fc.oneof(leaf, objectOf(leaf)))));

describe('a merge patch', () => {
  it('makes one document of another', () => {
    fc.assert(
      fc.property(document, document, (from, to) => {
        assert.deepEqual(apply(from, diff(from, to)), to);
        assert.deepEqual(diff(from, from), {});
      }),
    );
  });

  it('in parts does the same', () => {
    fc.assert(
      fc.property(document, document, fc.integer({ min: 1, max: 200 }), (from, to, max) => {
        const parts = inParts(diff(from, to), max);
        assert.deepEqual(parts.reduce<JsonObject>(apply, from), to);
      }),
    );
  });

  it('in parts stays below the limit where it can', () => {
    const rooms = Object.fromEntries(
      Array.from({ length: 500 }, (_, i) => [`r${i}`, { name: 'x'.repeat(20) }]),
    );
    const parts = inParts({ rooms, items: rooms }, 4000);
    assert.ok(parts.length > 5);
    for (const part of parts) assert.ok(JSON.stringify(part).length < 4500, `${JSON.stringify(part).length}`);
  });
});

describe('two changes of the same document', () => {
  it('overlap where both change the same thing to something else', () => {
    const rows: [JsonObject, JsonObject, string[]][] = [
      [{ rooms: { a: { name: 'X' } } }, { rooms: { a: { name: 'Y' } } }, ['rooms › a › name']],
      [{ rooms: { a: { name: 'X' } } }, { rooms: { a: { name: 'X' } } }, []],
      [{ rooms: { a: { name: 'X' } } }, { rooms: { a: { icon: 'bed' } } }, []],
      [{ rooms: { a: null } }, { rooms: { a: { name: 'Y' } } }, ['rooms › a']],
      [{ items: { i: { order: 1 } } }, { rooms: {} }, []],
    ];
    for (const [theirs, ours, paths] of rows)
      assert.deepEqual(
        conflicts(theirs, ours).map(({ path }) => path),
        paths,
      );
  });
});
