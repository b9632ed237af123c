import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { DriverEvent } from '../../src/vscp/event.ts';
import { compileFilter, type FilterMask, PASS_ALL } from '../../src/vscp/filter.ts';
import {
  filterFromJson,
  formatFilterText,
  parseFilterPair,
  parseFilterText,
  parseRxFilter,
} from '../../src/vscp/filter-text.ts';
import { toEvent } from './event-fixture.ts';

const GUID = '01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF';
const ONES = new Array<string>(16).fill('FF').join(':');
const ZEROS = new Uint8Array(16);
const bytesOf = (guid: string) => Uint8Array.from(Buffer.from(guid.replaceAll(':', ''), 'hex'));
const EVENT = toEvent({
  head: 0x60,
  class: 10,
  type: 6,
  obid: 0,
  datetime: '',
  timestamp: 0,
  guid: GUID,
  data: '',
});

function withByte(at: number, value: number): Uint8Array {
  const guid = new Uint8Array(16);
  guid[at] = value;
  return guid;
}

/** The definition, word for word. */
function passesByDefinition(filter: FilterMask, event: DriverEvent): boolean {
  const same = (wanted: number, value: number, mask: number) => ((wanted ^ value) & mask) === 0;
  return (
    same(filter.filterPriority, (event.head >> 5) & 7, filter.maskPriority) &&
    same(filter.filterClass, event.vscpClass, filter.maskClass) &&
    same(filter.filterType, event.vscpType, filter.maskType) &&
    [...event.guid].every((byte, at) => same(filter.filterGuid[at] ?? 0, byte, filter.maskGuid[at] ?? 0))
  );
}

describe('filter matching', () => {
  const cases: [string, Partial<FilterMask>, boolean][] = [
    ['all-zero masks', {}, true],
    [
      'an all-zero mask whatever the filter',
      { filterPriority: 7, filterClass: 1, filterGuid: bytesOf(ONES) },
      true,
    ],
    ['the same class', { filterClass: 10, maskClass: 0xffff }, true],
    ['another class', { filterClass: 11, maskClass: 0xffff }, false],
    ['a class that differs in a masked-out bit', { filterClass: 11, maskClass: 0xfffe }, true],
    ['another type', { filterType: 7, maskType: 0xffff }, false],
    ['the same priority', { filterPriority: 3, maskPriority: 7 }, true],
    ['the same priority under a mask of a byte', { filterPriority: 3, maskPriority: 255 }, true],
    ['another priority', { filterPriority: 2, maskPriority: 7 }, false],
    ['the same GUID', { filterGuid: bytesOf(GUID), maskGuid: bytesOf(ONES) }, true],
    ['another GUID', { filterGuid: ZEROS, maskGuid: bytesOf(ONES) }, false],
  ];
  for (const [name, part, passes] of cases) {
    test(`${name}: ${passes ? 'passes' : 'does not pass'}`, () => {
      const filter = { ...PASS_ALL, ...part };
      assert.equal(compileFilter(filter).passes(EVENT), passes);
    });
  }

  test('every single GUID byte counts, and only where its mask is set', () => {
    for (let at = 0; at < 16; at++) {
      const maskGuid = new Uint8Array(16);
      maskGuid[at] = 0x80;
      const filterGuid = Uint8Array.from(EVENT.guid);
      filterGuid[at] = (filterGuid[at] ?? 0) ^ 0x80;
      for (const [guid, passes] of [
        [filterGuid, false],
        [EVENT.guid, true],
      ] as const) {
        const filter = { ...PASS_ALL, filterGuid: guid, maskGuid };
        assert.equal(compileFilter(filter).passes(EVENT), passes, `byte ${at}`);
      }
    }
  });

  test('a compiled filter decides as the definition does, and so do its two parts together', () => {
    const small = fc.integer({ min: 0, max: 3 });
    const word = fc.oneof(small, fc.integer({ min: 0, max: 0xffff }));
    const guid = fc.array(fc.oneof(small, fc.integer({ min: 0, max: 255 })), {
      minLength: 16,
      maxLength: 16,
    });
    const filters = fc.record({
      filterPriority: fc.integer({ min: 0, max: 7 }),
      filterClass: word,
      filterType: word,
      filterGuid: guid.map((bytes) => Uint8Array.from(bytes)),
      maskPriority: fc.constantFrom(0, 1, 7, 255),
      maskClass: fc.constantFrom(0, 1, 0xffff),
      maskType: fc.constantFrom(0, 2, 0xffff),
      maskGuid: fc.oneof(
        fc.constant(ZEROS),
        fc.tuple(fc.nat({ max: 15 }), fc.nat({ max: 255 })).map(([at, value]) => withByte(at, value)),
        guid.map((bytes) => Uint8Array.from(bytes)),
      ),
    });
    const events = fc.record({ head: word, vscpClass: word, vscpType: word, guid });
    fc.assert(
      fc.property(filters, events, (filter, { guid: bytes, ...rest }) => {
        const event = { ...EVENT, ...rest, guid: Uint8Array.from(bytes) };
        const expected = passesByDefinition(filter, event);
        const compiled = compileFilter(filter);
        assert.equal(compiled.passes(event), expected);
        const both =
          compiled.passesClassType(event.vscpClass, event.vscpType) &&
          compiled.passesRest(event.head, event.guid);
        assert.equal(both, expected);
      }),
      { numRuns: 1000 },
    );
  });

  test('a compiled filter knows when priority and GUID do not count', () => {
    assert.equal(compileFilter(PASS_ALL).passesAnyOrigin, true);
    assert.equal(compileFilter({ ...PASS_ALL, maskClass: 1, maskType: 1 }).passesAnyOrigin, true);
    for (const part of [{ maskPriority: 1 }, { maskGuid: bytesOf(ONES) }]) {
      assert.equal(compileFilter({ ...PASS_ALL, ...part }).passesAnyOrigin, false);
    }
  });
});

