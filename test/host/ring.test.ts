import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  RING_WORDS,
  RingConsumer,
  type RingMemory,
  RingProducer,
  ringMemorySize,
} from '../../src/host/ring.ts';
import type { DriverEvent } from '../../src/vscp/event.ts';
import { makeEvent } from '../support/events.ts';

function newRing(capacity: number, startAt = 0): RingMemory {
  let slots = 1;
  while (slots < capacity) slots *= 2;
  const memory = new ArrayBuffer(ringMemorySize(slots));
  const words = new Uint32Array(memory);
  words[RING_WORDS.head] = startAt;
  words[RING_WORDS.tail] = startAt;
  return { memory, capacity, slots };
}

function numbered(obid: number): DriverEvent {
  return makeEvent({ obid });
}

for (const capacity of [1, 2, 3, 5, 8, 100]) {
  test(`a ring for ${capacity} holds exactly so many, in order, also when the counters wrap`, () => {
    const ring = newRing(capacity, 0xffffffff - capacity);
    const producer = new RingProducer(ring);
    const consumer = new RingConsumer(ring);
    let next = 0;
    let expected = 0;
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < capacity; i++) assert.equal(producer.push(numbered(next++)), true);
      assert.equal(producer.push(numbered(99)), false);
      assert.equal(producer.fill, capacity);
      const batch: DriverEvent[] = [];
      assert.equal(consumer.takeInto(batch, capacity + 10), capacity);
      for (const event of batch) assert.equal(event.obid, expected++);
      assert.equal(consumer.takeInto(batch, 1), 0);
    }
  });
}

test('takeInto takes no more than asked for', () => {
  const ring = newRing(8);
  const producer = new RingProducer(ring);
  const consumer = new RingConsumer(ring);
  for (let i = 0; i < 5; i++) producer.push(numbered(i));
  const batch: DriverEvent[] = [];
  assert.equal(consumer.takeInto(batch, 2), 2);
  assert.equal(consumer.fill, 3);
});

test('ends that begin later go on where the ones before stopped', () => {
  const ring = newRing(4);
  new RingProducer(ring).push(numbered(1));
  new RingProducer(ring).push(numbered(2));
  const batch: DriverEvent[] = [];
  new RingConsumer(ring).takeInto(batch, 1);
  new RingConsumer(ring).takeInto(batch, 1);
  assert.deepEqual(
    batch.map((event) => event.obid),
    [1, 2],
  );
});
