import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MAX_EVENT_DATA } from '../../src/core/event.ts';
import type { DriverEvent } from '../../src/vscp/event.ts';
import { EVENT_JSON_MAX, eventFromJson, formatEventJson, writeEventJson } from '../../src/vscp/event-json.ts';
import { classicEvents, type FixtureEvent, nsEvents, readFixture, toEvent } from './event-fixture.ts';

interface Recorded {
  events: { event: FixtureEvent; ws2: { type: string; event: Record<string, unknown> } }[];
}
interface Forms {
  events: { name: string; event: FixtureEvent; classic: { ws2: object }; ns: { ws2: object } }[];
}
const recorded = readFixture<Recorded>('events-classic.json').events;
const accepted = readFixture<{ ws2: { name: string; json: string; event: FixtureEvent }[] }>(
  'events-accepted.json',
);
const refused = readFixture<{ ws2: string[] }>('events-refused.json');
const forms = readFixture<Forms>('events-time-forms.json').events;

const parsed = (event: DriverEvent) => ({ ok: true, value: event });
const readBack = (text: string) => eventFromJson(JSON.parse(text).event);

describe('event object', () => {
  for (const { event, ws2 } of recorded) {
    test(`is written as the recorded driver writes it: class ${event.class}, ${event.data.length / 2} bytes`, () => {
      // As texts: the order of the keys counts too.
      assert.equal(formatEventJson(toEvent(event), 'classic'), JSON.stringify(ws2));
    });
  }

  for (const { name, event, classic, ns } of forms) {
    test(`is written in either format: ${name}`, () => {
      const frame = (object: object) => JSON.stringify({ type: 'EVENT', event: object });
      assert.equal(formatEventJson(toEvent(event), 'classic'), frame(classic.ws2));
      assert.equal(formatEventJson(toEvent(event), 'ns'), frame(ns.ws2));
    });
  }

  for (const { name, json, event } of accepted.ws2) {
    test(`is read with ${name}`, () => {
      assert.deepEqual(eventFromJson(JSON.parse(json)), parsed(toEvent(event)));
    });
  }

  for (const json of refused.ws2) {
    test(`is refused: ${json.slice(0, 70)} (${json.length} characters)`, () => {
      assert.equal(eventFromJson(JSON.parse(json)).ok, false);
    });
  }

  test('a null under one spelling does not hide another', () => {
    const result = eventFromJson({ vscpClass: null, class: 10, type: 6, vscpObId: null, obid: 5 });
    assert.deepEqual(result.ok && [result.value.vscpClass, result.value.obid], [10, 5]);
  });

  test('takes nothing from a prototype', () => {
    const inherited = Object.create({ class: 10, type: 6 });
    assert.equal(eventFromJson(inherited).ok, false);
  });

  test('classic: what is written is read back the same', () => {
    fc.assert(
      fc.property(classicEvents, (event) => {
        assert.deepEqual(readBack(formatEventJson(event, 'classic')), parsed(event));
      }),
    );
  });

  test('nanoseconds: what is written is read back the same', () => {
    fc.assert(
      fc.property(nsEvents, (event) => {
        assert.deepEqual(readBack(formatEventJson(event, 'ns')), parsed(event));
      }),
    );
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

  test('needs no more room than EVENT_JSON_MAX, also with a date no calendar has', () => {
    const event: DriverEvent = {
      head: 0xfeff,
      obid: 0xffff_ffff,
      year: 65535,
      month: 255,
      day: 255,
      hour: 255,
      minute: 255,
      second: 255,
      timestamp: 0xffff_ffff,
      timestampNs: 0xffff_ffff_ffff_ffffn,
      vscpClass: 0xffff,
      vscpType: 0xffff,
      guid: new Uint8Array(16).fill(255),
      data: new Uint8Array(MAX_EVENT_DATA + 100).fill(255),
    };
    const target = new Uint8Array(EVENT_JSON_MAX);
    for (const head of [0xfeff, 0xffff]) {
      for (const format of ['classic', 'ns'] as const) {
        const end = writeEventJson({ ...event, head }, target, 0, format);
        assert.ok(end <= EVENT_JSON_MAX);
        const frame = JSON.parse(Buffer.from(target.subarray(0, end)).toString('latin1'));
        assert.equal((frame.event.data ?? frame.event.vscpData).length, MAX_EVENT_DATA);
      }
    }
  });

  test('is written at the place asked for and touches nothing around it', () => {
    const target = new Uint8Array(EVENT_JSON_MAX + 20).fill(0x2e);
    const event = toEvent((recorded[0] as Recorded['events'][0]).event);
    const end = writeEventJson(event, target, 10, 'classic');
    const text = Buffer.from(target).toString('latin1');
    assert.equal(text.slice(10, end), formatEventJson(event, 'classic'));
    assert.equal(text.slice(0, 10), '.'.repeat(10));
    assert.equal(text.slice(end), '.'.repeat(target.length - end));
  });
});
