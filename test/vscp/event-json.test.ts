import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { DriverEvent, EventFormat } from '../../src/vscp/event.ts';
import {
  EVENT_JSON_MAX,
  eventFromJson,
  writeEventJson,
  writeEventObject,
} from '../../src/vscp/event-json.ts';
import { testEventCodec } from './event-codec-suite.ts';
import { classicEvents, nsEvents } from './event-fixture.ts';

const buffer = Buffer.alloc(EVENT_JSON_MAX);

function formatEventJson(event: DriverEvent, format: EventFormat): string {
  return buffer.toString('latin1', 0, writeEventJson(event, buffer, 0, format));
}

describe('event object', () => {
  testEventCodec({
    protocol: 'ws2',
    maxSize: EVENT_JSON_MAX,
    write: writeEventJson,
    format: formatEventJson,
    read: (text) => eventFromJson(JSON.parse(text)),
    readBack: (text) => eventFromJson(JSON.parse(text).event),
    // As texts: the order of the keys counts too.
    ofFrame: (frame) => JSON.stringify(frame),
    ofForm: (form) => JSON.stringify({ type: 'EVENT', event: form }),
    dataLength: (text) => {
      const { event } = JSON.parse(text);
      return (event.data ?? event.vscpData).length;
    },
  });

  test('is written alone as it is inside its frame, at the place asked for', () => {
    fc.assert(
      fc.property(fc.oneof(classicEvents, nsEvents), fc.constantFrom('classic', 'ns'), (event, format) => {
        const frame = JSON.parse(formatEventJson(event, format));
        const target = Buffer.alloc(EVENT_JSON_MAX + 10, '.');
        const end = writeEventObject(event, target, 10, format);
        assert.equal(target.toString('latin1', 0, end), `..........${JSON.stringify(frame.event)}`);
      }),
    );
  });

  test('a null under one spelling does not hide another', () => {
    const result = eventFromJson({ vscpClass: null, class: 10, type: 6, vscpObId: null, obid: 5 });
    assert.deepEqual(result.ok && [result.value.vscpClass, result.value.obid], [10, 5]);
  });

  test('takes nothing from a prototype', () => {
    const inherited = Object.create({ class: 10, type: 6 });
    assert.equal(eventFromJson(inherited).ok, false);
  });

  test('never makes the parser throw, and its input stays as it was', () => {
    const keys = fc.constantFrom(
      'vscpHead',
      'head',
      'obid',
      'datetime',
      'timestamp',
      'timestamp_ns',
      'GUID',
      'data',
    );
    const objects = fc.oneof(
      fc.jsonValue(),
      fc
        .tuple(fc.dictionary(fc.oneof(keys, fc.string()), fc.jsonValue()), fc.jsonValue(), fc.jsonValue())
        .map(([rest, vscpClass, vscpType]) => ({ class: vscpClass, type: vscpType, ...rest })),
      fc.dictionary(keys, fc.jsonValue()).map((rest) => ({ class: 10, type: 6, ...rest })),
    );
    fc.assert(
      fc.property(objects, (value) => {
        const before = JSON.stringify(value);
        assert.equal(typeof eventFromJson(value).ok, 'boolean');
        assert.equal(JSON.stringify(value), before);
      }),
      { numRuns: 1000 },
    );
  });

  test('values that JSON cannot hold are refused or ignored, not thrown on', () => {
    for (const value of [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      10n,
      Symbol('x'),
      () => 1,
      new Date(0),
      new Map(),
    ]) {
      assert.equal(eventFromJson({ class: value, type: 6 }).ok, false);
      assert.equal(eventFromJson({ class: 10, type: 6, data: value }).ok, false);
    }
  });
});
