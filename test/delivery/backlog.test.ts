import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Backlog } from '../../src/delivery/backlog.ts';
import { textFrame } from '../../src/delivery/frame.ts';

/** Frames laid back to back in one slab, as the encoder lays them. */
function slabOf(texts: readonly string[], slabSize = 4096): { slab: Buffer; ranges: [number, number][] } {
  const slab = Buffer.alloc(slabSize);
  const ranges: [number, number][] = [];
  let at = 0;
  for (const text of texts) {
    const frame = textFrame(text);
    frame.copy(slab, at);
    ranges.push([at, at + frame.length]);
    at += frame.length;
  }
  return { slab, ranges };
}

/** Appends one frame; whether it was taken. */
function append(backlog: Backlog, slab: Buffer, [start, end]: readonly [number, number]): boolean {
  return backlog.append({ slab, start, end, events: 1 }) === 1;
}

function takeAll(backlog: Backlog, maxBytes: number): { bytes: Buffer; events: number; chunks: number } {
  const chunks: Buffer[] = [];
  let events = 0;
  while (backlog.events > 0) events += backlog.take(maxBytes, chunks);
  return { bytes: Buffer.concat(chunks), events, chunks: chunks.length };
}

test('neighbouring frames leave as one chunk', () => {
  const { slab, ranges } = slabOf(['a', 'b', 'c']);
  const backlog = new Backlog(10, 1000);
  for (const range of ranges) assert.ok(append(backlog, slab, range));
  const taken = takeAll(backlog, 1000);
  assert.equal(taken.chunks, 1);
  assert.equal(taken.events, 3);
  assert.deepEqual(taken.bytes, Buffer.concat(['a', 'b', 'c'].map(textFrame)));
});

test('the newest event is refused when the count or the bytes are used up', () => {
  const { slab, ranges } = slabOf(['aaaa', 'bbbb', 'cccc']);
  const byCount = new Backlog(2, 1000);
  assert.deepEqual(
    ranges.map((range) => append(byCount, slab, range)),
    [true, true, false],
  );
  const byBytes = new Backlog(10, 13);
  assert.deepEqual(
    ranges.map((range) => append(byBytes, slab, range)),
    [true, true, false],
  );
  assert.equal(byBytes.events, 2);
  assert.deepEqual(takeAll(byBytes, 1000).bytes, Buffer.concat(['aaaa', 'bbbb'].map(textFrame)));
});

test('a frame larger than one write still leaves, alone and whole', () => {
  const { slab, ranges } = slabOf(['x'.repeat(500), 'y']);
  const backlog = new Backlog(10, 1000);
  for (const range of ranges) append(backlog, slab, range);
  const chunks: Buffer[] = [];
  assert.equal(backlog.take(100, chunks), 1);
  assert.deepEqual(Buffer.concat(chunks), textFrame('x'.repeat(500)));
});

test('a few events do not pin a sealed slab, and nothing of them changes', () => {
  const { slab, ranges } = slabOf(['a', 'b', 'c', 'd']);
  const backlog = new Backlog(10, 1000);
  for (const index of [0, 2, 3]) {
    append(backlog, slab, ranges[index] as [number, number]);
  }
  backlog.onSealed(slab);
  slab.fill(0xff);
  assert.deepEqual(takeAll(backlog, 1000).bytes, Buffer.concat(['a', 'c', 'd'].map(textFrame)));
});

test('what waits of several sealed slabs leaves as one chunk', () => {
  const backlog = new Backlog(10, 1000);
  const texts = ['aaaa', 'bbbb', 'cc'];
  for (const text of texts) {
    const { slab, ranges } = slabOf([text]);
    append(backlog, slab, ranges[0] as [number, number]);
    backlog.onSealed(slab);
    slab.fill(0xff);
  }
  const taken = takeAll(backlog, 1000);
  assert.deepEqual([taken.chunks, taken.events], [1, 3]);
  assert.deepEqual(taken.bytes, Buffer.concat(texts.map(textFrame)));
});

test('a backlog that holds most of a sealed slab keeps it without a copy', () => {
  const { slab, ranges } = slabOf(['a'.repeat(100), 'b'.repeat(100)], 220);
  const backlog = new Backlog(10, 1000);
  for (const range of ranges) append(backlog, slab, range);
  backlog.onSealed(slab);
  const chunks: Buffer[] = [];
  backlog.take(1000, chunks);
  assert.equal(chunks[0]?.buffer, slab.buffer);
});

test('a run is taken as far as whole frames fit', () => {
  const { slab, ranges } = slabOf(['aaaa', 'bbbb', 'cccc', 'dddd']);
  const run = { slab, start: 0, end: ranges[3]?.[1] ?? 0, events: 4 };
  const byCount = new Backlog(3, 1000);
  assert.equal(byCount.append(run), 3);
  assert.equal(byCount.append(run), 0);
  assert.deepEqual(takeAll(byCount, 1000).bytes, Buffer.concat(['aaaa', 'bbbb', 'cccc'].map(textFrame)));
  const byBytes = new Backlog(10, 13);
  assert.equal(byBytes.append(run), 2);
  assert.deepEqual(takeAll(byBytes, 1000).bytes, Buffer.concat(['aaaa', 'bbbb'].map(textFrame)));
});

test('clearing forgets everything', () => {
  const { slab, ranges } = slabOf(['a']);
  const backlog = new Backlog(10, 1000);
  append(backlog, slab, ranges[0] as [number, number]);
  backlog.clear();
  assert.equal(backlog.events, 0);
  assert.equal(backlog.bytes, 0);
  assert.equal(backlog.take(1000, []), 0);
});

test('whatever is appended, sealed and taken in between leaves whole, once and in order', () => {
  const step = fc.oneof(
    fc.record({
      do: fc.constant('append' as const),
      length: fc.integer({ min: 0, max: 300 }),
      skip: fc.boolean(),
    }),
    fc.record({ do: fc.constant('take' as const), bytes: fc.integer({ min: 1, max: 900 }) }),
    fc.record({ do: fc.constant('seal' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const backlog = new Backlog(30, 5000);
      const chunks: Buffer[] = [];
      const expected: Buffer[] = [];
      let slab = Buffer.alloc(1200);
      let used = 0;
      let taken = 0;
      for (const [index, action] of steps.entries()) {
        if (action.do === 'append') {
          const frame = textFrame(String(index % 10).repeat(action.length));
          if (used + frame.length > slab.length) {
            backlog.onSealed(slab);
            slab = Buffer.alloc(1200);
            used = 0;
          }
          frame.copy(slab, used);
          const end = used + frame.length;
          if (!action.skip && append(backlog, slab, [used, end])) expected.push(frame);
          used = end;
        } else if (action.do === 'take') {
          const before = chunks.length;
          const events = backlog.take(action.bytes, chunks);
          taken += events;
          const bytes = chunks.slice(before).reduce((sum, chunk) => sum + chunk.length, 0);
          assert.ok(bytes <= action.bytes || events === 1, 'no more than asked for, but for one large frame');
        } else {
          backlog.onSealed(slab);
          slab = Buffer.alloc(1200);
          used = 0;
        }
        assert.equal(backlog.events, expected.length - taken);
      }
      chunks.push(takeAll(backlog, 500).bytes);
      assert.deepEqual(Buffer.concat(chunks), Buffer.concat(expected));
      assert.equal(backlog.bytes, 0);
    }),
  );
});
