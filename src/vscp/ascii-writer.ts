/** Functions that write ASCII text into a byte array. Each returns the position after its text. */

const ZERO = 0x30;
const NANO = 1_000_000_000;

/** The bytes of an ASCII text. */
export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function writeBytes(bytes: Uint8Array, target: Uint8Array, at: number): number {
  const length = bytes.length;
  for (let index = 0; index < length; index++) target[at + index] = bytes[index] as number;
  return at + length;
}

/** Writes an integer of 0 to 2^53-1 in decimal. */
export function writeDecimal(value: number, target: Uint8Array, at: number): number {
  if (value < 10) {
    target[at] = ZERO + value;
    return at + 1;
  }
  if (value >= NANO) {
    const high = Math.floor(value / NANO);
    const end = writeDecimal(high, target, at);
    return writeDigits(value - high * NANO, 9, target, end);
  }
  if (value < 100) return writeDigits(value, 2, target, at);
  let digits = 3;
  for (let limit = 1000; value >= limit; limit *= 10) digits++;
  return writeDigits(value, digits, target, at);
}

/** Writes the last `digits` (at most 9) decimal digits of a value below 10^9, with leading zeros. */
export function writeDigits(value: number, digits: number, target: Uint8Array, at: number): number {
  let rest = value;
  for (let position = at + digits - 1; position >= at; position--) {
    const next = (rest / 10) | 0;
    target[position] = ZERO + (rest - next * 10);
    rest = next;
  }
  return at + digits;
}

/** Writes an unsigned 64-bit integer in decimal. */
export function writeUint64(value: bigint, target: Uint8Array, at: number): number {
  const high = Number(value / 1_000_000_000n);
  const low = Number(value % 1_000_000_000n);
  return high === 0
    ? writeDecimal(low, target, at)
    : writeDigits(low, 9, target, writeDecimal(high, target, at));
}

const decoder = new TextDecoder();

/** The text of ASCII bytes. */
export function asciiText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
