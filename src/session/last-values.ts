import { isLevel1OverLevel2, LEVEL1_OVER_LEVEL2 } from '../core/event.ts';
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

/** Share of the values that is removed at once when there are too many: to find the oldest, all are looked at. */
const EVICTED_SHARE = 16;

/** Sensor index of an event (specification, chapter "Data coding"); 0 where its class has none. */
export function sensorIndexOf(event: DriverEvent): number {
  const { data } = event;
  if (LEVEL2_MEASUREMENTS.has(event.vscpClass)) return data[0] ?? 0;
  const overLevel2 = isLevel1OverLevel2(event.vscpClass);
  const level1Class = overLevel2 ? event.vscpClass - LEVEL1_OVER_LEVEL2 : event.vscpClass;
  const first = data[overLevel2 ? GUID_SIZE : 0] ?? 0;
  if (level1Class >= CODED_FIRST && level1Class <= CODED_LAST) return first & 7;
  return INDEX_FIRST.has(level1Class) ? first : 0;
}

interface LastValue {
  event: DriverEvent;
  sensorIndex: number;
  /** Number of the event in the order of arrival. */
  order: number;
  /** Another value of the same hash. */
  next: LastValue | undefined;
}

/**
 * The last event per class, type, GUID and sensor index; bounded, the values heard longest ago are removed
 * first. An event that renews a value allocates nothing.
 */
export class LastValues {
  readonly #limit: number;
  readonly #byHash = new Map<number, LastValue>();
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
    const first = this.#byHash.get(hash);
    for (let value = first; value !== undefined; value = value.next) {
      if (value.sensorIndex !== sensorIndex || !sameOrigin(value.event, event)) continue;
      value.event = event;
      value.order = order;
      return;
    }
    if (this.#size >= this.#limit) this.#evictOldest();
    this.#insert(hash, { event, sensorIndex, order, next: undefined });
  }

  /** All values, the one renewed last at the end. */
  inOrder(): DriverEvent[] {
    return this.#all().map(({ event }) => event);
  }

  #all(): LastValue[] {
    const values: LastValue[] = [];
    for (const first of this.#byHash.values()) {
      for (let value: LastValue | undefined = first; value !== undefined; value = value.next)
        values.push(value);
    }
    return values.sort((a, b) => a.order - b.order);
  }

  #insert(hash: number, value: LastValue): void {
    value.next = this.#byHash.get(hash);
    this.#byHash.set(hash, value);
    this.#size++;
  }

  #evictOldest(): void {
    const values = this.#all();
    this.#byHash.clear();
    this.#size = 0;
    for (const value of values.slice(Math.ceil(values.length / EVICTED_SHARE))) {
      this.#insert(hashOf(value.event, value.sensorIndex), value);
    }
  }
}

function sameOrigin(a: DriverEvent, b: DriverEvent): boolean {
  if (a.vscpType !== b.vscpType || a.vscpClass !== b.vscpClass) return false;
  const { guid } = b;
  if (a.guid === guid) return true;
  for (let i = GUID_SIZE - 1; i >= 0; i--) if (a.guid[i] !== guid[i]) return false;
  return true;
}

/** 30 bits: a number of that size needs no memory of its own. */
function hashOf({ vscpClass, vscpType, guid }: DriverEvent, sensorIndex: number): number {
  let hash = Math.imul((vscpClass << 16) ^ vscpType ^ (sensorIndex << 24), 0x9e3779b1);
  for (let i = 0; i < GUID_SIZE; i++) hash = Math.imul(hash ^ (guid[i] as number), 0x01000193);
  return (hash ^ (hash >>> 15)) & 0x3fffffff;
}
