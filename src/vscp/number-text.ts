/**
 * Numbers as VSCP texts spell them: decimal, `0x` hex, `0b` binary and `0o` octal, unsigned. No sign, no
 * point, no digit separators; a leading zero does not make a decimal number octal.
 */

const ZERO = 0x30;
const NINE = 0x39;
/**
 * Longest spelling that counts as a number: 64 binary digits and their prefix, with room for leading zeros.
 */
const MAX_NUMBER_LENGTH = 80;
export const MAX_UINT64 = 0xffff_ffff_ffff_ffffn;

const DIGIT_VALUE = new Int8Array(128).fill(-1);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  DIGIT_VALUE[digit.charCodeAt(0)] = value;
  DIGIT_VALUE[digit.toUpperCase().charCodeAt(0)] = value;
}

/** Value of the hex digit with this character code; -1 when it is not a hex digit. */
export function hexDigitValue(code: number): number {
  return code < 128 ? (DIGIT_VALUE[code] as number) : -1;
}

/** Base that the prefix of `text[start, stop)` announces; 10 without a prefix. */
function baseOf(text: string, start: number, stop: number): number {
  if (stop - start < 2 || text.charCodeAt(start) !== ZERO) return 10;
  switch (text.charCodeAt(start + 1) | 0x20) {
    case 0x78:
      return 16;
    case 0x62:
      return 2;
    case 0x6f:
      return 8;
    default:
      return 10;
  }
}

/** Reads `text[start, stop)` as a number of at most `max` (below 2^52); -1 when it is none or too large. */
export function uintInText(text: string, start: number, stop: number, max: number): number {
  if (start >= stop) return -1;
  let value = 0;
  let at = start;
  while (at < stop) {
    const code = text.charCodeAt(at);
    if (code < ZERO || code > NINE) break;
    value = value * 10 + (code - ZERO);
    if (value > max) return -1;
    at++;
  }
  if (at === stop) return value;
  const base = baseOf(text, start, stop);
  if (base === 10 || stop - start === 2) return -1;
  value = 0;
  for (at = start + 2; at < stop; at++) {
    const digit = hexDigitValue(text.charCodeAt(at));
    if (digit < 0 || digit >= base) return -1;
    value = value * base + digit;
    if (value > max) return -1;
  }
  return value;
}

/** Reads a number text, white space around it allowed; -1 when it is none or larger than `max` (below 2^52). */
export function parseUint(text: string, max: number): number {
  const trimmed = text.trim();
  return uintInText(trimmed, 0, trimmed.length, max);
}

/** Reads a 64-bit number text, white space around it allowed; undefined when it is none or too large. */
export function parseUint64(text: string): bigint | undefined {
  const trimmed = text.trim();
  if (trimmed.length === 0 || trimmed.length > MAX_NUMBER_LENGTH) return undefined;
  const base = baseOf(trimmed, 0, trimmed.length);
  const digits = base === 10 ? 0 : 2;
  if (digits === trimmed.length) return undefined;
  for (let at = digits; at < trimmed.length; at++) {
    const digit = hexDigitValue(trimmed.charCodeAt(at));
    if (digit < 0 || digit >= base) return undefined;
  }
  const value = BigInt(trimmed);
  return value <= MAX_UINT64 ? value : undefined;
}
