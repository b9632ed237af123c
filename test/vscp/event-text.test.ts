import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MAX_EVENT_DATA } from '../../src/core/event.ts';
import type { DriverEvent } from '../../src/vscp/event.ts';
import {
  EVENT_TEXT_MAX,
  formatEventText,
  parseDataText,
  parseEventText,
  writeEventText,
} from '../../src/vscp/event-text.ts';
import { classicEvents, type FixtureEvent, nsEvents, readFixture, toEvent } from './event-fixture.ts';

interface Recorded {
  events: { event: FixtureEvent; ws1: string }[];
}
interface Forms {
  events: { name: string; event: FixtureEvent; classic: { ws1: string }; ns: { ws1: string } }[];
}
const recorded = readFixture<Recorded>('events-classic.json').events;
const accepted = readFixture<{ ws1: { name: string; text: string; event: FixtureEvent }[] }>(
  'events-accepted.json',
);
const refused = readFixture<{ ws1: string[] }>('events-refused.json');
const forms = readFixture<Forms>('events-time-forms.json').events;

const parsed = (event: DriverEvent) => ({ ok: true, value: event });

describe('event text', () => {
  for (const { event, ws1 } of recorded) {
    test(`is written as the recorded driver writes it: ${ws1.slice(0, 40)}…`, () => {
      assert.equal(`E;${formatEventText(toEvent(event), 'classic')}`, ws1);
    });
  }

  for (const { name, event, classic, ns } of forms) {
    test(`is written in either format: ${name}`, () => {
      assert.equal(formatEventText(toEvent(event), 'classic'), classic.ws1);
      assert.equal(formatEventText(toEvent(event), 'ns'), ns.ws1);
    });
  }

  for (const { name, text, event } of accepted.ws1) {
    test(`is read with ${name}`, () => {
      assert.deepEqual(parseEventText(text), parsed(toEvent(event)));
    });
  }

  for (const text of refused.ws1) {
    test(`is refused: ${JSON.stringify(text.slice(0, 70))} (${text.length} characters)`, () => {
      assert.equal(parseEventText(text).ok, false);
    });
  }

  test('takes 512 data bytes in every spelling, and not one more', () => {
    for (const spelling of ['0', '255', '0xFF', '0x1', '0b1', ' 7 ']) {
      const data = new Array<string>(MAX_EVENT_DATA).fill(spelling).join(',');
      const result = parseEventText(`0,20,3,0,,0,-,${data}`);
      assert.equal(result.ok && result.value.data.length, MAX_EVENT_DATA, spelling);
      assert.equal(parseEventText(`0,20,3,0,,0,-,${data},${spelling}`).ok, false, spelling);
    }
  });

  test('is read from the middle of a message', () => {
    const text = '0,30,5,0,,7,-,1,0x02';
    assert.deepEqual(parseEventText(`E;${text}`, 2), parseEventText(text));
  });

  test('classic: what is written is read back the same', () => {
    fc.assert(
      fc.property(classicEvents, (event) => {
        assert.deepEqual(parseEventText(formatEventText(event, 'classic')), parsed(event));
      }),
    );
  });

  test('nanoseconds: what is written is read back the same', () => {
    fc.assert(
      fc.property(nsEvents, (event) => {
        assert.deepEqual(parseEventText(formatEventText(event, 'ns')), parsed(event));
      }),
    );
  });

  test('never makes the parser throw, whatever it holds', () => {
    const field = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.integer().map(String),
      fc.constantFrom('', '-', '0x', '00:', '2026-01-01T00:00:00Z', '\0', '\ud800'),
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(field, { maxLength: 20 }).map((fields) => fields.join(',')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const result = parseEventText(text);
        assert.equal(typeof result.ok, 'boolean');
      }),
      { numRuns: 2000 },
    );
  });

  test('a text with one character changed is refused or read as an event within its ranges', () => {
    const events = fc.tuple(
      classicEvents,
      fc.nat(),
      fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 1 }),
    );
    fc.assert(
      fc.property(events, ([event, place, character]) => {
        const text = formatEventText(event, 'classic');
        const at = place % text.length;
        const result = parseEventText(text.slice(0, at) + character + text.slice(at + 1));
        if (!result.ok) return;
        const { head, vscpClass, vscpType, obid, timestamp, guid, data } = result.value;
        for (const value of [head, vscpClass, vscpType]) assert.ok(value >= 0 && value <= 0xffff);
        for (const value of [obid, timestamp]) assert.ok(value >= 0 && value <= 0xffff_ffff);
        assert.equal(guid.length, 16);
        assert.ok(data.length <= MAX_EVENT_DATA);
      }),
      { numRuns: 500 },
    );
  });

  test('needs no more room than EVENT_TEXT_MAX, also with a date no calendar has', () => {
    const event = toEvent({
      head: 0xffff,
      class: 0xffff,
      type: 0xffff,
      obid: 0xffff_ffff,
      datetime: '',
      timestamp: 0xffff_ffff,
      timestamp_ns: '18446744073709551615',
      guid: 'FF'.repeat(16),
      data: 'FF'.repeat(MAX_EVENT_DATA),
    });
    const worst = {
      ...event,
      head: 0xfeff,
      year: 65535,
      month: 255,
      day: 255,
      hour: 255,
      minute: 255,
      second: 255,
    };
    const target = new Uint8Array(EVENT_TEXT_MAX);
    for (const candidate of [event, worst]) {
      for (const format of ['classic', 'ns'] as const) {
        assert.ok(writeEventText(candidate, target, 0, format) <= EVENT_TEXT_MAX);
      }
    }
    assert.match(formatEventText(worst, 'classic'), /,65535-255-255T255:255:255Z,4294967295,/);
  });

  test('is written at the place asked for and touches nothing around it', () => {
    const target = new Uint8Array(EVENT_TEXT_MAX + 20).fill(0x2e);
    const event = toEvent((recorded[0] as Recorded['events'][0]).event);
    const end = writeEventText(event, target, 10, 'classic');
    const text = Buffer.from(target).toString('latin1');
    assert.equal(text.slice(10, end), formatEventText(event, 'classic'));
    assert.equal(text.slice(0, 10), '.'.repeat(10));
    assert.equal(text.slice(end), '.'.repeat(target.length - end));
  });

  test('data beyond the 512 bytes of an event are not written', () => {
    const event = { ...toEvent((recorded[0] as Recorded['events'][0]).event), data: new Uint8Array(600) };
    assert.equal(formatEventText(event, 'classic').split(',').length, 7 + MAX_EVENT_DATA);
  });
});

describe('data text', () => {
  const cases: [string, number[] | string][] = [
    ['', []],
    [' ', []],
    ['1,0x02', [1, 2]],
    [' 1 , 0x02 ,', [1, 2]],
    ['0b101', [5]],
    ['256', 'vscpData[0]: 0-255 expected'],
    [',1', 'vscpData[0]: 0-255 expected'],
    ['1,,2', 'vscpData[1]: 0-255 expected'],
    ['x', 'vscpData[0]: 0-255 expected'],
  ];
  for (const [text, bytes] of cases) {
    test(`${JSON.stringify(text)} is ${JSON.stringify(bytes)}`, () => {
      assert.deepEqual(parseDataText(text), typeof bytes === 'string' ? bytes : Uint8Array.from(bytes));
    });
  }
});
