import { BadInputError } from './vscp-error.ts';

export const GUID_SIZE = 16;

/** A GUID of all zeros; the server replaces it with its own. */
export const ZERO_GUID = '00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00';

const UPPER_DIGITS = '0123456789ABCDEF';

/** Writes 16 bytes, most significant first, as upper-case hex with colons; missing bytes count as zero. */
export function formatGuid(guid: ArrayLike<number>): string {
  let text = '';
  for (let index = 0; index < GUID_SIZE; index++) {
    const value = guid[index] ?? 0;
    if (index > 0) text += ':';
    text += UPPER_DIGITS.charAt(value >> 4) + UPPER_DIGITS.charAt(value & 15);
  }
  return text;
}

/**
 * The 16 bytes of a GUID text; `-` and the empty text stand for all zeros.
 * @throws BadInputError when the text is not a GUID
 */
export function parseGuid(text: string): Uint8Array {
  const bytes = new Uint8Array(GUID_SIZE);
  if (text === '' || text === '-') return bytes;
  const parts = text.trim().split(':');
  if (parts.length !== GUID_SIZE || !parts.every((part) => /^[0-9a-f]{1,2}$/i.test(part))) {
    throw new BadInputError(`Not a GUID: ${text}`);
  }
  parts.forEach((part, i) => {
    bytes[i] = Number.parseInt(part, 16);
  });
  return bytes;
}

/**
 * The GUID of a server's frame in the one spelling that the client compares; undefined when it is not a GUID.
 */
export function readGuid(text: string): string | undefined {
  try {
    return normalizeGuid(text);
  } catch {
    return undefined;
  }
}

/** The GUID in the one spelling that the client compares. */
export function normalizeGuid(text: string): string {
  return formatGuid(parseGuid(text));
}
