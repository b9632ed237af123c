import * as z from 'zod';
import { CONFIG_LOG_LEVELS } from '../logging/logging-settings.ts';

/** How a value is written; XML texts are converted by it. */
export type KeyKind = 'bool' | 'number' | 'text' | 'path' | 'list' | 'group';

/** What the reference table and the messages say of a key. */
export interface KeyDoc {
  kind: KeyKind;
  /** Column "type, range"; also what a message names as expected. */
  expected: string;
  /** Column "default"; empty = none. */
  fallback: string;
  description: string;
}

export const keyDocs = z.registry<KeyDoc>();

type Doc = Pick<KeyDoc, 'description'> & Partial<KeyDoc>;

/** A key that is true or false. */
export function flag(fallback: boolean, description: string) {
  const doc: KeyDoc = { kind: 'bool', expected: 'true or false', fallback: String(fallback), description };
  return z.boolean().default(fallback).register(keyDocs, doc);
}

/** A key with a whole number within bounds. */
export function whole(min: number, max: number, fallback: number, description: string) {
  const doc: KeyDoc = {
    kind: 'number',
    expected: `a whole number from ${min} to ${max}`,
    fallback: String(fallback),
    description,
  };
  return z.int().min(min).max(max).default(fallback).register(keyDocs, doc);
}

/** Seconds in the file (fractions allowed), milliseconds in the settings. */
export function seconds(min: number, max: number, fallback: number, description: string) {
  const doc: KeyDoc = {
    kind: 'number',
    expected: `a number of seconds from ${min} to ${max}`,
    fallback: String(fallback),
    description,
  };
  const toMs = (value: number): number => Math.round(value * 1000);
  return z.number().min(min).max(max).default(fallback).transform(toMs).register(keyDocs, doc);
}

/** A key with one of a few words, in any case. */
export function choice<const T extends readonly [string, ...string[]]>(
  values: T,
  fallback: T[number],
  description: string,
) {
  const doc: KeyDoc = { kind: 'text', expected: oneOf(values), fallback, description };
  const lower = z.string().transform((text) => text.trim().toLowerCase());
  // zod types the default by the literals; the tuple's element type is the same thing.
  return lower.default(fallback).pipe(z.enum(values)).register(keyDocs, doc);
}

/** A key with a log level; unset = that of `log-level`. */
export function level(fallback: string, description: string) {
  const doc: KeyDoc = { kind: 'text', expected: oneOf(CONFIG_LOG_LEVELS), fallback, description };
  const read = z
    .string()
    .transform((text) => LEVEL_ALIASES[text.trim().toLowerCase()] ?? text.trim().toLowerCase());
  return read.pipe(z.enum(CONFIG_LOG_LEVELS)).optional().register(keyDocs, doc);
}

/** Longer spellings that the C++ driver takes as well. */
const LEVEL_ALIASES: Record<string, string> = { error: 'err', warning: 'warn' };

/** A path; an empty text is the same as leaving the key out, as files for the C++ driver have it. */
export function path(expected: string, description: string, fallback = '') {
  const doc: KeyDoc = { kind: 'path', expected, fallback, description };
  const read = z.string().refine((text) => !text.includes('\0'));
  return read
    .transform((text) => (text.trim() === '' ? undefined : text.trim()))
    .optional()
    .register(keyDocs, doc);
}

/** A key with any text. */
export function text(fallback: string, doc: Doc) {
  const full: KeyDoc = { kind: 'text', expected: 'a text', fallback, ...doc };
  return z.string().default(fallback).register(keyDocs, full);
}

/** One text, or a list of texts; in one text they are separated by commas. */
/** A key with any text. */
export function texts() {
  return z
    .union([z.string().transform((text) => text.split(',')), z.array(z.string())])
    .transform((list) => list.map((item) => item.trim()).filter((item) => item !== ''));
}

function oneOf(values: readonly string[]): string {
  return `one of ${values.join(', ')}`;
}
