import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatPayload, type PayloadFormat, parsePayload } from '../../src/host/mqtt-payload.ts';
import { originOf, topicOf } from '../../src/host/mqtt-topic.ts';
import type { DriverEvent } from '../../src/vscp/event.ts';
import { makeEvent } from '../support/events.ts';

const FORMS: readonly PayloadFormat[] = ['json', 'string', 'xml', 'binary'];
const GUID = 'FF:FF:FF:FF:FF:FF:FF:F5:00:00:00:00:00:02:00:00';
const NS = 1_767_323_045_123_456_789n;

function read(topic: string, payload: string | Uint8Array): DriverEvent {
  const parsed = parsePayload(topic, Buffer.from(payload));
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.reason);
  return parsed.value;
}

test('every form gives back the event, in the classic time form and in that of nanoseconds', () => {
  const classic = makeEvent({ obid: 7 });
  const ns = makeEvent({ obid: 7, head: 0x160, timestampNs: NS, timestamp: 0 });
  for (const form of FORMS) {
    const obid = form === 'binary' ? 0 : 7;
    assert.deepEqual(read('t', formatPayload(classic, form, 'classic')), { ...classic, obid }, form);
    const expected = { ...ns, obid, year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
    assert.deepEqual(read('t', formatPayload(ns, form, 'ns')), expected, `${form}, ns`);
  }
});

test('every form gives back any data', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 512 }), fc.constantFrom(...FORMS), (data, form) => {
      const event = makeEvent({ data });
      assert.deepEqual(read('t', formatPayload(event, form, 'classic')).data, data);
    }),
  );
});

test('any payload is an event or a refusal with a reason', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (bytes, text) => {
      for (const payload of [bytes, Buffer.from(text), Buffer.from(`{${text}`), Buffer.from(`<${text}`)]) {
        const parsed = parsePayload('vscp/x', payload);
        if (!parsed.ok) assert.notEqual(parsed.reason, '');
      }
    }),
  );
});

/** What the daemons write on their topics, each with class 10, type 6, data 137,130,8. */
const DAEMON_FORMS: Record<string, string> = {
  'JSON with the classic keys':
    `{"vscpHead":96,"vscpObId":3,"vscpDateTime":"2026-01-02T03:04:05Z","vscpTimeStamp":5,"vscpClass":10,` +
    `"vscpType":6,"vscpGuid":"${GUID}","vscpData":[137,130,8],"vscpNote":""}`,
  'JSON with the keys before 2026':
    `{"head":96,"obid":3,"datetime":"2026-01-02T03:04:05Z","timestamp":5,"class":10,"type":6,` +
    `"guid":"${GUID}","data":[137,130,8],"note":""}`,
  'JSON of 2026, over several lines':
    `{\n"head": 352,\n"obid": 3,\n"datetime": "2026-01-02T03:04:05Z",\n"timestamp_ns": "0x1886d0e7d3e4f000",\n` +
    `"class": 10,\n"type": 6,\n"guid": "${GUID}",\n"data": [137,130,8],\n"note": ""\n}`,
  'JSON with a measurement': `{"head":96,"class":10,"type":6,"guid":"${GUID}","data":[137,130,8],"measurement":{"value":1}}`,
  string: `96,10,6,3,2026-01-02T03:04:05Z,5,${GUID},0x89,0x82,0x08`,
  'string of 2026': `352,10,6,3,,1767323045000000000,${GUID},137,130,8`,
  XML:
    `<event head="96" obid="3" datetime="2026-01-02T03:04:05Z" timestamp="5" class="10" type="6" ` +
    `guid="${GUID}" data="137,130,8" />`,
  'XML of 2026':
    `<event head="352" obid="3" datetime="2026-01-02T03:04:05Z" timestamp="1767323045000000000" class="10" ` +
    `type="6" guid="${GUID}" data="137,130,8" />`,
};

for (const [name, payload] of Object.entries(DAEMON_FORMS)) {
  test(`a daemon's event is read: ${name}`, () => {
    const event = read('some/topic', payload);
    assert.deepEqual([event.vscpClass, event.vscpType, [...event.data]], [10, 6, [137, 130, 8]]);
    assert.equal(topicOf('{{guid}}', event), GUID);
  });
}

test("a daemon's binary event is read, with and without the zero byte in front", () => {
  const frame = Buffer.from(
    '00006000000005' + '07ea0102030405' + '000a0006' + 'fffffffffffffff50000000000020000' + '0003' + '898208',
    'hex',
  );
  // CRC-16 with the polynomial 0x1021 from 0xFFFF over everything behind the first byte, bit by bit.
  let sum = 0xffff;
  for (const byte of frame.subarray(1)) {
    for (let bit = 7; bit >= 0; bit--) {
      const carry = (sum >> 15) ^ ((byte >> bit) & 1);
      sum = ((sum << 1) & 0xffff) ^ (carry ? 0x1021 : 0);
    }
  }
  const whole = Buffer.concat([frame, Buffer.from([sum >> 8, sum & 0xff])]);
  for (const payload of [whole, Buffer.concat([Buffer.from([0]), whole])]) {
    const event = read('some/topic', payload);
    assert.deepEqual([event.vscpClass, event.vscpType, [...event.data]], [10, 6, [137, 130, 8]]);
    assert.deepEqual([event.year, event.second, event.timestamp], [2026, 5, 5]);
  }
  whole[20] = 1;
  assert.deepEqual(parsePayload('t', whole), { ok: false, reason: 'binary frame: wrong checksum' });
});

test('an event whose binary date is not in the calendar counts without a date', () => {
  for (const odd of [
    { month: 13 },
    { day: 31, month: 2 },
    { hour: 255 },
    { year: 16_128 },
    { year: 24_973, month: 0, minute: 145 },
  ]) {
    const event = read('t', formatPayload(makeEvent({ timestamp: 5, ...odd }), 'binary', 'classic'));
    const { year, month, day, hour, minute, second, timestamp } = event;
    assert.deepEqual([year, month, day, hour, minute, second, timestamp], [0, 0, 0, 0, 0, 0, 5]);
    assert.equal(event.vscpClass, makeEvent().vscpClass);
  }
});

test('GUID, class and type come from the topic where the payload lacks them', () => {
  const topic = `house/vscp/${GUID}/10/6/0`;
  for (const payload of [
    '{"data":[1]}',
    '{"class":0,"type":0,"guid":"-","data":[1]}',
    '0,,,0,,,-,1',
    '0,0,0,0,,,-,1',
    '<event data="1"/>',
    formatPayload(makeEvent({ vscpClass: 0, vscpType: 0, guid: new Uint8Array(16) }), 'binary', 'ns'),
  ]) {
    const event = read(topic, payload);
    assert.deepEqual([event.vscpClass, event.vscpType, topicOf('{{guid}}', event)], [10, 6, GUID]);
  }
  const other = read(topic, '{"class":20,"type":3,"guid":"-:1","data":[]}');
  assert.deepEqual([other.vscpClass, other.vscpType, other.guid[15]], [20, 3, 1]);
});

test('a topic tells what it has, wherever the GUID stands', () => {
  assert.deepEqual(originOf('vscp/daemon/status'), {});
  assert.deepEqual(originOf('10/6'), {});
  assert.deepEqual(originOf(`a/b/${GUID}/20`).vscpClass, 20);
  assert.deepEqual(originOf(`${GUID}/x/y`).vscpClass, undefined);
  const event = makeEvent();
  assert.equal(topicOf('a/{{guid}}/{{ class }}/{{type}}/{{index}}', event), `a/${GUID}/10/6/1`);
});
