import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatGuid } from '../../src/core/guid.ts';
import type { DriverEvent } from '../../src/vscp/event.ts';
import { eventFromJson } from '../../src/vscp/event-json.ts';
import { parseEventText } from '../../src/vscp/event-text.ts';

function fromText(text: string): DriverEvent {
  const parsed = parseEventText(text);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.reason);
  return parsed.value;
}

function fromJson(more: object): DriverEvent {
  const parsed = eventFromJson({ vscpClass: 10, vscpType: 6, ...more });
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.reason);
  return parsed.value;
}

function dateOf({ year, month, day, hour, minute, second }: DriverEvent): string {
  return [year, month, day, hour, minute, second].join(' ');
}

describe('a stamp beyond 32 bits counts modulo 2^32', () => {
  const cases: [string, number][] = [
    ['4294967295', 4294967295],
    ['4294967296', 0],
    ['4294967303', 7],
    ['0x100000007', 7],
    ['18446744073709551615', 4294967295],
  ];
  for (const [stamp, expected] of cases) {
    test(stamp, () => {
      assert.equal(fromText(`0,10,6,0,,${stamp},-`).timestamp, expected);
      assert.equal(fromText(`0,10,6,0,${stamp},-`).timestamp, expected, 'the older layout');
      assert.equal(fromJson({ vscpTimeStamp: stamp }).timestamp, expected);
      if (Number.isSafeInteger(Number(stamp)))
        assert.equal(fromJson({ timestamp: Number(stamp) }).timestamp, expected);
    });
  }
});

describe('a date with an offset becomes UTC', () => {
  const cases: [string, string][] = [
    ['2026-01-02T03:04:05+00:00', '2026 1 2 3 4 5'],
    ['2026-01-02T03:04:05.123456+01:00', '2026 1 2 2 4 5'],
    ['2026-01-01T00:30:00+01:00', '2025 12 31 23 30 0'],
    ['2024-02-28T23:30:00-0130', '2024 2 29 1 0 0'],
    ['2026-01-02 03:04:05-05', '2026 1 2 8 4 5'],
    ['2026-01-02T03:04:05.5z', '2026 1 2 3 4 5'],
  ];
  for (const [text, expected] of cases) {
    test(text, () => {
      assert.equal(dateOf(fromText(`0,10,6,0,${text},0,-`)), expected);
      assert.equal(dateOf(fromJson({ vscpDateTime: text })), expected);
    });
  }

  for (const text of ['+24:00', '+1', '+01:60', '+01:0', '01:00', '+01:00Z', 'Z+01:00', '.+01:00']) {
    test(`an offset of ${text} is refused`, () => {
      assert.equal(parseEventText(`0,10,6,0,2026-01-02T03:04:05${text},0,-`).ok, false);
    });
  }
});

test("Node's JSON of a Buffer is data", () => {
  assert.deepEqual([...fromJson({ vscpData: Buffer.from([1, 2, 255]).toJSON() }).data], [1, 2, 255]);
  assert.deepEqual([...fromJson({ data: { type: 'Buffer', data: [] } }).data], []);
  assert.equal(eventFromJson({ class: 10, type: 6, data: { type: 'Array', data: [1] } }).ok, false);
});

test('short GUIDs are read in events, in the older layout too', () => {
  assert.equal(formatGuid(fromText('0,10,6,0,,0,*:1,5').guid).slice(-5), 'FF:01');
  const grouped = '{FFFFFFFF-FFFF-FFFF-0102-03AABB440130}';
  for (const text of [`0,10,6,0,,0,${grouped},5`, `0,10,6,0,0,${grouped},5`]) {
    const event = fromText(text);
    assert.equal(formatGuid(event.guid), 'FF:FF:FF:FF:FF:FF:FF:FF:01:02:03:AA:BB:44:01:30');
    assert.deepEqual([...event.data], [5]);
  }
  assert.equal(formatGuid(fromJson({ vscpGuid: '-:1,2,3' }).guid).slice(-8), '01:02:03');
});

describe('a refusal names the field and what was expected', () => {
  const text: [string, string][] = [
    ['65536,10,6,0,,0,-', 'vscpHead: 0-65535 expected'],
    ['0,x,6,0,,0,-', 'vscpClass: 0-65535 expected'],
    ['0,10,,0,,0,-', 'vscpType: 0-65535 expected'],
    ['0,10,6,-1,,0,-', 'vscpObId: 0-4294967295 expected'],
    ['0,10,6,0,now,0,-', 'vscpDateTime: a date as 2026-01-31T12:00:00Z expected'],
    ['0,10,6,0,,x,-', 'vscpTimeStamp: an unsigned number of at most 64 bits expected'],
    ['0,10,6,0,,0,::1', 'vscpGuid: 16 hex bytes with colons expected'],
    ['0,10,6,0,,0,-,1,2,3,256', 'vscpData[3]: 0-255 expected'],
    [`0,10,6,0,,0,-${',1'.repeat(513)}`, 'vscpData: at most 512 bytes expected'],
    ['0,10', 'vscpType: 0-65535 expected'],
  ];
  for (const [given, reason] of text) {
    test(given.slice(0, 60), () => assert.deepEqual(parseEventText(given), { ok: false, reason }));
  }

  const json: [object | null, string][] = [
    [null, 'event: an object expected'],
    [{ head: 'x' }, 'vscpHead: 0-65535 expected'],
    [{ vscpClass: 70000 }, 'vscpClass: 0-65535 expected'],
    [{ timestamp_ns: -1 }, 'timestamp_ns: an unsigned number of at most 64 bits expected'],
    [{ vscpTimeStamp: 0.5 }, 'vscpTimeStamp: an unsigned number of at most 64 bits expected'],
    [{ vscpGuid: 7 }, 'vscpGuid: 16 hex bytes with colons expected'],
    [{ vscpData: [1, 2, 3, 300] }, 'vscpData[3]: 0-255 expected'],
    [{ vscpData: true }, 'vscpData: an array of bytes expected'],
  ];
  for (const [more, reason] of json) {
    test(JSON.stringify(more), () => {
      const given = more && { class: 10, type: 6, ...more };
      assert.deepEqual(eventFromJson(given), { ok: false, reason });
    });
  }
});
