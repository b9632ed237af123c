import type * as z from 'zod';
import type { LineMap, RawDocument, RawObject, RawValue } from './document.ts';
import { isRawObject, lineOf, newRawObject } from './document.ts';
import { configSchema } from './schema.ts';
import { type KeyDoc, keyDocs } from './schema-keys.ts';

/** Other names of keys: of the C++ driver, and (`ssl-…` on) root attributes of older level II drivers. */
const ALIASES: Record<string, string> = {
  'max-out-queue': 'max-outgoing-queue-size',
  'max-in-queue': 'max-incoming-queue-size',
  'tls.certificate': 'tls.cert',
  'enable-debug': 'debug',
  'enable-write': 'write',
  'vscp-key-file': 'key-file',
  'ssl-certificate': 'tls.cert',
  'ssl-key': 'tls.key',
  'ssl-private-key': 'tls.key',
  'ssl-ca-file': 'tls.ca',
};

/** Keys of files for the C++ driver without effect here. */
const IGNORED = new Set(['encryption', 'filter', 'mongoose-debug']);

export interface NamedConfig {
  /** The known keys under their own names, XML texts converted; ready for the schema. */
  values: RawObject;
  /** Unknown keys and keys given twice, with their lines. */
  notes: { key: string; line: number | undefined; text: string }[];
  /** Line of a key under its own name. */
  line(path: readonly (string | number)[]): number | undefined;
}

type Shape = Record<string, z.ZodType>;

/** Resolves aliases, sorts out what is unknown and converts the texts of XML. */
export function nameKeys(document: RawDocument): NamedConfig {
  const lines: LineMap = new Map(document.lines);
  const result: NamedConfig = {
    values: newRawObject(),
    notes: document.repeated.map((path) => ({
      key: path.replaceAll('/', '.'),
      line: document.lines.get(path),
      text: 'given twice, the last one counts',
    })),
    line: (path) => lineOf(lines, path),
  };
  const root = isRawObject(document.root) ? document.root : newRawObject();
  const asText = document.form === 'xml';
  // Own names go last, so that they win over aliases.
  const names = Object.keys(root).sort((a, b) => Number(isOwnName(a)) - Number(isOwnName(b)));
  for (const name of names) takeKey(name, root[name] ?? null, { result, lines, asText });
  return result;
}

interface Taking {
  result: NamedConfig;
  lines: LineMap;
  asText: boolean;
}

function takeKey(name: string, value: RawValue, taking: Taking): void {
  const group = groupShape(name);
  const content = group !== undefined && taking.asText && value === '' ? newRawObject() : value;
  if (group === undefined || !isRawObject(content)) {
    place(name, content, taking);
    return;
  }
  // An alias at the top level may have begun the group already.
  place(name, taking.result.values[name] ?? newRawObject(), taking);
  const isMember = (member: string): number => Number(Object.hasOwn(group, member));
  const members = Object.keys(content).sort((a, b) => isMember(a) - isMember(b));
  for (const member of members) place(`${name}.${member}`, content[member] ?? null, taking);
}

/** Puts a value to where its key, or the key it is an alias of, belongs. */
function place(given: string, value: RawValue, taking: Taking): void {
  if (IGNORED.has(given)) return;
  const name = Object.hasOwn(ALIASES, given) ? (ALIASES[given] ?? given) : given;
  const schema = schemaOf(name);
  const line = taking.lines.get(given.replaceAll('.', '/'));
  if (schema === undefined) {
    taking.result.notes.push({ key: given, line, text: `unknown key, ignored${nearestHint(given)}` });
    return;
  }
  const path = name.split('.');
  if (line !== undefined) taking.lines.set(path.join('/'), line);
  const kind = keyDocs.get(schema)?.kind;
  const [leaf = name] = path.slice(-1);
  ownerOf(taking.result.values, path)[leaf] =
    taking.asText && kind !== undefined ? fromText(value, kind) : value;
}

function ownerOf(values: RawObject, path: readonly string[]): RawObject {
  const [group] = path;
  if (group === undefined || path.length === 1) return values;
  const present = values[group];
  if (isRawObject(present)) return present;
  const created = newRawObject();
  values[group] = created;
  return created;
}

const BOOLEANS: Record<string, boolean> = {
  true: true,
  1: true,
  yes: true,
  false: false,
  0: false,
  no: false,
};

/** What an XML text means for a key of that kind; left as it is when it means nothing. */
function fromText(value: RawValue, kind: KeyDoc['kind']): RawValue {
  if (typeof value !== 'string') return value;
  if (kind === 'bool') return BOOLEANS[value.toLowerCase()] ?? value;
  if (kind === 'number') return /^[+-]?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;
  return value;
}

function groupShape(name: string): Shape | undefined {
  if (!Object.hasOwn(configSchema.shape, name)) return undefined;
  if (name === 'tls') return configSchema.shape.tls.unwrap().shape;
  return name === 'logging' ? configSchema.shape.logging.unwrap().shape : undefined;
}

/** The schema of a key by its dotted name, undefined when there is no such key. */
export function schemaOf(name: string): z.ZodType | undefined {
  const [first = '', second] = name.split('.');
  const shape: Shape | undefined = second === undefined ? configSchema.shape : groupShape(first);
  const key = second ?? first;
  return shape !== undefined && Object.hasOwn(shape, key) ? shape[key] : undefined;
}

/** All keys by their dotted names, in the order of the schema; groups are replaced by their members. */
export function allKeyNames(): string[] {
  return Object.keys(configSchema.shape).flatMap((name) => {
    const group = groupShape(name);
    return group === undefined ? [name] : Object.keys(group).map((member) => `${name}.${member}`);
  });
}

function isOwnName(name: string): boolean {
  return schemaOf(name) !== undefined;
}

function nearestHint(given: string): string {
  const [leaf = given] = given.split('.').slice(-1);
  let best = '';
  let bestDistance = Math.max(2, Math.floor(leaf.length / 3)) + 0.75;
  for (const name of allKeyNames()) {
    // A member of a group that stands at the top level is near as well.
    const [member = name] = name.split('.').slice(-1);
    const distance = Math.min(
      editDistance(given, name),
      editDistance(leaf, member) + (name === given ? 0 : 0.5),
    );
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best === '' ? '' : `; did you mean "${best}"?`;
}

/** Least number of letters to insert, delete or replace that turns one word into the other. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
