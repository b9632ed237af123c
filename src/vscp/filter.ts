import { MAX_PRIORITY, MAX_UINT16, priorityOfHead } from '../core/event.ts';
import { formatGuid } from '../core/guid.ts';
import { isObject } from '../core/values.ts';
import { type DriverEvent, type Parsed, refused } from './event.ts';
import { NO_GUID, parseGuidText } from './guid.ts';
import { jsonUint, ownValue } from './json-value.ts';
import { parseUint } from './number-text.ts';

/**
 * A VSCP filter and mask pair. An event passes when `(filter ^ value) & mask` is 0 for the priority
 * (0-7), class, type and each of the 16 GUID bytes.
 */
export interface FilterMask {
  filterPriority: number;
  filterClass: number;
  filterType: number;
  filterGuid: Uint8Array;
  maskPriority: number;
  maskClass: number;
  maskType: number;
  maskGuid: Uint8Array;
}

/** One half of a filter and mask pair. */
export interface FilterHalf {
  priority: number;
  class: number;
  type: number;
  guid: Uint8Array;
}

/** Everything passes. Shared: treat as immutable. */
export const PASS_ALL: FilterMask = {
  filterPriority: 0,
  filterClass: 0,
  filterType: 0,
  filterGuid: NO_GUID,
  maskPriority: 0,
  maskClass: 0,
  maskType: 0,
  maskGuid: NO_GUID,
};

/** Priorities are 0-7, but a mask of a whole byte is common. */
const MAX_PRIORITY_MASK = 255;

/** What a filter makes of priority and GUID, as texts to look up: it lets pass what `originOf` is `originValue` of. */
export interface OriginFilter {
  /** The bits it looks at; the same for filters that look at the same ones. */
  readonly originMask: string;
  /** What it wants these bits to be. */
  readonly originValue: string;
  /** What these bits are in an event. */
  originOf(head: number, guid: Uint8Array): string;
}

/** A filter with its GUID as four 32-bit words, to be asked for every event. */
export interface CompiledFilter extends OriginFilter {
  readonly filter: FilterMask;
  /** Whether `passesRest` is true for every priority and GUID. */
  readonly passesAnyOrigin: boolean;
  passes(event: DriverEvent): boolean;
  /** The part that class and type decide. */
  passesClassType(vscpClass: number, vscpType: number): boolean;
  /** The part that priority and GUID decide. */
  passesRest(head: number, guid: Uint8Array): boolean;
}

/** Bytes `at` to `at + 3` of a GUID as one signed word. */
function wordAt(guid: Uint8Array, at: number): number {
  return (
    ((guid[at] as number) << 24) |
    ((guid[at + 1] as number) << 16) |
    ((guid[at + 2] as number) << 8) |
    (guid[at + 3] as number)
  );
}

/** A text of a priority and the four words of a GUID, two characters each. */
function originText(priority: number, a: number, b: number, c: number, d: number): string {
  const [a0, b0, c0, d0] = [a >>> 16, b >>> 16, c >>> 16, d >>> 16];
  // The lower halves: fromCharCode takes the last 16 bits of each number.
  return String.fromCharCode(priority, a0, a, b0, b, c0, c, d0, d);
}

class WordFilter implements CompiledFilter {
  readonly filter: FilterMask;
  readonly passesAnyOrigin: boolean;
  readonly originMask: string;
  readonly originValue: string;
  readonly #filterClass: number;
  readonly #maskClass: number;
  readonly #filterType: number;
  readonly #maskType: number;
  readonly #filterPriority: number;
  readonly #maskPriority: number;
  readonly #anyGuid: boolean;
  readonly #filterWord0: number;
  readonly #filterWord1: number;
  readonly #filterWord2: number;
  readonly #filterWord3: number;
  readonly #maskWord0: number;
  readonly #maskWord1: number;
  readonly #maskWord2: number;
  readonly #maskWord3: number;

