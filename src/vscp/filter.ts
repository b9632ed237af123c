import { priorityOfHead } from '../core/event.ts';
import type { DriverEvent } from './event.ts';
import { NO_GUID } from './guid.ts';

/**
 * A VSCP filter with its mask. An event passes when `(filter ^ value) & mask` is 0 for the priority
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

/** Lets everything pass. It is shared: treat it as immutable. */
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

/**
 * A filter's part for priority and GUID, as texts to look up: an event passes when its `originOf` is
 * `originValue`.
 */
export interface OriginFilter {
  /** The bits that the filter looks at; filters that look at the same bits have the same text. */
  readonly originMask: string;
  /** The values that the filter wants these bits to have. */
  readonly originValue: string;
  /** The values of these bits in an event. */
  originOf(head: number, guid: Uint8Array): string;
}

/** A filter with its GUID as four 32-bit words, prepared to test every event. */
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

/** Lets an event pass when it passes both filters; `filter` is the first one's. */
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

const compiled = new WeakMap<FilterMask, CompiledFilter>();

/** Compiles a filter, which must not be changed afterwards: all sessions of a user share the result. */
export function compileFilter(filter: FilterMask): CompiledFilter {
  let known = compiled.get(filter);
  if (known === undefined) {
    known = new WordFilter(filter);
    compiled.set(filter, known);
  }
  return known;
}
