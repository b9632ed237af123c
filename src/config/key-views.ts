/**
 * Everything besides the settings that is made from the table of keys: the description that `check` prints,
 * the documentation's table, and the schema for editors.
 */
import { type ConfigKey, IGNORED_KEYS, KEYS_BY_NAME } from './config-keys.ts';
import type { JsonSchema, Shown } from './key-types.ts';
import { type Settings, settingOf } from './settings.ts';

/**
 * The settings in force, by the keys of the configuration. Leaves out unset settings that have no
 * `unsetText`.
 */
export function describeSettings(settings: Settings): Record<string, Shown> {
  const shown: Record<string, Shown> = {};
  for (const [name, { type, setting, unsetText }] of KEYS_BY_NAME) {
    const value = settingOf(settings, setting);
    if (value !== undefined) shown[name] = type.show?.(value) ?? (value as Shown);
    else if (unsetText !== undefined) shown[name] = unsetText;
  }
  return shown;
}

/** The reference table of all keys as Markdown. */
export function formatReferenceTable(): string {
  const rows = [...KEYS_BY_NAME.values()].map((key) => {
    const cells = [`\`${key.key}\``, key.type.expected, defaultCell(key), key.meaning];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| key | type, range | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function defaultCell({ default: raw, defaultText }: ConfigKey): string {
  if (defaultText !== undefined) return defaultText;
  return raw === undefined ? '–' : `\`${raw}\``;
}

type Properties = Record<string, JsonSchema>;

/**
 * The JSON Schema (draft 7) of a configuration in JSON, for editors. With it they complete keys, show their
 * meanings, and mark what the driver would refuse or would not know.
 */
export function configSchema(): JsonSchema {
  const properties: Properties = {};
  for (const name of IGNORED_KEYS) properties[name] = { description: 'Accepted, without effect.' };
  for (const key of KEYS_BY_NAME.values()) {
    place(properties, key.key, keySchema(key));
    for (const alias of key.aliases ?? []) {
      const description = `Other name of ${key.key}.`;
      place(properties, alias, { ...key.type.schema, description, deprecated: true });
    }
  }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of vscpl2drv-websocksrv',
    ...group(properties),
    required: [...KEYS_BY_NAME.values()].filter(({ needed }) => needed).map(({ key }) => key),
  };
}

function group(properties: Properties): JsonSchema {
  return { type: 'object', properties, additionalProperties: false };
}

function keySchema({ type, meaning, default: raw }: ConfigKey): JsonSchema {
  const fallback = raw === undefined || typeof raw === 'function' ? {} : { default: raw };
  return { ...type.schema, description: meaning, ...fallback };
}

function place(properties: Properties, name: string, schema: JsonSchema): void {
  const [first = name, member] = name.split('.');
  if (member === undefined) {
    properties[first] = schema;
    return;
  }
  properties[first] ??= group({});
  (properties[first].properties as Properties)[member] = schema;
}
