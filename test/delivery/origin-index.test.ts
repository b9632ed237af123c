import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OriginIndex } from '../../src/delivery/origin-index.ts';
import { bothFilters, compileFilter, PASS_ALL } from '../../src/vscp/filter.ts';
import { makeEvent } from '../support/events.ts';

/** Few different bytes, so that filters and events often agree. */
const guid = fc
  .array(fc.constantFrom(0, 1, 0x80, 0xff), { minLength: 4, maxLength: 4 })
  .map((bytes) => Uint8Array.from({ length: 16 }, (_, i) => bytes[i % 4] ?? 0));
const filter = fc.record({
  filterPriority: fc.integer({ min: 0, max: 7 }),
  maskPriority: fc.constantFrom(0, 1, 7, 255),
  filterGuid: guid,
  maskGuid: guid,
});

test('the index finds exactly those whose filter lets priority and GUID pass', () => {
  fc.assert(
    fc.property(
      fc.array(filter, { maxLength: 30 }),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 7 }), guid), { minLength: 1, maxLength: 10 }),
      (filters, origins) => {
        const compiled = filters.map((one) => compileFilter({ ...PASS_ALL, ...one }));
        // Some have to pass two filters: a client's own wish within what the user may see.
        const entries = compiled.map((one, i) => {
          const other = compiled[i + 1];
          return { filter: i % 3 === 0 && other !== undefined ? bothFilters(one, other) : one };
        });
        const index = new OriginIndex(entries);
        for (const [priority, origin] of origins) {
          const event = makeEvent({ head: priority << 5, guid: origin });
          const found = new Set<object>();
          index.forEachMatch(event, (entry) => {
            assert.ok(!found.has(entry), 'found twice');
            found.add(entry);
          });
          const expected = entries.filter((entry) => entry.filter.passesRest(event.head, event.guid));
          assert.deepEqual(found, new Set(expected));
        }
      },
    ),
  );
});

test('a thousand filters on different GUIDs are one look-up an event', () => {
  let looks = 0;
  const mask = new Uint8Array(16).fill(0xff);
  const entries = Array.from({ length: 1000 }, (_, i) => {
    const filterGuid = Uint8Array.from({ length: 16 }, (_unused, at) =>
      at < 2 ? (i >> (8 * at)) & 0xff : 0,
    );
    const compiled = compileFilter({ ...PASS_ALL, filterGuid, maskGuid: mask });
    const counting = {
      originMask: compiled.originMask,
      originValue: compiled.originValue,
      originOf: (head: number, origin: Uint8Array) => {
        looks++;
        return compiled.originOf(head, origin);
      },
    };
    return { filter: counting, i };
  });
  const index = new OriginIndex(entries);
  const found: number[] = [];
  const origin = Uint8Array.from({ length: 16 }, (_, at) => (at === 0 ? 7 : 0));
  index.forEachMatch(makeEvent({ guid: origin }), ({ i }) => found.push(i));
  assert.deepEqual(found, [7]);
  assert.equal(looks, 1);
});
