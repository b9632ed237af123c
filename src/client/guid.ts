import { BadInputError } from './errors.ts';

/** A GUID of all zeros; the server puts its own in its place. */
export const ZERO_GUID = '00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00';

/** 16 bytes, most significant first, as upper-case hex with colons. */
export function formatGuid(bytes: ArrayLike<number>): string {
  return Array.from({ length: 16 }, (_, i) => (bytes[i] ?? 0).toString(16).padStart(2, '0'))
    .join(':')
    .toUpperCase();
}

/**
 * The 16 bytes of a GUID text; `-` and the empty text stand for all zeros.
 * @throws BadInputError when the text is none
 */
export function parseGuid(text: string): Uint8Array {
  const bytes = new Uint8Array(16);
  if (text === '' || text === '-') return bytes;
  const parts = text.trim().split(':');
  if (parts.length !== 16 || !parts.every((part) => /^[0-9a-f]{1,2}$/i.test(part))) {
    throw new BadInputError(`Not a GUID: ${text}`);
  }
  parts.forEach((part, i) => {
    bytes[i] = Number.parseInt(part, 16);
  });
  return bytes;
}

/** The GUID of a server's frame in the one spelling that this client compares by; undefined when it is none. */
export function readGuid(text: string): string | undefined {
  try {
    return normalizeGuid(text);
  } catch {
    return undefined;
  }
}

/** The GUID in the one spelling that this client compares by. */
export function normalizeGuid(text: string): string {
  return formatGuid(parseGuid(text));
}
