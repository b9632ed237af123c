import { IGNORED_KEYS, KEYS_BY_NAME } from './config-keys.ts';
import type { LineMap, RawDocument, RawValue } from './document.ts';
import { isRawObject, lineOf, newRawObject, showFound } from './document.ts';

export interface NamedConfig {
  /** Values of the known keys, by the keys' own names; texts of XML are converted. */
  values: Map<string, RawValue>;
  /** Unknown keys and keys given twice. */
  notes: Note[];
  /** Names of groups whose values are not groups. */
  problems: Note[];
  /** The line of a key, by its own name; `item` is an index in its list. */
  line(key: string, item?: number): number | undefined;
}

interface Note {
  key: string;
  line: number | undefined;
  text: string;
}

const ALIASES: ReadonlyMap<string, string> = new Map(
  [...KEYS_BY_NAME.values()].flatMap(({ key, aliases = [] }) =>
    aliases.map((alias) => [alias, key] as const),
  ),
);

/** Names of groups: the part before the dot in a key's name. */
const GROUPS: ReadonlySet<string> = new Set(
  [...KEYS_BY_NAME.keys()].filter((name) => name.includes('.')).map((name) => name.split('.')[0] ?? name),
);

/** Resolves aliases, sorts out unknown keys, and converts the texts of XML. */
export function nameKeys(document: RawDocument): NamedConfig {
  const lines: LineMap = new Map(document.lines);
  const config: NamedConfig = {
    values: new Map(),
    notes: document.repeated.map((path) => ({
      key: path.replaceAll('/', '.'),
      line: document.lines.get(path),
      text: 'given twice, the last one counts',
    })),
    problems: [],
    line: (key, item) => lineOf(lines, [...key.split('.'), ...(item === undefined ? [] : [item])]),
  };
  const asText = document.form === 'xml';
  for (const [name, value] of givenKeys(document, config)) {
    place(name, value, { config, lines, asText });
  }
  return config;
}

/**
 * All keys of the document, as named there. Keys under their own names come last, so that they override
 * aliases.
 */
function givenKeys({ root, form }: RawDocument, config: NamedConfig): [name: string, value: RawValue][] {
  const given = Object.entries(isRawObject(root) ? root : {}).flatMap(
    ([name, value]): [string, RawValue][] => {
      if (!GROUPS.has(name)) return [[name, value]];
      // An element without attributes and children is an empty group.
      const group = form === 'xml' && value === '' ? newRawObject() : value;
      if (isRawObject(group)) {
        return Object.entries(group).map(([member, content]) => [`${name}.${member}`, content]);
      }
      const text = `found ${showFound(value)}, expected a group of keys`;
      config.problems.push({ key: name, line: config.line(name), text });
      return [];
    },
  );
  return given.sort(([a], [b]) => Number(KEYS_BY_NAME.has(a)) - Number(KEYS_BY_NAME.has(b)));
}

interface Taking {
  config: NamedConfig;
  lines: LineMap;
  asText: boolean;
}

/** Stores a value under its key, or under the key that its name is an alias of. */
function place(given: string, value: RawValue, { config, lines, asText }: Taking): void {
  if (IGNORED_KEYS.has(given)) return;
  const name = ALIASES.get(given) ?? given;
  const key = KEYS_BY_NAME.get(name);
  const line = lines.get(given.replaceAll('.', '/'));
  if (key === undefined) {
    config.notes.push({ key: given, line, text: `unknown key, ignored${nearestHint(given)}` });
    return;
  }
  if (line !== undefined) lines.set(name.replaceAll('.', '/'), line);
  const { fromText } = key.type;
  config.values.set(name, asText && typeof value === 'string' && fromText ? fromText(value) : value);
}

function nearestHint(given: string): string {
  const [leaf = given] = given.split('.').slice(-1);
  let best = '';
  let bestDistance = Math.max(2, Math.floor(leaf.length / 3)) + 0.75;
  for (const name of KEYS_BY_NAME.keys()) {
    // A group's member that was written at the top level is near as well.
    const [member = name] = name.split('.').slice(-1);
    const distance = Math.min(
      editDistance(given, name),
      editDistance(leaf, member) + (name === given ? 0 : 0.5),
    );
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best === '' ? '' : `; did you mean "${best}"?`;
}

/** The smallest number of letters to insert, delete or replace that turns one word into the other. */
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