  constructor(filter: FilterMask) {
    this.filter = filter;
    this.#filterClass = filter.filterClass;
    this.#maskClass = filter.maskClass;
    this.#filterType = filter.filterType;
    this.#maskType = filter.maskType;
    this.#filterPriority = filter.filterPriority;
    this.#maskPriority = filter.maskPriority;
    this.#filterWord0 = wordAt(filter.filterGuid, 0);
    this.#filterWord1 = wordAt(filter.filterGuid, 4);
    this.#filterWord2 = wordAt(filter.filterGuid, 8);
    this.#filterWord3 = wordAt(filter.filterGuid, 12);
    this.#maskWord0 = wordAt(filter.maskGuid, 0);
    this.#maskWord1 = wordAt(filter.maskGuid, 4);
    this.#maskWord2 = wordAt(filter.maskGuid, 8);
    this.#maskWord3 = wordAt(filter.maskGuid, 12);
    this.#anyGuid = (this.#maskWord0 | this.#maskWord1 | this.#maskWord2 | this.#maskWord3) === 0;
    this.passesAnyOrigin = this.#anyGuid && filter.maskPriority === 0;
    this.originMask = originText(
      filter.maskPriority,
      this.#maskWord0,
      this.#maskWord1,
      this.#maskWord2,
      this.#maskWord3,
    );
    this.originValue = this.#masked(filter.filterPriority, filter.filterGuid);
  }

  originOf(head: number, guid: Uint8Array): string {
    return this.#masked(priorityOfHead(head), guid);
  }

  #masked(priority: number, guid: Uint8Array): string {
    return originText(
      priority & this.#maskPriority,
      wordAt(guid, 0) & this.#maskWord0,
      wordAt(guid, 4) & this.#maskWord1,
      wordAt(guid, 8) & this.#maskWord2,
      wordAt(guid, 12) & this.#maskWord3,
    );
  }

  passes(event: DriverEvent): boolean {
    return this.passesClassType(event.vscpClass, event.vscpType) && this.passesRest(event.head, event.guid);
  }

  passesClassType(vscpClass: number, vscpType: number): boolean {
    return (
      ((this.#filterClass ^ vscpClass) & this.#maskClass) === 0 &&
      ((this.#filterType ^ vscpType) & this.#maskType) === 0
    );
  }

  passesRest(head: number, guid: Uint8Array): boolean {
    if (((this.#filterPriority ^ priorityOfHead(head)) & this.#maskPriority) !== 0) return false;
    return (
      this.#anyGuid ||
      (((this.#filterWord3 ^ wordAt(guid, 12)) & this.#maskWord3) === 0 &&
        ((this.#filterWord2 ^ wordAt(guid, 8)) & this.#maskWord2) === 0 &&
        ((this.#filterWord1 ^ wordAt(guid, 4)) & this.#maskWord1) === 0 &&
        ((this.#filterWord0 ^ wordAt(guid, 0)) & this.#maskWord0) === 0)
    );
  }
}

/** Lets pass what passes both; `filter` is the first one's. */
export function bothFilters(one: CompiledFilter, other: CompiledFilter): CompiledFilter {
  return {
    filter: one.filter,
    passesAnyOrigin: one.passesAnyOrigin && other.passesAnyOrigin,
    originMask: one.originMask + other.originMask,
    originValue: one.originValue + other.originValue,
    originOf: (head, guid) => one.originOf(head, guid) + other.originOf(head, guid),
    passes: (event) => one.passes(event) && other.passes(event),
    passesClassType: (vscpClass, vscpType) =>
      one.passesClassType(vscpClass, vscpType) && other.passesClassType(vscpClass, vscpType),
    passesRest: (head, guid) => one.passesRest(head, guid) && other.passesRest(head, guid),
  };
}

export function compileFilter(filter: FilterMask): CompiledFilter {
  return new WordFilter(filter);
}

/** Puts the two halves together; only masks may have priority bits beyond the three that exist. */
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

/** Reads `priority,class,type,guid`; missing fields are 0, a GUID of `-` or nothing is all zeros. */
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
 * where a `;` may part filter and mask. Missing fields are 0: an empty text lets all events pass.
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

/** One half from an object with `priority`, `class`, `type` and `guid` behind `prefix`, over what `base` has. */
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

const ZERO_HALF: FilterHalf = { priority: 0, class: 0, type: 0, guid: NO_GUID };

/** One half as it stands under `filter` or `mask` (text or object) and in the keys `filter_class`, … */
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
 * texts, or `filter` and `mask` as texts or objects; where both are given the single keys win. What is missing
 * or null is 0, but something that is no object is refused.
 */
export function filterFromJson(args: unknown): Parsed<FilterMask> {
  if (!isObject(args)) return refused('args: an object expected');
  const filter = halfOfArgs(args, 'filter');
  if (!filter.ok) return filter;
  const mask = halfOfArgs(args, 'mask');
  return mask.ok ? filterOfHalves(filter.value, mask.value) : mask;
}
