import { parseUint } from './number-text.ts';

/**
 * The object's own value under the first of these keys that has one. Undefined when there is none or it is
 * null, since clients send null for "not given".
 */
export function ownValue(object: object, ...keys: readonly string[]): unknown {
  for (const key of keys) {
    if (!Object.hasOwn(object, key)) continue;
    const value = (object as Record<string, unknown>)[key];
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

/** Reads a number or numeric text of at most `max` (below 2^52); -1 when it is none or larger. */
export function jsonUint(value: unknown, max: number): number {
  if (typeof value === 'string') return parseUint(value, max);
  // Adding zero turns -0 into 0.
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max ? value + 0 : -1;
}
