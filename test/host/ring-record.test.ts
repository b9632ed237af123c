import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GuidCache } from '../../src/host/guid-cache.ts';
import { RECORD, RecordStore } from '../../src/host/ring-record.ts';
import type { DriverEvent } from '../../src/vscp/event.ts';

function newStore(slots: number): RecordStore {
  return new RecordStore(new ArrayBuffer(256 + slots * RECORD.size), 256, slots);
}

const byte = fc.nat(255);
const half = fc.nat(0xffff);
const word = fc.nat(0xffffffff);

const anyEvent: fc.Arbitrary<DriverEvent> = fc.record({
  head: half,
  obid: word,
  year: half,
  month: byte,
  day: byte,
  hour: byte,
  minute: byte,
  second: byte,
  timestamp: word,
  timestampNs: fc.bigInt(0n, (1n << 64n) - 1n),
  vscpClass: half,
  vscpType: half,
  guid: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  data: fc.uint8Array({ maxLength: 512, size: 'max' }),
});

test('an event comes out of a record as it went in', () => {
  const store = newStore(4);
  fc.assert(
    fc.property(anyEvent, fc.nat(3), (event, slot) => {
      store.write(slot, event);
      const isNs = (event.head & 0x0100) !== 0;
      assert.deepEqual(store.read(slot), { ...event, timestampNs: isNs ? event.timestampNs : 0n });
    }),
  );
});

test('neighbouring records do not touch each other', () => {
  const store = newStore(3);
  const [left, right] = fc.sample(anyEvent, { numRuns: 2, seed: 7 });
  assert.ok(left && right);
  store.write(0, { ...left, head: 0x100 });
  store.write(2, { ...right, head: 0x100 });
  store.write(1, { ...left, data: new Uint8Array(512).fill(0xee), guid: new Uint8Array(16).fill(0xee) });
  assert.deepEqual(store.read(0), { ...left, head: 0x100 });
  assert.deepEqual(store.read(2), { ...right, head: 0x100 });
});

test('an event that was read does not change when its slot is used again', () => {
  const store = newStore(1);
  for (const size of [1, 64, 65, 512]) {
    const [event] = fc.sample(anyEvent, { numRuns: 1, seed: size });
    assert.ok(event);
    store.write(0, { ...event, head: 0, data: new Uint8Array(size).fill(1) });
    const first = store.read(0);
    const guid = Buffer.from(first.guid).toString('hex');
    store.write(0, { ...event, data: new Uint8Array(size).fill(2), guid: new Uint8Array(16).fill(9) });
    assert.deepEqual(first.data, new Uint8Array(size).fill(1));
    assert.equal(Buffer.from(first.guid).toString('hex'), guid);
  }
});

test('data beyond 512 bytes are cut instead of running into the next record', () => {
  const store = newStore(2);
  const [event] = fc.sample(anyEvent, { numRuns: 1, seed: 3 });
  assert.ok(event);
  store.write(1, { ...event, head: 0x100, data: new Uint8Array(5) });
  store.write(0, { ...event, data: new Uint8Array(600).fill(7) });
  assert.equal(store.read(0).data.length, 512);
  assert.equal(store.read(1).data.length, 5);
});

test('equal GUIDs share one array and different ones never do', () => {
  const cache = new GuidCache();
  const words = new Uint32Array(4);
  const bytes = new Uint8Array(words.buffer);
  const seen = new Map<string, Uint8Array>();
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (guid) => {
      bytes.set(guid);
      const taken = cache.take(words, bytes, 0);
      assert.deepEqual(taken, guid);
      assert.equal(cache.take(words, bytes, 0), taken);
      const key = Buffer.from(guid).toString('hex');
      const before = seen.get(key);
      assert.ok(before === undefined || Buffer.from(before).toString('hex') === key);
      seen.set(key, taken);
    }),
    { numRuns: 3000 },
  );
});
