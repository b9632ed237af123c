import { BadInputError } from '../core/vscp-error.ts';

/** The bytes of the first `digits` digits of a hex text. @throws BadInputError that names `what` */
export function fromHex(what: string, hex: string, digits: number): Uint8Array {
  const counted = hex.replace(/\s/g, '').slice(0, digits);
  if (counted.length < digits || !/^[0-9a-f]+$/i.test(counted)) {
    throw new BadInputError(`${what} must be at least ${digits} hex digits`);
  }
  return Uint8Array.from(counted.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();
}
