import { type ConfigKey, IGNORED_KEYS, KEYS_BY_NAME } from './config-keys.ts';
import type { JsonSchema } from './key-types.ts';

type Properties = Record<string, JsonSchema>;

/**
 * The JSON Schema (draft 7) of a configuration in JSON, for editors: they complete the keys, show what they mean
 * and mark what the driver would refuse or not know.
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
