import { isLevel1OverLevel2, level1ClassOf } from '../core/event.ts';
import { GUID_SIZE } from '../core/guid.ts';
import { FAMILIES } from '../core/measurement.ts';
import type { DriverEvent } from '../vscp/event.ts';

/** Classes whose data begin with a coding byte that holds the sensor index in bits 2-0. */
const CODED_FIRST = 10;
const CODED_LAST = 15;
/** Level I classes whose first data byte is an index: alarms, security, measure zones, information, control… */
const INDEX_FIRST = new Set([1, 2, 20, 30, 65, 66, 67, 68, 69, 85, 86, 87, 88, 89, 102]);
/** Level II classes whose first data byte is the sensor index. */
const LEVEL2_MEASUREMENTS = new Set<number>([FAMILIES.text, FAMILIES.float]);

/** Sensor index of an event (specification, chapter "Data coding"); 0 where its class has none. */
export function sensorIndexOf(event: DriverEvent): number {
  const { data } = event;
  if (LEVEL2_MEASUREMENTS.has(event.vscpClass)) return data[0] ?? 0;
  const overLevel2 = isLevel1OverLevel2(event.vscpClass);
  const level1Class = level1ClassOf(event.vscpClass);
  const first = data[overLevel2 ? GUID_SIZE : 0] ?? 0;
  if (level1Class >= CODED_FIRST && level1Class <= CODED_LAST) return first & 7;
  return INDEX_FIRST.has(level1Class) ? first : 0;
}

/** An event with its number in the order of arrival. */
interface Arrived {
  event: DriverEvent;
  order: number;
}

interface LastValue extends Arrived {
  sensorIndex: number;
  hash: number;
  /** Another value of the same hash. */
  next: LastValue | undefined;
  older: LastValue | undefined;
  newer: LastValue | undefined;
}

/** Somebody who goes through the values, with pauses, from the newest on. */
interface Walk {
  /** The value to visit next. */
  at: LastValue | undefined;
  /** What was renewed or removed in a pause, before it was visited; in the order of arrival once it is sorted. */
  replaced: Arrived[];
  isSorted: boolean;
}

/**
 * The last event per class, type, GUID and sensor index; bounded, the values heard longest ago are removed
 * first. An event that renews a value allocates nothing.
 */
export class LastValues {
  readonly #limit: number;
  readonly #byHash = new Map<number, LastValue>();
  readonly #walks = new Set<Walk>();
  #oldest: LastValue | undefined;
  #newest: LastValue | undefined;
  #size = 0;
  #recorded = 0;

  /** @param limit values that are kept; 0 = none */
  constructor(limit: number) {
    this.#limit = limit;
  }

  record(event: DriverEvent): void {
    if (this.#limit === 0) return;
    const sensorIndex = sensorIndexOf(event);
    const hash = hashOf(event, sensorIndex);
    const order = ++this.#recorded;
    for (let value = this.#byHash.get(hash); value !== undefined; value = value.next) {
      if (value.sensorIndex !== sensorIndex || !sameOrigin(value.event, event)) continue;
      this.#unlink(value);
      value.event = event;
      value.order = order;
      this.#append(value);
      return;
    }
    if (this.#oldest !== undefined && this.#size >= this.#limit) this.#forget(this.#oldest);
    this.#insert({ event, order, sensorIndex, hash, next: undefined, older: undefined, newer: undefined });
  }

  /** Whether this very event, with its data and time, is the last of its kind. */
  has(event: DriverEvent): boolean {
    const sensorIndex = sensorIndexOf(event);
    for (let value = this.#byHash.get(hashOf(event, sensorIndex)); value !== undefined; value = value.next) {
      if (value.sensorIndex === sensorIndex && sameOrigin(value.event, event)) {
        return sameContent(value.event, event);
      }
    }
    return false;
  }

  /** Walks that have begun and not ended. */
  get walks(): number {
    return this.#walks.size;
  }

  /**
   * The last events as they are at the first step, the latest first. The caller may pause between them: events
   * that arrive meanwhile change nothing. A caller that stops early must end the generator.
   */
  *newestFirst(): Generator<DriverEvent, void> {
    const walk: Walk = { at: this.#newest, replaced: [], isSorted: true };
    this.#walks.add(walk);
    try {
      for (let next = nextOf(walk); next !== undefined; next = nextOf(walk)) yield next;
    } finally {
      this.#walks.delete(walk);
    }
  }

  #insert(value: LastValue): void {
    value.next = this.#byHash.get(value.hash);
    this.#byHash.set(value.hash, value);
    this.#append(value);
    this.#size++;
  }

  #append(value: LastValue): void {
    value.older = this.#newest;
    value.newer = undefined;
    if (this.#newest === undefined) this.#oldest = value;
    else this.#newest.newer = value;
    this.#newest = value;
  }

  #unlink(value: LastValue): void {
    if (this.#walks.size > 0) for (const walk of this.#walks) keepFor(walk, value);
    if (value.older === undefined) this.#oldest = value.newer;
    else value.older.newer = value.newer;
    if (value.newer === undefined) this.#newest = value.older;
    else value.newer.older = value.older;
  }

  #forget(value: LastValue): void {
    this.#unlink(value);
    this.#size--;
    let before = this.#byHash.get(value.hash);
    if (before === value) {
      if (value.next === undefined) this.#byHash.delete(value.hash);
      else this.#byHash.set(value.hash, value.next);
      return;
    }
    while (before !== undefined && before.next !== value) before = before.next;
    if (before !== undefined) before.next = value.next;
  }
}

/** Keeps what a value is for a walk that has not visited it yet, because the value leaves its place. */
function keepFor(walk: Walk, value: LastValue): void {
  if (walk.at === undefined || value.order > walk.at.order) return;
  walk.replaced.push({ event: value.event, order: value.order });
  walk.isSorted = false;
  if (walk.at === value) walk.at = value.older;
}

/** The event that a walk visits next: in its place still, or kept. */
function nextOf(walk: Walk): DriverEvent | undefined {
  const { at, replaced } = walk;
  if (!walk.isSorted) replaced.sort((a, b) => a.order - b.order);
  walk.isSorted = true;
  const kept = replaced[replaced.length - 1];
  if (kept !== undefined && (at === undefined || kept.order > at.order)) {
    replaced.pop();
    return kept.event;
  }
  walk.at = at?.older;
  return at?.event;
}

function sameOrigin(a: DriverEvent, b: DriverEvent): boolean {
  if (a.vscpType !== b.vscpType || a.vscpClass !== b.vscpClass) return false;
  const { guid } = b;
  if (a.guid === guid) return true;
  for (let i = GUID_SIZE - 1; i >= 0; i--) if (a.guid[i] !== guid[i]) return false;
  return true;
}

function sameContent(a: DriverEvent, b: DriverEvent): boolean {
  return (
    a.timestamp === b.timestamp &&
    a.timestampNs === b.timestampNs &&
    a.second === b.second &&
    a.minute === b.minute &&
    a.hour === b.hour &&
    a.day === b.day &&
    a.data.length === b.data.length &&
    a.data.every((byte, index) => byte === b.data[index])
  );
}

/** 30 bits: a number of that size needs no memory of its own. */
function hashOf({ vscpClass, vscpType, guid }: DriverEvent, sensorIndex: number): number {
  let hash = Math.imul((vscpClass << 16) ^ vscpType ^ (sensorIndex << 24), 0x9e3779b1);
  for (let i = 0; i < GUID_SIZE; i++) hash = Math.imul(hash ^ (guid[i] as number), 0x01000193);
  return (hash ^ (hash >>> 15)) & 0x3fffffff;
}
