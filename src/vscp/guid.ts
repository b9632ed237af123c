import { GUID_SIZE } from '../core/guid.ts';
import type { Parsed } from './event.ts';
import { hexDigitValue } from './number-text.ts';

const COLON = 0x3a;
const UPPER_DIGITS = '0123456789ABCDEF';
/** Characters of a GUID written in full. */
export const GUID_TEXT_LENGTH = 47;

/** The GUID that means "not given". It is shared: treat it as immutable. */
export const NO_GUID: Uint8Array = new Uint8Array(GUID_SIZE);

/** ASCII codes of the two upper-case hex digits of every byte value. */
const HIGH_DIGIT = new Uint8Array(256);
const LOW_DIGIT = new Uint8Array(256);
for (let value = 0; value < 256; value++) {
  HIGH_DIGIT[value] = UPPER_DIGITS.charCodeAt(value >> 4);
  LOW_DIGIT[value] = UPPER_DIGITS.charCodeAt(value & 15);
}

/**
 * Reads `text[start, stop)` as a GUID: 16 hex bytes of one or two digits each, separated by colons. `-` and
 * the empty text mean all zeros. It also reads the short forms to which the specification gives one meaning:
 * `-:1:2` (zeros in front), `*:1` (FF in front), 32 digits, also grouped 8-4-4-4-12, with or without braces.
 * Undefined for anything else, even `::1`, which means FF in front in one place of the specification and
 * zeros in another.
 */
export function guidInText(text: string, start: number, stop: number): Uint8Array | undefined {
  if (start === stop || (stop - start === 1 && text.charCodeAt(start) === 0x2d)) return NO_GUID;
  return fullGuid(text, start, stop) ?? shortGuid(text.slice(start, stop));
}

const GROUPED = /^(\{?)[0-9a-f]{8}(-?)[0-9a-f]{4}\2[0-9a-f]{4}\2[0-9a-f]{4}\2[0-9a-f]{12}(\}?)$/i;
const BYTES = /^[0-9a-f]{1,2}(?::[0-9a-f]{1,2})*$/i;
const MAX_SHORT_LENGTH = 48;

function shortGuid(text: string): Uint8Array | undefined {
  if (text.length > MAX_SHORT_LENGTH) return undefined;
  const [, open, , close] = GROUPED.exec(text) ?? [];
  if (open !== undefined) {
    if ((open === '') !== (close === '')) return undefined;
    return Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], (byte) => Number.parseInt(byte, 16));
  }
  const [, front, behind = ''] = /^([*-]):(.*)$/.exec(text) ?? [];
  const last = bytesOf(behind);
  if (front === undefined || last === undefined || last.length >= GUID_SIZE) return undefined;
  const guid = new Uint8Array(GUID_SIZE).fill(front === '*' ? 0xff : 0);
  guid.set(last, GUID_SIZE - last.length);
  return guid;
}

function bytesOf(text: string): number[] | undefined {
  return BYTES.test(text) ? text.split(':').map((byte) => Number.parseInt(byte, 16)) : undefined;
}

function fullGuid(text: string, start: number, stop: number): Uint8Array | undefined {
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

/** Reads a whole text as a GUID, as `guidInText` does, but also with commas: `-:1,2,3`. */
export function parseGuidText(text: string): Parsed<Uint8Array> {
  const trimmed = text.trim().replaceAll(',', ':');
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

export function isZeroGuid(guid: Uint8Array): boolean {
  if (guid === NO_GUID) return true;
  for (let index = 0; index < GUID_SIZE; index++) if (guid[index] !== 0) return false;
  return true;
}