describe('filter text', () => {
  const accepted: [string, [number, number, number, string]][] = [
    ['3,10,6,-', [3, 10, 6, '']],
    ['0x07,0xFFFF,0b1,-', [7, 65535, 1, '']],
    [`1,2,3,${GUID}`, [1, 2, 3, GUID]],
    [` 1 , 2 , 3 , ${GUID.toLowerCase()} `, [1, 2, 3, GUID]],
    ['', [0, 0, 0, '']],
    ['3', [3, 0, 0, '']],
    ['3,10', [3, 10, 0, '']],
    [',,,', [0, 0, 0, '']],
    ['255,0,0', [255, 0, 0, '']],
  ];
  for (const [text, [priority, vscpClass, type, guid]] of accepted) {
    test(`${JSON.stringify(text)} is read`, () => {
      const half = { priority, class: vscpClass, type, guid: guid === '' ? ZEROS : bytesOf(guid) };
      assert.deepEqual(parseFilterText(text), { ok: true, value: half });
    });
  }

  const refused = [
    '256,0,0,-',
    '0,65536,0,-',
    '0,0,65536,-',
    '-1',
    'x',
    '1.5',
    '0,0,0,ZZ',
    '0,0,0,-,0',
    '0,0,0,-,',
    '0;0',
  ];
  for (const text of refused) {
    test(`${JSON.stringify(text)} is refused`, () => {
      assert.equal(parseFilterText(text).ok, false);
    });
  }

  test('what is written is read back the same', () => {
    const word = fc.integer({ min: 0, max: 0xffff });
    const halves = fc.record({
      priority: fc.integer({ min: 0, max: 255 }),
      class: word,
      type: word,
      guid: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    });
    fc.assert(
      fc.property(halves, (half) => {
        assert.deepEqual(parseFilterText(formatFilterText(half)), { ok: true, value: { ...half } });
      }),
    );
  });

  test('a pair takes priority bits that do not exist in the mask alone', () => {
    assert.equal(parseFilterPair('7,0,0,-', '255,0,0,-').ok, true);
    assert.equal(parseFilterPair('8,0,0,-', '7,0,0,-').ok, false);
    assert.equal(parseFilterPair('0,0,0,-', '0,0,0,ZZ').ok, false);
  });
});

const FULL: FilterMask = {
  filterPriority: 1,
  filterClass: 2,
  filterType: 3,
  filterGuid: bytesOf(GUID),
  maskPriority: 4,
  maskClass: 5,
  maskType: 6,
  maskGuid: bytesOf(ONES),
};

