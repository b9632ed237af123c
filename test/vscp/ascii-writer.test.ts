import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  asciiBytes,
  asciiText,
  writeBytes,
  writeDecimal,
  writeDigits,
  writeUint64,
} from '../../src/vscp/ascii-writer.ts';

function written(write: (target: Uint8Array) => number): string {
  const target = new Uint8Array(64).fill(0x2e);
  const end = write(target);
  assert.ok(target.subarray(end).every((byte) => byte === 0x2e));
  return asciiText(target.subarray(0, end));
}

describe('ASCII writer', () => {
  test('writes integers as String does', () => {
    const edges = [0, 9, 10, 99, 100, 999_999_999, 1_000_000_000, 4_294_967_295, Number.MAX_SAFE_INTEGER];
    for (const value of edges)
      assert.equal(
        written((target) => writeDecimal(value, target, 0)),
        String(value),
      );
    fc.assert(
      fc.property(fc.oneof(fc.nat(), fc.maxSafeNat()), (value) => {
        assert.equal(
          written((target) => writeDecimal(value, target, 0)),
          String(value),
        );
      }),
    );
  });

  test('writes 64-bit integers as String does', () => {
    for (const value of [0n, 1n, 999_999_999n, 1_000_000_000n, 0xffff_ffff_ffff_ffffn]) {
      assert.equal(
        written((target) => writeUint64(value, target, 0)),
        String(value),
      );
    }
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }), (value) => {
        assert.equal(
          written((target) => writeUint64(value, target, 0)),
          String(value),
        );
      }),
    );
  });

  test('writes a fixed number of digits with leading zeros', () => {
    assert.equal(
      written((target) => writeDigits(7, 2, target, 0)),
      '07',
    );
    assert.equal(
      written((target) => writeDigits(123_456_789, 9, target, 0)),
      '123456789',
    );
  });

  test('writes bytes behind each other', () => {
    const hello = asciiBytes('hello');
    assert.equal(
      written((target) => writeBytes(hello, target, writeBytes(hello, target, 0))),
      'hellohello',
    );
  });
});
