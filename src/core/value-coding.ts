import { BadInputError } from './vscp-error.ts';

/** Formats of the data coding byte (bits 7-5), by number; see the specification, chapter "Data coding". */
export const CODINGS = ['bits', 'bytes', 'string', 'integer', 'normalized', 'float', 'double'] as const;
export type Coding = (typeof CODINGS)[number];

export interface CodedValue {
  coding: Coding;
  value: number;
}

/** Signed big-endian integer of 1-7 bytes; beyond 2^53 the lowest bits are lost. */
function signed(bytes: Uint8Array): number {
  const first = bytes[0] ?? 0;
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0) - (first & 0x80 ? 2 ** (8 * bytes.length) : 0);
}

function unsigned(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Exponent byte: when bit 7 is set, divide by ten to the power of the other bits, else multiply. */
function normalized(bytes: Uint8Array): number {
  const exponent = bytes[0] ?? 0;
  const scale = 10 ** (exponent & 0x7f);
  const whole = signed(bytes.subarray(1));
  return exponent & 0x80 ? whole / scale : whole * scale;
}

export function decodeFloat(bytes: Uint8Array): number | undefined {
  return bytes.length === 4 ? view(bytes).getFloat32(0) : undefined;
}

export function decodeDouble(bytes: Uint8Array): number | undefined {
  return bytes.length === 8 ? view(bytes).getFloat64(0) : undefined;
}

/** Number as ASCII text, with `.` as decimal point; an exponent is allowed. */
export function decodeText(bytes: Uint8Array): number | undefined {
  const text = String.fromCharCode(...bytes)
    .replace(/\0+$/, '')
    .trim();
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

const DECODERS: Record<Coding, (bytes: Uint8Array) => number | undefined> = {
  bits: (bytes) => (bytes.length <= 6 ? unsigned(bytes) : undefined),
  bytes: (bytes) => (bytes.length <= 6 ? unsigned(bytes) : undefined),
  string: decodeText,
  integer: (bytes) => (bytes.length <= 7 ? signed(bytes) : undefined),
  normalized: (bytes) => (bytes.length >= 2 && bytes.length <= 7 ? normalized(bytes) : undefined),
  float: decodeFloat,
  double: decodeDouble,
};

/** Value behind a data coding byte; `undefined` when the bytes do not fit the format. */
export function decodeValue(codingByte: number, bytes: Uint8Array): CodedValue | undefined {
  const coding = CODINGS[codingByte >> 5];
  if (coding === undefined || bytes.length === 0) return undefined;
  const value = DECODERS[coding](bytes);
  return value === undefined ? undefined : { coding, value };
}

/** Two's complement in as few bytes as possible; `undefined` when it needs more than `max`. */
function signedBytes(value: number, max: number): number[] | undefined {
  const bits = BigInt(value);
  for (let size = 1; size <= max; size += 1) {
    if (BigInt.asIntN(8 * size, bits) === bits) {
      return Array.from({ length: size }, (_, i) => Number((bits >> BigInt(8 * (size - 1 - i))) & 0xffn));
    }
  }
  return undefined;
}

function encodeUnsigned(value: number): number[] {
  if (!Number.isSafeInteger(value) || value < 0 || value >= 2 ** 48)
    throw new BadInputError(`Bad bits: ${value}`);
  const bytes = [];
  for (let rest = value; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 256))
    bytes.unshift(rest % 256);
  return bytes;
}

/** Digits and power of ten, rounded to as many digits as the room allows. */
function encodeNormalized(value: number, room: number): number[] {
  for (let precision = 15; precision > 0; precision -= 1) {
    const [digits = '0', power = '0'] = Number(value.toPrecision(precision)).toExponential().split('e');
    const fraction = digits.split('.')[1] ?? '';
    const exponent = Number(power) - fraction.length;
    const bytes = signedBytes(Number(digits.replace('.', '')), Math.min(6, room - 1));
    if (bytes && Math.abs(exponent) <= 127) return [exponent < 0 ? 0x80 | -exponent : exponent, ...bytes];
  }
  throw new BadInputError(`${value} is out of range`);
}

function encodeView(size: number, write: (view: DataView) => void): number[] {
  const bytes = new Uint8Array(size);
  write(view(bytes));
  return Array.from(bytes);
}

export function encodeFloat(value: number): number[] {
  return encodeView(4, (target) => target.setFloat32(0, value));
}

export function encodeDouble(value: number): number[] {
  return encodeView(8, (target) => target.setFloat64(0, value));
}

export function encodeText(value: number): number[] {
  return Array.from(String(value), (character) => character.charCodeAt(0));
}

function encodeInteger(value: number, room: number): number[] {
  const bytes = Number.isSafeInteger(value) ? signedBytes(value, Math.min(7, room)) : undefined;
  if (bytes === undefined) throw new BadInputError(`Not a whole number of at most ${room} bytes: ${value}`);
  return bytes;
}

const ENCODERS: Record<Coding, (value: number, room: number) => number[]> = {
  bits: encodeUnsigned,
  bytes: encodeUnsigned,
  string: encodeText,
  integer: encodeInteger,
  normalized: encodeNormalized,
  float: encodeFloat,
  double: encodeDouble,
};

/**
 * Encodes a value: the data coding byte, then the value.
 * @param unit 0 (the type's default unit) to 3
 * @param sensorIndex 0-7
 * @param room bytes available for the value; the normalised form is rounded to fit
 * @throws BadInputError when the value does not fit the format
 */
export function encodeValue(
  { coding, value }: CodedValue,
  unit: number,
  sensorIndex: number,
  room: number,
): number[] {
  if (!Number.isFinite(value)) throw new BadInputError(`Not a finite number: ${value}`);
  if (!(unit >= 0 && unit <= 3)) throw new BadInputError(`Unit must be 0-3 here, not ${unit}`);
  if (!(sensorIndex >= 0 && sensorIndex <= 7))
    throw new BadInputError(`Sensor index must be 0-7, not ${sensorIndex}`);
  return [(CODINGS.indexOf(coding) << 5) | (unit << 3) | sensorIndex, ...ENCODERS[coding](value, room)];
}