describe('rx-filter', () => {
  const accepted: [string, FilterMask][] = [
    ['', PASS_ALL],
    ['  ', PASS_ALL],
    [';', PASS_ALL],
    [`1,2,3,${GUID},4,5,6,${ONES}`, FULL],
    [`1,2,3,${GUID};4,5,6,${ONES}`, FULL],
    [` 0x1 , 0x2 , 0x3 , ${GUID} ; 0x4 , 0x5 , 0x6 , ${ONES} `, FULL],
    ['0,10,0,-,0,0xFFFF', { ...PASS_ALL, filterClass: 10, maskClass: 0xffff }],
    ['0,10;0,0xFFFF', { ...PASS_ALL, filterClass: 10, maskClass: 0xffff }],
    ['0,10', { ...PASS_ALL, filterClass: 10 }],
  ];
  for (const [text, filter] of accepted) {
    test(`${JSON.stringify(text)} is read`, () => {
      assert.deepEqual(parseRxFilter(text), { ok: true, value: filter });
    });
  }

  for (const text of [
    'x',
    '0,65536',
    '0,0,0,ZZ',
    '8',
    '0,0,0,-,0,0,0,-,0',
    '0;0;0',
    '0,0,0,-,0,0,0,-;',
    '0;x',
    '0,0,0,-,256',
  ]) {
    test(`${JSON.stringify(text)} is refused`, () => {
      assert.equal(parseRxFilter(text).ok, false);
    });
  }
});

describe('SETFILTER arguments', () => {
  const flat = {
    filter_priority: 1,
    filter_class: '2',
    filter_type: '0x3',
    filter_guid: GUID,
    mask_priority: 4,
    mask_class: 5,
    mask_type: '0b110',
    mask_guid: ONES,
  };
  const accepted: [string, unknown, FilterMask][] = [
    ['single keys, numbers and texts', flat, FULL],
    ['two texts', { filter: `1,2,3,${GUID}`, mask: `4,5,6,${ONES}` }, FULL],
    [
      'two objects',
      {
        filter: { priority: 1, class: '2', type: 3, guid: GUID },
        mask: { priority: 4, class: 5, type: 6, guid: ONES },
      },
      FULL,
    ],
    [
      'a text and an object',
      { filter: `1,2,3,${GUID}`, mask: { priority: 4, class: 5, type: 6, guid: ONES } },
      FULL,
    ],
    ['nothing in it', {}, PASS_ALL],
    ['nulls', { filter: null, mask: null, mask_class: null, filter_guid: null }, PASS_ALL],
    [
      'only a class',
      { filter_class: 10, mask_class: 65535 },
      { ...PASS_ALL, filterClass: 10, maskClass: 65535 },
    ],
    [
      'single keys over texts',
      { filter: '1,2', filter_class: 9 },
      { ...PASS_ALL, filterPriority: 1, filterClass: 9 },
    ],
    ['a mask priority of a byte', { mask_priority: 255 }, { ...PASS_ALL, maskPriority: 255 }],
    ['keys that mean nothing here', JSON.parse('{"x":1,"__proto__":{"mask_class":7}}'), PASS_ALL],
  ];
  for (const [name, args, filter] of accepted) {
    test(`with ${name} are read`, () => {
      assert.deepEqual(filterFromJson(args), { ok: true, value: filter });
    });
  }

  const refused: unknown[] = [null, undefined, 5, 'x', '', true, [], [1, 2], ['0,0,0,-', '0,0,0,-']];
  const wrongValues: unknown[] = [-1, 1.5, 65536, 'x', '', '-1', true, [], {}, Number.NaN, '65536'];
  for (const key of ['filter_class', 'mask_type'])
    refused.push(...wrongValues.map((value) => ({ [key]: value })));
  refused.push({ filter_priority: 8 }, { mask_priority: 256 }, { filter: '8,0,0,-' });
  refused.push(
    { filter_guid: 'ZZ' },
    { mask_guid: 0 },
    { filter: 5 },
    { mask: [] },
    { mask: true },
    { filter: 'x' },
  );
  refused.push({ filter: { class: 'x' } }, { mask: { guid: 'ZZ' } });
  for (const args of refused) {
    test(`${JSON.stringify(args)} is refused`, () => {
      assert.equal(filterFromJson(args).ok, false);
    });
  }

  test('are taken from the object itself only', () => {
    assert.deepEqual(filterFromJson(Object.create({ mask_class: 7 })), { ok: true, value: PASS_ALL });
  });

  test('never make the parser throw', () => {
    const keys = fc.constantFrom('filter', 'mask', 'mask_class', 'filter_guid', 'mask_priority');
    const values = fc.oneof(fc.jsonValue(), fc.dictionary(keys, fc.jsonValue()));
    fc.assert(fc.property(values, (value) => typeof filterFromJson(value).ok === 'boolean'));
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => typeof parseRxFilter(text).ok === 'boolean'),
    );
  });
});
