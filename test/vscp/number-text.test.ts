import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { hexDigitValue, parseUint, parseUint64, uintInText } from '../../src/vscp/number-text.ts';

const MAX = 0xffff_ffff;

describe('number text', () => {
  const accepted: [string, number][] = [
    ['0', 0],
    ['00', 0],
    ['7', 7],
    ['010', 10],
    ['4294967295', MAX],
    ['0x0', 0],
    ['0xff', 255],
    ['0XFF', 255],
    ['0xFFFFFFFF', MAX],
    ['0b101', 5],
    ['0B1', 1],
    ['0o17', 15],
    ['0O7', 7],
    [' 5 ', 5],
  ];
  for (const [text, value] of accepted) {
    test(`${JSON.stringify(text)} is ${value}`, () => {
      assert.equal(parseUint(text, MAX), value);
      assert.equal(parseUint64(text), BigInt(value));
    });
  }

  const refused = [
    '',
    ' ',
    '-1',
    '+1',
    '1.0',
    '1e3',
    '0x',
    '0b',
    '0o',
    '0b2',
    '0o8',
    '0xg',
    'x',
    '1_0',
    '1 2',
    '0x 1',
  ];
  for (const text of [...refused, '٣', '１', 'NaN', 'Infinity', '0x-1', '1n', '\0', '1\0', 'ff']) {
    test(`${JSON.stringify(text)} is refused`, () => {
      assert.equal(parseUint(text, MAX), -1);
      assert.equal(parseUint64(text), undefined);
    });
  }

  test('is refused above the largest value, in every base', () => {
    for (const text of [
      '4294967296',
      '0x100000000',
      '0o40000000000',
      `0b1${'0'.repeat(32)}`,
      '9'.repeat(400),
    ]) {
      assert.equal(parseUint(text, MAX), -1);
    }
    assert.equal(parseUint64('18446744073709551615'), 0xffff_ffff_ffff_ffffn);
    for (const text of ['18446744073709551616', '0x10000000000000000', '9'.repeat(400), '0'.repeat(400)]) {
      assert.equal(parseUint64(text), undefined);
    }
  });

  test('is read within its bounds alone', () => {
    assert.equal(uintInText('12345', 1, 3, MAX), 23);
    assert.equal(uintInText('12345', 2, 2, MAX), -1);
  });

  test('every number is read back from every base', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX }), (value) => {
        for (const text of [
          `${value}`,
          `0x${value.toString(16)}`,
          `0b${value.toString(2)}`,
          `0o${value.toString(8)}`,
        ]) {
          assert.equal(parseUint(text, MAX), value);
          assert.equal(parseUint64(text), BigInt(value));
        }
      }),
    );
  });

  test('no text makes the parsers throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.ok(parseUint(text, MAX) >= -1);
        assert.ok(parseUint64(text) === undefined || typeof parseUint64(text) === 'bigint');
      }),
    );
  });

  test('hex digits are told from all other characters', () => {
    for (let code = 0; code < 300; code++) {
      const character = String.fromCharCode(code);
      const value = /^[0-9a-fA-F]$/.test(character) ? Number.parseInt(character, 16) : -1;
      assert.equal(hexDigitValue(code), value, character);
    }
  });
});
