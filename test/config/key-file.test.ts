import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseKeyFile } from '../../src/config/key-file.ts';

const KEY = Buffer.from('0123456789abcdef0123456789abcdef', 'hex');

describe('key file', () => {
  const digits = KEY.toString('hex');
  const accepted: [string, string][] = [
    ['32 digits', digits],
    ['upper-case digits and a line end', `${digits.toUpperCase()}\r\n`],
    ['white space around', `\n \t${digits} \n`],
    ['64 digits', digits + '0'.repeat(32)],
    ['512 digits', digits.repeat(16)],
    ['an odd number of digits', `${digits}0`],
    ['digits on several lines', `${digits}\n${digits}\n`],
  ];
  for (const [name, text] of accepted) {
    test(`with ${name} gives the first 16 bytes`, () => {
      assert.deepEqual(parseKeyFile(text), { ok: true, value: KEY });
    });
  }

  for (const text of [
    '',
    '   ',
    digits.slice(1),
    digits.replace(/./, 'g'),
    `${digits}xyz`,
    `0x${digits}`,
    'a'.repeat(31),
  ]) {
    test(`${JSON.stringify(text)} is refused, and not repeated in the reason`, () => {
      const result = parseKeyFile(text);
      assert.equal(result.ok, false);
      assert.ok(text.trim() === '' || !JSON.stringify(result).includes(text));
    });
  }
});
