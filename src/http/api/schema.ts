import { isObject } from '../../core/values.ts';

/**
 * The part of JSON Schema (2020-12, as in OpenAPI 3.1) that describes the API and that the checks understand.
 */
export interface Schema {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null' | readonly string[];
  description?: string;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  pattern?: string;
  enum?: readonly (string | number)[];
  /** One shape of object, or a list of them. */
  oneOf?: readonly Schema[];
  /** A schema of the document's components; only for answers, which are not checked. */
  $ref?: string;
  additionalProperties?: Schema;
}

/** What is wrong with a value: where, and what was expected there. */
export interface Fault {
  /** `data[3]`; empty for the value as a whole. */
  at: string;
  expected: string;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function isOfType(value: unknown, { type }: Schema): boolean {
  if (type === undefined) return true;
  const found = typeOf(value);
  return [type].flat().some((each) => each === found || (each === 'integer' && Number.isInteger(value)));
}

function expectedBy({ type, minimum, maximum, maxItems, maxLength, enum: words }: Schema): string {
  if (words !== undefined) return `one of ${words.join(', ')} expected`;
  const name = type === 'integer' ? 'whole number' : [type].flat().join(' or ');
  if (minimum !== undefined && maximum !== undefined) return `${name} from ${minimum} to ${maximum} expected`;
  if (maxItems !== undefined) return `${name} of at most ${maxItems} items expected`;
  return maxLength === undefined ? `${name} expected` : `${name} of at most ${maxLength} characters expected`;
}

function isWithin(value: unknown, schema: Schema): boolean {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
  if (schema.enum !== undefined && !schema.enum.includes(value as string)) return false;
  if (typeof value === 'number') return value >= minimum && value <= maximum;
  if (typeof value === 'string') {
    const isShort = value.length <= (schema.maxLength ?? Number.POSITIVE_INFINITY);
    return isShort && (schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(value));
  }
  if (!Array.isArray(value)) return true;
  return value.length >= (schema.minItems ?? 0) && value.length <= (schema.maxItems ?? value.length);
}

/**
 * What is wrong with a value by its schema; undefined when nothing is. Undescribed properties are allowed.
 */
export function findFault(value: unknown, schema: Schema, at = ''): Fault | undefined {
  if (schema.oneOf !== undefined) {
    const branch = schema.oneOf.find((each) => isOfType(value, each));
    return branch === undefined
      ? { at, expected: schema.oneOf.map(expectedBy).join(', or ') }
      : findFault(value, branch, at);
  }
  if (!isOfType(value, schema) || !isWithin(value, schema)) return { at, expected: expectedBy(schema) };
  if (Array.isArray(value) && schema.items !== undefined) {
    for (const [index, item] of value.entries()) {
      const fault = findFault(item, schema.items, `${at}[${index}]`);
      if (fault !== undefined) return fault;
    }
  }
  return isObject(value) ? faultOfProperties(value, schema, at) : undefined;
}

function faultOfProperties(value: Record<string, unknown>, schema: Schema, at: string): Fault | undefined {
  const { properties = {}, required = [] } = schema;
  for (const [name, property] of Object.entries(properties)) {
    const place = at === '' ? name : `${at}.${name}`;
    const isGiven = Object.hasOwn(value, name);
    if (!isGiven && !required.includes(name)) continue;
    const fault = isGiven
      ? findFault(value[name], property, place)
      : { at: place, expected: expectedBy(property) };
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const NUMBER = /^(?:0x[0-9a-f]{1,12}|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/i;

/** The value that a text in a query stands for. */
export function valueOfText(text: string, { type }: Schema): unknown {
  if (type !== 'integer' && type !== 'number') return text;
  return NUMBER.test(text) ? Number(text) : text;
}
