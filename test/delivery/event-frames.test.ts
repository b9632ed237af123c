import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventFrames, type FrameRun, SLAB_SIZE } from '../../src/delivery/event-frames.ts';
import { textFrame } from '../../src/delivery/frame.ts';
import { makeEvent } from '../support/events.ts';

/** Writes as many bytes as the event's timestamp says. */
function createFrames(sealed: Buffer[], full: FrameRun[] = []): EventFrames {
  const frames: EventFrames = new EventFrames({
    write: (event, target, at) => {
      target.fill(0x61, at, at + event.timestamp);
      return at + event.timestamp;
    },
    maxPayload: 2000,
    format: 'classic',
    onFull: () => full.push({ ...frames.run }),
    onSealed: (slab) => sealed.push(slab),
  });
  return frames;
}

test('every payload size gets a valid frame right behind the one before', () => {
  const frames = createFrames([]);
  let previousEnd = 0;
  for (const size of [200, 125, 126, 0, 1, 2000, 127, 124]) {
    frames.encode(makeEvent({ timestamp: size }));
    const { slab, start, end, events } = frames.run;
    assert.equal(start, previousEnd);
    assert.equal(events, 1);
    assert.deepEqual(slab.subarray(start, end), textFrame('a'.repeat(size)));
    previousEnd = end;
    frames.endRun();
  }
});

test('events in a row make one run', () => {
  const frames = createFrames([]);
  for (const size of [10, 200, 30]) frames.encode(makeEvent({ timestamp: size }));
  const { slab, start, end, events } = frames.run;
  assert.equal(events, 3);
  const expected = [10, 200, 30].map((size) => textFrame('a'.repeat(size)));
  assert.deepEqual(slab.subarray(start, end), Buffer.concat(expected));
});

test('a run is handed out before its slab is sealed, once, and the slab keeps its frames', () => {
  const sealed: Buffer[] = [];
  const full: FrameRun[] = [];
  const frames = createFrames(sealed, full);
  const { length } = textFrame('a'.repeat(300));
  const needed = Math.ceil(SLAB_SIZE / length);
  for (let i = 0; i < needed; i++) frames.encode(makeEvent({ timestamp: 300 }));
  assert.equal(full.length, 1);
  const run = full[0] as FrameRun;
  assert.deepEqual(sealed, [run.slab]);
  assert.equal(run.events + frames.run.events, needed);
  assert.equal(run.end - run.start, run.events * length);
  assert.notEqual(frames.run.slab, run.slab);
  assert.deepEqual(run.slab.subarray(0, length), textFrame('a'.repeat(300)));
});
