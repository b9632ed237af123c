import { MAX_PRIORITY, MAX_UINT16 } from '../core/event.ts';
import { formatGuid } from '../core/guid.ts';
import { isObject } from '../core/values.ts';
import { type Parsed, refused } from './event.ts';
import type { FilterMask } from './filter.ts';
import { NO_GUID, parseGuidText } from './guid.ts';
import { jsonUint, ownValue } from './json-value.ts';
import { parseUint } from './number-text.ts';

/** One half of a pair of filter and mask. */
export interface FilterHalf {
  priority: number;
  class: number;
  type: number;
  guid: Uint8Array;
}

/** Priorities are 0-7, but masks of a whole byte are common. */
const MAX_PRIORITY_MASK = 255;

const ZERO_HALF: FilterHalf = { priority: 0, class: 0, type: 0, guid: NO_GUID };

/** Joins the two halves; only masks may have priority bits beyond the three that exist. */
function filterOfHalves(filter: FilterHalf, mask: FilterHalf): Parsed<FilterMask> {
  if (filter.priority > MAX_PRIORITY) {
    return refused(`priority: a number of 0 to ${MAX_PRIORITY} expected`);
  }
  return {
    ok: true,
    value: {
      filterPriority: filter.priority,
      filterClass: filter.class,
      filterType: filter.type,
      filterGuid: filter.guid,
      maskPriority: mask.priority,
      maskClass: mask.class,
      maskType: mask.type,
      maskGuid: mask.guid,
    },
  };
}

/** Reads up to four fields as one half; missing and empty ones are 0. */
function halfOfFields(fields: readonly string[]): Parsed<FilterHalf> {
  const [priority = 0, vscpClass = 0, type = 0] = [MAX_PRIORITY_MASK, MAX_UINT16, MAX_UINT16].map(
    (max, index) => {
      const field = fields[index]?.trim() ?? '';
      return field === '' ? 0 : parseUint(field, max);
    },
  );
  if (priority < 0) return refused(`priority: a number of 0 to ${MAX_PRIORITY_MASK} expected`);
  if (vscpClass < 0) return refused(`class: a number of 0 to ${MAX_UINT16} expected`);
  if (type < 0) return refused(`type: a number of 0 to ${MAX_UINT16} expected`);
  const guid = parseGuidText(fields[3] ?? '');
  if (!guid.ok) return guid;
  return { ok: true, value: { priority, class: vscpClass, type, guid: guid.value } };
}

/** Reads `priority,class,type,guid`; missing fields are 0, and a GUID of `-` or nothing means all zeros. */
export function parseFilterText(text: string): Parsed<FilterHalf> {
  const fields = text.split(',', 5);
  return fields.length > 4 ? refused('priority,class,type,guid expected') : halfOfFields(fields);
}

/** Reads the two texts of a filter and mask pair, each as `parseFilterText`. */
export function parseFilterPair(filterText: string, maskText: string): Parsed<FilterMask> {
  const filter = parseFilterText(filterText);
  if (!filter.ok) return filter;
  const mask = parseFilterText(maskText);
  return mask.ok ? filterOfHalves(filter.value, mask.value) : mask;
}

/** `priority,class,type,guid` with decimal numbers. */
export function formatFilterText(half: FilterHalf): string {
  return `${half.priority},${half.class},${half.type},${formatGuid(half.guid)}`;
}

/**
 * Reads the configuration's `rx-filter`: `priority,class,type,guid,priority-mask,class-mask,type-mask,guid-mask`,
 * where a `;` may separate filter and mask. Missing fields are 0, so an empty text lets all events pass.
 */
export function parseRxFilter(text: string): Parsed<FilterMask> {
  const [filterText = '', maskText, tooMuch] = text.split(';', 3);
  if (tooMuch !== undefined) return refused('at most one ";" expected');
  if (maskText !== undefined) return parseFilterPair(filterText, maskText);
  const fields = filterText.split(',', 9);
  if (fields.length > 8) return refused('at most eight fields expected');
  const filter = halfOfFields(fields.slice(0, 4));
  if (!filter.ok) return filter;
  const mask = halfOfFields(fields.slice(4));
  return mask.ok ? filterOfHalves(filter.value, mask.value) : mask;
}

/**
 * Reads one half from an object with `prefix` before `priority`, `class`, `type` and `guid`; `base` has the
 * defaults.
 */
function halfOfObject(object: object, prefix: string, base: FilterHalf): Parsed<FilterHalf> {
  const half = { ...base };
  for (const [key, max] of [
    ['priority', MAX_PRIORITY_MASK],
    ['class', MAX_UINT16],
    ['type', MAX_UINT16],
  ] as const) {
    const value = ownValue(object, prefix + key);
    if (value === undefined) continue;
    half[key] = jsonUint(value, max);
    if (half[key] < 0) return refused(`${prefix}${key}: a number of 0 to ${max} expected`);
  }
  const guid = ownValue(object, `${prefix}guid`);
  if (guid === undefined) return { ok: true, value: half };
  const parsed = typeof guid === 'string' ? parseGuidText(guid) : refused(`${prefix}guid: a text expected`);
  return parsed.ok ? { ok: true, value: { ...half, guid: parsed.value } } : parsed;
}

/** Reads one half from `filter` or `mask` (text or object) and from the keys `filter_class`, … */
function halfOfArgs(args: object, name: 'filter' | 'mask'): Parsed<FilterHalf> {
  const whole = ownValue(args, name);
  let half: Parsed<FilterHalf> = { ok: true, value: ZERO_HALF };
  if (typeof whole === 'string') half = parseFilterText(whole);
  else if (isObject(whole)) half = halfOfObject(whole, '', ZERO_HALF);
  else if (whole !== undefined) half = refused(`${name}: a text or an object expected`);
  return half.ok ? halfOfObject(args, `${name}_`, half.value) : half;
}

/**
 * Reads the arguments of the ws2 command SETFILTER: `filter_priority`, `mask_class`, … as numbers or numeric
 * texts, or `filter` and `mask` as texts or objects; when both are given, the single keys win. Missing and
 * null values are 0, but arguments that are not an object are refused.
 */
export function filterFromJson(args: unknown): Parsed<FilterMask> {
  if (!isObject(args)) return refused('args: an object expected');
  const filter = halfOfArgs(args, 'filter');
  if (!filter.ok) return filter;
  const mask = halfOfArgs(args, 'mask');
  return mask.ok ? filterOfHalves(filter.value, mask.value) : mask;
}
