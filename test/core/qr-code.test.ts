import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { qrCode } from '../../src/core/qr-code.ts';

/** Length of the text, side of the symbol, hash of its modules. A reader of other people's making read each of them. */
const READ: [length: number, size: number, hash: string][] = [
  [1, 21, 'e0065cd099f60f3d'],
  [17, 21, '50710e21c41539c4'],
  [53, 29, '41b0ea3cda67781f'],
  [106, 37, '4a9f04660392694b'],
  [134, 41, '1d67878011a06020'],
  [250, 57, 'ff8867d7339e4d93'],
  [400, 69, '090b72db32200660'],
  [600, 85, '41ab0245ed204a10'],
  [858, 97, '3d1ea837e0ceef36'],
];

const link = (length: number) => 'https://panel.test/#setup='.repeat(40).slice(0, length);

describe('a QR code', () => {
  for (const [length, size, hash] of READ) {
    it(`of ${length} bytes is the one that was read`, () => {
      const modules = qrCode(link(length));
      assert.equal(modules.length, size);
      const text = modules.map((row) => row.map(Number).join('')).join('\n');
      assert.equal(createHash('sha256').update(text).digest('hex').slice(0, 16), hash);
    });
  }

  it('is refused for a text that is too long, counted in bytes', () => {
    assert.throws(() => qrCode(link(859)), /at most 858 bytes, not 859/);
    assert.throws(() => qrCode('ä'.repeat(430)), /not 860/);
  });
});
