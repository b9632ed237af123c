import { isObject } from '../core/values.ts';

/** A value in a decoded configuration or user document, JSON or XML. Objects have no prototype. */
export type RawValue = string | number | boolean | null | RawValue[] | RawObject;

export interface RawObject {
  [key: string]: RawValue;
}

/** Lines of values in the text, by key path (`tls/cert`, `interface/0`); lines count from 1. */
export type LineMap = Map<string, number>;

export interface RawDocument {
  form: 'json' | 'xml';
  /** Name of the root element; empty for JSON. */
  rootName: string;
  root: RawValue;
  lines: LineMap;
  /** Key paths that occur twice in one JSON object. */
  repeated: string[];
}

export type DocumentResult =
  | { ok: true; value: RawDocument }
  | { ok: false; reason: string; line?: number; column?: number };

/** Nesting beyond this is refused; real documents need four levels. */
export const MAX_DOCUMENT_DEPTH = 32;

export function isRawObject(value: RawValue | undefined): value is RawObject {
  return isObject(value);
}

export function newRawObject(): RawObject {
  return Object.create(null) as RawObject;
}

/** The line of a key path, or that of the nearest enclosing value. */
export function lineOf(lines: LineMap, path: readonly (string | number)[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const line = lines.get(path.slice(0, length).join('/'));
    if (line !== undefined) return line;
  }
  return undefined;
}

/** Hides what may be a vscp key, because people write the key itself in place of the path of its file. */
export function hideKeys(text: string): string {
  return text.replace(/[0-9a-fA-F]{32,}/g, (digits) => `(${digits.length} hex digits)`);
}

const MAX_SHOWN = 60;

/** A value as messages show it: short and on one line. */
export function showFound(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = hideKeys(JSON.stringify(value));
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
