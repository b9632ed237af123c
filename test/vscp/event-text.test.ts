import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MAX_EVENT_DATA } from '../../src/core/event.ts';
import { EVENT_TEXT_MAX, parseDataText, parseEventText, writeEventText } from '../../src/vscp/event-text.ts';
import { eventText } from '../support/events.ts';
import { testEventCodec } from './event-codec-suite.ts';
import { classicEvents } from './event-fixture.ts';

/** head, class, type, obid, date, timestamp and GUID. */
const FIELDS_BEFORE_DATA = 7;

describe('event text', () => {
  testEventCodec({
    protocol: 'ws1',
    maxSize: EVENT_TEXT_MAX,
    write: writeEventText,
    format: eventText,
    read: (text) => parseEventText(text),
    readBack: (text) => parseEventText(text),
    ofFrame: (frame) => String(frame).replace(/^E;/, ''),
    ofForm: String,
    dataLength: (text) => text.split(',').length - FIELDS_BEFORE_DATA,
  });

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
        const text = eventText(event, 'classic');
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
