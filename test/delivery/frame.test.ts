import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frameEnd, frameHeaderSize, textFrame } from '../../src/delivery/frame.ts';

for (const [payload, header] of [
  [0, 2],
  [1, 2],
  [125, 2],
  [126, 4],
  [65535, 4],
  [65536, 10],
] as const) {
  test(`a text frame of ${payload} bytes has the shortest header, ${header} bytes, and tells its end`, () => {
    const text = 'x'.repeat(payload);
    const frame = textFrame(text);
    assert.equal(frameHeaderSize(payload), header);
    assert.equal(frame.length, header + payload);
    assert.equal(frame[0], 0x81);
    assert.equal((frame[1] ?? 0) & 0x80, 0, 'a server does not mask');
    assert.equal(frame.subarray(header).toString(), text);
    assert.equal(frameEnd(Buffer.concat([Buffer.alloc(3), frame, Buffer.alloc(3)]), 3), 3 + frame.length);
  });
}

test('the length of a frame counts bytes, not characters', () => {
  const frame = textFrame('é'.repeat(100));
  assert.equal(frame.length, 4 + 200);
});
