import { GUID_SIZE, type Parsed } from './event.ts';
import { hexDigitValue } from './number-text.ts';

const COLON = 0x3a;
const UPPER_DIGITS = '0123456789ABCDEF';
/** Characters of a GUID written in full. */
export const GUID_TEXT_LENGTH = 47;

/** The GUID "not given". Shared: treat as immutable. */
export const ZERO_GUID: Uint8Array = new Uint8Array(GUID_SIZE);

/** ASCII codes of the two upper-case hex digits of every byte value. */
const HIGH_DIGIT = new Uint8Array(256);
const LOW_DIGIT = new Uint8Array(256);
for (let value = 0; value < 256; value++) {
  HIGH_DIGIT[value] = UPPER_DIGITS.charCodeAt(value >> 4);
  LOW_DIGIT[value] = UPPER_DIGITS.charCodeAt(value & 15);
}

/**
 * Reads `text[start, stop)` as a GUID: 16 hex bytes of one or two digits each, parted by colons. `-` and
 * nothing at all mean all zeros. Undefined when it is anything else.
 */
export function guidInText(text: string, start: number, stop: number): Uint8Array | undefined {
  if (start === stop || (stop - start === 1 && text.charCodeAt(start) === 0x2d)) return ZERO_GUID;
  const guid = new Uint8Array(GUID_SIZE);
  let at = start;
  for (let index = 0; index < GUID_SIZE; index++) {
    if (index > 0 && text.charCodeAt(at++) !== COLON) return undefined;
    if (at >= stop) return undefined;
    let value = hexDigitValue(text.charCodeAt(at++));
    if (value < 0) return undefined;
    if (at < stop && text.charCodeAt(at) !== COLON) {
      const low = hexDigitValue(text.charCodeAt(at++));
      if (low < 0) return undefined;
      value = value * 16 + low;
    }
    guid[index] = value;
  }
  return at === stop ? guid : undefined;
}

/** A GUID text as clients write it: `FF:FF:…` in either case, single digits allowed; `-` or empty = zeros. */
export function parseGuid(text: string): Parsed<Uint8Array> {
  const trimmed = text.trim();
  const guid = guidInText(trimmed, 0, trimmed.length);
  return guid ? { ok: true, value: guid } : { ok: false, reason: 'a GUID is 16 hex bytes with colons, or -' };
}

/** Writes the 47 characters of a GUID at `at`; returns the end. */
export function writeGuid(guid: Uint8Array, target: Uint8Array, at: number): number {
  let end = at;
  for (let index = 0; index < GUID_SIZE; index++) {
    const value = guid[index] as number;
    if (index > 0) target[end++] = COLON;
    target[end++] = HIGH_DIGIT[value] as number;
    target[end++] = LOW_DIGIT[value] as number;
  }
  return end;
}

/** 16 upper-case hex bytes with colons. */
export function formatGuid(guid: Uint8Array): string {
  let text = '';
  for (let index = 0; index < GUID_SIZE; index++) {
    const value = guid[index] ?? 0;
    if (index > 0) text += ':';
    text += UPPER_DIGITS.charAt(value >> 4) + UPPER_DIGITS.charAt(value & 15);
  }
  return text;
}

export function isZeroGuid(guid: Uint8Array): boolean {
  if (guid === ZERO_GUID) return true;
  for (let index = 0; index < GUID_SIZE; index++) if (guid[index] !== 0) return false;
  return true;
}
