import { KEYS_BY_NAME, type PlacedKey } from './config-keys.ts';
import { type RawValue, showFound } from './document.ts';
import type { NamedConfig } from './key-names.ts';
import type { KeyValues, Settings } from './settings.ts';

export interface Problem {
  /** Name of the key. */
  key: string;
  /** Line in the text, from 1. */
  line?: number | undefined;
  /** "found …, expected …". */
  text: string;
}

export interface ReadSettings {
  /** Defaults replace wrong values; a key that is needed but not given has no value. */
  settings: Settings;
  problems: Problem[];
  /** The keys and groups that were wrong, about which nothing more can be reported. */
  wrong: Set<string>;
}

/**
 * Reads all keys by the table and reports every fault.
 * @param baseDir folder that relative paths start from
 */
export function readSettings(config: NamedConfig, baseDir: string): ReadSettings {
  const problems: Problem[] = [];
  const wrong = new Set(config.problems.map(({ key }) => key));
  const good = new Map<string, { raw: RawValue; value: unknown }>();
  const note = (key: string, item: number | undefined, text: string): void => {
    problems.push({ key, line: config.line(key, item), text });
    wrong.add(key);
  };
  for (const [name, raw] of config.values) {
    const type = KEYS_BY_NAME.get(name)?.type;
    const read = type?.read(raw, baseDir);
    if (type === undefined || read === undefined) continue;
    if (!read.ok) {
      const found = Array.isArray(raw) && read.item !== undefined ? raw[read.item] : raw;
      note(name, read.item, `found ${showFound(found)}, expected ${read.expected ?? type.expected}`);
    } else if (read.value !== undefined) good.set(name, { raw, value: read.value });
  }
  const values: Record<string, unknown> = {};
  for (const [name, key] of KEYS_BY_NAME) {
    if (key.needed && !good.has(name) && !wrong.has(name)) {
      note(name, undefined, `found nothing, expected ${key.type.expected}`);
    }
    const value = good.get(name)?.value ?? defaultOf(key, (other) => good.get(other)?.raw, baseDir);
    put(values, key.setting, value);
  }
  // The cast is right: the mapped type describes the values that the table's entries give.
  return { settings: withTls(values as KeyValues), problems: [...problems, ...config.problems], wrong };
}

function defaultOf(key: PlacedKey, given: (key: string) => RawValue | undefined, baseDir: string): unknown {
  const raw = typeof key.default === 'function' ? key.default(given) : key.default;
  if (raw === undefined) return undefined;
  const read = key.type.read(raw, baseDir);
  return read.ok ? read.value : undefined;
}

function put(values: Record<string, unknown>, [name = '', member]: readonly string[], value: unknown): void {
  if (member !== undefined) {
    values[name] ??= {};
    put(values[name] as Record<string, unknown>, [member], value);
  } else if (value !== undefined) values[name] = value;
}

/**
 * Files for the C++ driver name certificates that they do not use, so `tls` counts only if an interface uses
 * TLS.
 */
function withTls({ tls: { cert = '', key = '', ...more }, ...settings }: KeyValues): Settings {
  if (![...settings.interfaces, settings.metricsInterface].some((address) => address?.secure))
    return settings;
  return { ...settings, tls: { cert, key, ...more } };
}

/** The settings of an empty configuration, without the keys that must be given. */
export function defaultSettings(): Omit<Settings, 'pathUsers'> {
  const nothing: NamedConfig = { values: new Map(), notes: [], problems: [], line: () => undefined };
  return readSettings(nothing, '/').settings;
}
