import type { RawObject, RawValue } from './document.ts';
import { isRawObject } from './document.ts';
import type { NamedConfig } from './key-names.ts';
import { schemaOf } from './key-names.ts';
import { type ConfigValues, configSchema } from './schema.ts';
import { keyDocs } from './schema-keys.ts';

export interface Problem {
  /** Dotted name of the key. */
  key: string;
  /** Line in the text, from 1. */
  line: number | undefined;
  /** "found …, expected …". */
  text: string;
}

export interface Validated {
  /** Defaults stand in for what was wrong. */
  values: ConfigValues;
  problems: Problem[];
  /** First parts of the keys that were wrong: nothing further can be said of them. */
  wrong: Set<string>;
}

/** Checks all keys against the schema and reports every fault. */
export function validate(config: NamedConfig): Validated {
  const problems: Problem[] = [];
  const wrong = new Set<string>();
  const first = configSchema.safeParse(config.values);
  if (first.success) return { values: first.data, problems, wrong };
  for (const issue of first.error.issues) {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
    const name = path.filter((part) => typeof part === 'string').join('.');
    const found = showFound(valueAt(config.values, path));
    const schema = schemaOf(name);
    const custom = issue.code === 'custom' && issue.message !== 'Invalid input' ? issue.message : undefined;
    const expected =
      custom ?? (schema === undefined ? undefined : keyDocs.get(schema)?.expected) ?? issue.message;
    problems.push({ key: name, line: config.line(path), text: `found ${found}, expected ${expected}` });
    wrong.add(name);
  }
  return { values: configSchema.parse(without(config.values, wrong)), problems, wrong };
}

function valueAt(values: RawObject, path: readonly (string | number)[]): RawValue | undefined {
  let value: RawValue | undefined = values;
  for (const part of path) {
    if (Array.isArray(value) && typeof part === 'number') value = value[part];
    else if (isRawObject(value)) value = value[part];
  }
  return value;
}

function without(values: RawObject, names: ReadonlySet<string>): RawObject {
  const kept = Object.entries(values).filter(([name]) => !names.has(name));
  return Object.fromEntries(
    kept.map(([name, value]) => [
      name,
      isRawObject(value)
        ? Object.fromEntries(Object.entries(value).filter(([member]) => !names.has(`${name}.${member}`)))
        : value,
    ]),
  );
}

/** Hides what may be a vscp key: people put the key itself where the path of its file belongs. */
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
