import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventFrames, SLAB_SIZE } from '../../src/session/event-frames.ts';
import { textFrame } from '../../src/session/frame.ts';
import { makeEvent } from '../support/events.ts';

/** Writes as many bytes as the event's timestamp says. */
function createFrames(sealed: Buffer[]) {
  return new EventFrames({
    write: (event, target, at) => {
      target.fill(0x61, at, at + event.timestamp);
      return at + event.timestamp;
    },
    maxPayload: 2000,
    format: 'classic',
    onSealed: (slab) => sealed.push(slab),
  });
}

test('every payload size gets a valid frame right behind the one before', () => {
  const frames = createFrames([]);
  let previousEnd = 0;
  for (const size of [200, 125, 126, 0, 1, 2000, 127, 124]) {
    frames.encode(makeEvent({ timestamp: size }));
    assert.equal(frames.start, previousEnd);
    assert.deepEqual(frames.slab.subarray(frames.start, frames.end), textFrame('a'.repeat(size)));
    previousEnd = frames.end;
  }
});

test('a slab is sealed once, when the next event might not fit, and keeps its frames', () => {
  const sealed: Buffer[] = [];
  const frames = createFrames(sealed);
  frames.encode(makeEvent({ timestamp: 300 }));
  const { slab, start, end } = frames;
  const needed = Math.ceil(SLAB_SIZE / 304);
  for (let i = 0; i < needed; i++) frames.encode(makeEvent({ timestamp: 300 }));
  assert.deepEqual(sealed, [slab]);
  assert.notEqual(frames.slab, slab);
  assert.deepEqual(slab.subarray(start, end), textFrame('a'.repeat(300)));
});
