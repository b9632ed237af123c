import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { CONFIG_LOG_LEVELS, type ConfigLogLevel } from '../logging/logger.ts';
import type { FilterMask } from '../vscp/filter.ts';
import { formatFilterText, parseRxFilter } from '../vscp/filter-text.ts';
import type { RawValue } from './document.ts';
import { formatListenAddress, type ListenAddress, parseListenAddress } from './listen-address.ts';

/** A value as `check` prints it. */
export type Shown = string | number | boolean | string[];

/** The part of JSON Schema (draft 7) that the configuration needs. */
export interface JsonSchema {
  type?: 'boolean' | 'integer' | 'number' | 'string' | 'array' | 'object';
  enum?: readonly string[];
  minimum?: number;
  maximum?: number;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  [annotation: string]: unknown;
}

/** What a value of the file means; `undefined` = the same as leaving the key out. */
export type ReadValue<T> =
  | { ok: true; value: T | undefined }
  /** `expected` says more than the type's own text; `item` is the index of the bad item in a list. */
  | { ok: false; expected?: string; item?: number };

/** What a path leads to. A `readable-file` must exist; otherwise the driver does not open. */
export type PathKind = 'readable-file' | 'file' | 'folder';

/** How the values of a key are written, checked and shown, and how an editor offers them. */
export interface KeyType<T> {
  /** Column "type, range" of the documentation; messages use it after "expected". */
  expected: string;
  schema: JsonSchema;
  /** @param baseDir folder that relative paths start from */
  read(value: RawValue, baseDir: string): ReadValue<T>;
  /** Converts a text of XML to the value; without this function, the value is the text itself. */
  fromText?: (text: string) => RawValue;
  /** The setting in the form of the file; without this function, that is the setting itself. */
  show?(setting: T): Shown;
  path?: PathKind;
}

const WRONG = { ok: false } as const;

function good<T>(value: T | undefined): ReadValue<T> {
  return { ok: true, value };
}

const BOOLEANS = new Map([
  ...['true', '1', 'yes'].map((word) => [word, true] as const),
  ...['false', '0', 'no'].map((word) => [word, false] as const),
]);

/** True or false. */
export function flag(): KeyType<boolean> {
  return {
    expected: 'true or false',
    schema: { type: 'boolean' },
    read: (value) => (typeof value === 'boolean' ? good(value) : WRONG),
    fromText: (text) => BOOLEANS.get(text.toLowerCase()) ?? text,
  };
}

function numberFromText(text: string): RawValue {
  return /^[+-]?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
}

