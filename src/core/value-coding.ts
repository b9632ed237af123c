import { BadInputError } from './vscp-error.ts';

/** Formats of the data coding byte (bits 7-5), by number; see the specification, chapter "Data coding". */
export const CODINGS = ['bits', 'bytes', 'string', 'integer', 'normalized', 'float', 'double'] as const;
export type Coding = (typeof CODINGS)[number];

export interface CodedValue {
  coding: Coding;
  value: number;
}

// What follows reads the bytes from `at` to the end: nothing is cut out, because it runs for every value of a history.

function unsigned(bytes: Uint8Array, at: number): number {
  let sum = 0;
  for (let next = at; next < bytes.length; next++) sum = sum * 256 + (bytes[next] ?? 0);
  return sum;
}

/** Signed big-endian integer of 1-7 bytes, from `at` to the end; beyond 2^53 the lowest bits are lost. */
export function decodeSigned(bytes: Uint8Array, at: number): number {
  const isNegative = ((bytes[at] ?? 0) & 0x80) !== 0;
  return unsigned(bytes, at) - (isNegative ? 2 ** (8 * (bytes.length - at)) : 0);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Exponent byte: when bit 7 is set, divide by ten to the power of the other bits, else multiply. */
function normalized(bytes: Uint8Array, at: number): number {
  const exponent = bytes[at] ?? 0;
  const scale = 10 ** (exponent & 0x7f);
  const whole = decodeSigned(bytes, at + 1);
  return exponent & 0x80 ? whole / scale : whole * scale;
}

export function decodeFloat(bytes: Uint8Array, at = 0): number | undefined {
  return bytes.length === at + 4 ? view(bytes).getFloat32(at) : undefined;
}

export function decodeDouble(bytes: Uint8Array, at = 0): number | undefined {
  return bytes.length === at + 8 ? view(bytes).getFloat64(at) : undefined;
}

/** Number as ASCII text, with `.` as decimal point; an exponent is allowed. */
export function decodeText(bytes: Uint8Array, at = 0): number | undefined {
  const text = String.fromCharCode(...bytes.subarray(at))
    .replace(/\0+$/, '')
    .trim();
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

function whole(bytes: Uint8Array, at: number): number | undefined {
  return bytes.length - at <= 6 ? unsigned(bytes, at) : undefined;
}

const DECODERS: Record<Coding, (bytes: Uint8Array, at: number) => number | undefined> = {
  bits: whole,
  bytes: whole,
  string: decodeText,
  integer: (bytes, at) => (bytes.length - at <= 7 ? decodeSigned(bytes, at) : undefined),
  normalized: (bytes, at) => {
    const size = bytes.length - at;
    return size >= 2 && size <= 7 ? normalized(bytes, at) : undefined;
  },
  float: decodeFloat,
  double: decodeDouble,
};

/** Value behind the data coding byte at `at`; `undefined` when the bytes do not fit the format. */
export function decodeValue(bytes: Uint8Array, at = 0): CodedValue | undefined {
  const coding = CODINGS[(bytes[at] ?? 0) >> 5];
  if (coding === undefined || bytes.length <= at + 1) return undefined;
  const value = DECODERS[coding](bytes, at + 1);
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
