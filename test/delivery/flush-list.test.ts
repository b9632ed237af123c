import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { FlushList } from '../../src/delivery/flush-list.ts';
import { textFrame } from '../../src/delivery/frame.ts';
import { Outbox } from '../../src/delivery/outbox.ts';

const LIMITS = { perTurn: 10, floodBatch: 100, worthAWrite: 8, mostGathered: 1000 };
const FRAME = textFrame('event');

function create(count: number, limits: Partial<typeof LIMITS> = {}) {
  const flushed: number[] = [];
  const written: number[] = [];
  const entries = Array.from({ length: count }, (_, number) => ({ number, outbox: createOutbox(number) }));
  function createOutbox(number: number) {
    const socket = {
      writable: true,
      writableLength: 0,
      writableCorked: 0,
      cork: () => undefined,
      uncork: () => undefined,
      write: () => {
        flushed.push(number);
        return true;
      },
    };
    const outbox = new Outbox({
      socket,
      isOpen: () => true,
      maxEvents: 1000,
      maxBytes: 1_000_000,
      nowMs: () => 0,
      counters: { eventsToClients: 0 },
      onDrained: () => undefined,
    });
    outbox.flowing = true;
    return outbox;
  }
  const list = new FlushList<(typeof entries)[number]>(({ number }) => written.push(number), {
    ...LIMITS,
    ...limits,
  });
  /** One more event, or several, for each entry. */
  const addAll = (events = 1) => {
    for (const entry of entries) {
      for (let i = 0; i < events; i++)
        entry.outbox.append({ slab: FRAME, start: 0, end: FRAME.length, events: 1 });
      list.add(entry);
    }
  };
  return { flushed, entries, written, list, addAll };
}

test('what is added is flushed once, at the end of the turn', async () => {
  const { flushed, written, addAll } = create(3);
  for (let i = 0; i < 5; i++) addAll();
  assert.deepEqual(flushed, []);
  await turn();
  assert.deepEqual(new Set(flushed), new Set([0, 1, 2]));
  assert.deepEqual(written, [0, 1, 2]);
  await turn();
  assert.deepEqual(written, [0, 1, 2]);
});

test('many are flushed in parts, the longest waiting first, with a turn for everybody else in between', async () => {
  const { written, entries, list, addAll } = create(25);
  addAll();
  list.endOfBatch(1);
  assert.equal(written.length, 10);
  await turn();
  assert.equal(written.length, 20);
  await turn();
  assert.deepEqual(
    written,
    entries.map(({ number }) => number),
  );
});

test('in a flood a few events for each of many are not worth a write; enough are, and so is the end of the flood', async () => {
  const { written, list, addAll } = create(50, { perTurn: 1000 });
  const batch = (each: number, events: number) => {
    addAll(each);
    list.endOfBatch(events);
  };
  batch(3, 150);
  await turn();
  batch(3, 150);
  assert.equal(written.length, 0, 'six each');
  await turn();
  batch(3, 150);
  assert.equal(written.length, 50, 'nine each');
  batch(3, 150);
  batch(1, 20);
  assert.equal(written.length, 100, 'a small batch: nothing more waits');
  batch(3, 150);
  for (let turns = 0; turns < 3; turns++) await turn();
  assert.equal(written.length, 150, 'a full batch and nothing after it');
  batch(100, 100);
  assert.equal(written.length, 200, 'all events are for everybody');
});

test('what gathers is bounded, however many there are', () => {
  const { written, list, addAll } = create(500, { perTurn: 1000 });
  for (let batches = 0; batches < 6; batches++) {
    addAll();
    list.endOfBatch(150);
  }
  assert.equal(written.length, 0);
  list.endOfBatch(150);
  assert.equal(written.length, 500);
});