/** A whole number within bounds. */
export function whole(minimum: number, maximum: number): KeyType<number> {
  return {
    expected: `a whole number from ${minimum} to ${maximum}`,
    schema: { type: 'integer', minimum, maximum },
    read: (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum
        ? good(value)
        : WRONG,
    fromText: numberFromText,
  };
}

/** A whole number, or `auto`. */
export function wholeOrAuto(minimum: number, maximum: number): KeyType<number | 'auto'> {
  const number = whole(minimum, maximum);
  return {
    expected: `auto or ${number.expected}`,
    schema: { anyOf: [{ enum: ['auto'] }, number.schema] },
    read: (value, baseDir) =>
      typeof value === 'string' && value.trim().toLowerCase() === 'auto'
        ? good('auto')
        : number.read(value, baseDir),
    fromText: numberFromText,
  };
}

/** Seconds in the file (fractions allowed), milliseconds in the settings. */
export function seconds(minimum: number, maximum: number): KeyType<number> {
  return {
    expected: `a number of seconds from ${minimum} to ${maximum}`,
    schema: { type: 'number', minimum, maximum },
    read: (value) =>
      typeof value === 'number' && value >= minimum && value <= maximum
        ? good(Math.round(value * 1000))
        : WRONG,
    fromText: numberFromText,
    show: (ms) => ms / 1000,
  };
}

/** One of a few words, in any case; `aliases` are other spellings of them. */
export function choice<const T extends string>(
  words: readonly T[],
  aliases: Readonly<Record<string, T>> = {},
): KeyType<T> {
  const meanings = new Map([
    ...words.map((word) => [word as string, word] as const),
    ...Object.entries(aliases),
  ]);
  return {
    expected: `one of ${words.join(', ')}`,
    schema: { enum: [...meanings.keys()] },
    read: (value) => {
      const meant = typeof value === 'string' ? meanings.get(value.trim().toLowerCase()) : undefined;
      return meant === undefined ? WRONG : good(meant);
    },
  };
}

/** A log level; accepts the longer spellings of the C++ driver as well. */
export function level(): KeyType<ConfigLogLevel> {
  return choice(CONFIG_LOG_LEVELS, { error: 'err', warning: 'warn' });
}

/** Any text. */
export function text(): KeyType<string> {
  return {
    expected: 'a text',
    schema: { type: 'string' },
    read: (value) => (typeof value === 'string' ? good(value) : WRONG),
  };
}

/** A path, absolute in the settings. An empty text means no path, as in files for the C++ driver. */
export function path(kind: PathKind, expected: string): KeyType<string> {
  return {
    expected,
    schema: { type: 'string' },
    path: kind,
    read: (value, baseDir) => {
      if (typeof value !== 'string' || value.includes('\0')) return WRONG;
      return good(value.trim() === '' ? undefined : resolve(baseDir, value.trim()));
    },
  };
}

/** The path of a URL; a leading `/` is added, a trailing one removed. */
export function endpoint(): KeyType<string> {
  return {
    expected: 'a URL path',
    schema: { type: 'string' },
    read: (value) => {
      if (typeof value !== 'string') return WRONG;
      const url = `/${value.trim().replace(/^\/+|\/+$/g, '')}`;
      return /^\/[\w.~!$&'()*+,;=:@%/-]*$/.test(url)
        ? good(url)
        : { ok: false, expected: 'a URL path like /ws1' };
    },
  };
}

const LIST_SCHEMA: JsonSchema = { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] };

/** A list, or one text in which commas separate the items. Each item is accepted by `isGood`. */
export function list(expected: string, isGood: (item: string) => boolean): KeyType<string[]> {
  return {
    expected,
    schema: LIST_SCHEMA,
    read: (value) => {
      const items = itemsOf(value);
      return items?.every(isGood) ? good(items) : WRONG;
    },
  };
}

function itemsOf(value: RawValue): string[] | undefined {
  const items = typeof value === 'string' ? value.split(',') : value;
  if (!Array.isArray(items) || !items.every((item) => typeof item === 'string')) return undefined;
  return items.map((item) => item.trim()).filter((item) => item !== '');
}

export function isServerName(item: string): boolean {
  return item === '*' || /^[\w-]+(?:\.[\w-]+)*\.?$/.test(item);
}

export function isAddressOrNet(item: string): boolean {
  const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(item) ?? [];
  const version = isIP(address);
  return version !== 0 && (bits === undefined || Number(bits) <= (version === 4 ? 32 : 128));
}

/** One address to listen on; an empty text means none. */
export function listenAddress(): KeyType<ListenAddress> {
  return {
    expected: 'a listen address',
    schema: { type: 'string' },
    read: (value) => {
      if (typeof value !== 'string') return WRONG;
      if (value.trim() === '') return good<ListenAddress>(undefined);
      const parsed = parseListenAddress(value);
      return parsed.ok
        ? good(parsed.value)
        : { ok: false, expected: 'an address like http://127.0.0.1:9884' };
    },
    show: formatListenAddress,
  };
}

/** Addresses to listen on, at least one. */
export function listenAddresses(): KeyType<ListenAddress[]> {
  return {
    expected: 'text or list of listen addresses',
    schema: LIST_SCHEMA,
    read: (value) => {
      const items = itemsOf(value);
      if (items === undefined) return WRONG;
      if (items.length === 0) return { ok: false, expected: 'at least one address' };
      const addresses: ListenAddress[] = [];
      for (const [item, given] of items.entries()) {
        const parsed = parseListenAddress(given);
        if (!parsed.ok) {
          const expected = 'an address like ws://localhost:8884, wss://[::1]:9000 or 0.0.0.0:8884';
          return items.length === 1 ? { ok: false, expected } : { ok: false, expected, item };
        }
        addresses.push(parsed.value);
      }
      return good(addresses);
    },
    show: (addresses) => addresses.map(formatListenAddress),
  };
}

const FILTER_FORM = 'priority,class,type,guid,priority-mask,class-mask,type-mask,guid-mask';

/** A filter and its mask in one text. */
export function eventFilter(): KeyType<FilterMask> {
  return {
    expected: 'filter text',
    schema: { type: 'string' },
    read: (value) => {
      if (typeof value !== 'string') return WRONG;
      const parsed = parseRxFilter(value);
      return parsed.ok ? good(parsed.value) : { ok: false, expected: `"${FILTER_FORM}" (${parsed.reason})` };
    },
    show: showFilter,
  };
}

function showFilter(filter: FilterMask): string {
  const values = formatFilterText({
    priority: filter.filterPriority,
    class: filter.filterClass,
    type: filter.filterType,
    guid: filter.filterGuid,
  });
  const mask = formatFilterText({
    priority: filter.maskPriority,
    class: filter.maskClass,
    type: filter.maskType,
    guid: filter.maskGuid,
  });
  return `${values};${mask}`;
}
