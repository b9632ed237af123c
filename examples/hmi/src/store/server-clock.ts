import { eventTimeMs, type VscpEvent } from '../../../../src/client/index.ts';

/** When an event was: for reading, and for comparing with others. */
export interface Moment {
  /** Unix time in milliseconds by this device's clock. */
  at: number;
  /** Grows with the server's time; compared with other orders only. `undefined` = the event has no date. */
  order: number | undefined;
}

/** Dates before this are those of a machine that does not know the time yet. */
const CLOCK_SET = Date.UTC(2020, 0);
const SAMPLES = 15;
const ENOUGH_SAMPLES = 5;
/** So much the estimate of the lead changes without a reason. */
const SWING_MS = 2_000;
const STAMP_RANGE = 2 ** 32;

/** Dates of the classic form have whole seconds; within one the time stamp tells what came first. */
function orderOf(event: VscpEvent): number | undefined {
  if (event.timestampNs !== undefined) return Number(event.timestampNs) / 1e6;
  const time = eventTimeMs(event);
  return time === undefined ? undefined : time + (event.timestamp / STAMP_RANGE) * 999;
}

/**
 * Whether something the server remembers comes after what is known. Without a time stamp all of a second have one
 * order, and the server tells them as they came: what differs is the later one.
 */
export function follows(order: number | undefined, known: number, differs: boolean): boolean {
  return order === undefined || order > known || (order === known && differs);
}

/**
 * The server's clock beside this device's. The two may differ by anything, and the server's may be set while
 * it runs, so times of the server are only ever compared with each other; for reading they are put on this
 * device's time line.
 */
export class ServerClock {
  #guessMs: number | undefined;
  /** How far this device was ahead when the latest live events came in, in milliseconds. */
  readonly #leads: number[] = [];
  #count = 0;
  #steadyMs = 0;

  /** @param leadMs how far this device's clock is ahead of the server's, by the server's word */
  set(leadMs: number): void {
    this.#guessMs = leadMs;
  }

  /** How far this device's clock is ahead of the server's, as far as is known, in milliseconds. */
  get aheadMs(): number {
    return this.#leadMs(CLOCK_SET, CLOCK_SET);
  }

  /** What the server's clock shows now, in milliseconds. */
  get serverTime(): number {
    return Date.now() - this.aheadMs;
  }

  /**
   * How far it is ahead for times that are read: dates have whole seconds, so that the estimate swings by as much, and
   * what was at 12:00:03 would be at 12:00:02 when it is looked at again.
   */
  get steadyAheadMs(): number {
    if (Math.abs(this.aheadMs - this.#steadyMs) > SWING_MS) this.#steadyMs = this.aheadMs;
    return this.#steadyMs;
  }

  /** Moment of an event that came in just now. */
  live(event: VscpEvent, now: number): Moment {
    const order = orderOf(event);
    if (order !== undefined) {
      this.#leads[this.#count % SAMPLES] = now - order;
      this.#count += 1;
    }
    return { at: now, order };
  }

  /** Events of the server's memory in their order, each with its moment. */
  old(events: readonly VscpEvent[], now: number): { event: VscpEvent; moment: Moment }[] {
    const dated = events.map((event) => ({ event, order: orderOf(event) }));
    dated.sort((a, b) => (a.order ?? Number.POSITIVE_INFINITY) - (b.order ?? Number.POSITIVE_INFINITY) || 0);
    const orders = dated.flatMap(({ order }) => order ?? []);
    const newest = orders.at(-1) ?? now;
    const lead = Math.min(this.#leadMs(newest, now), now - newest);
    // What came before the clock was set is told as if the clock had been set right after it.
    const setAt = orders.findIndex((order) => order >= CLOCK_SET);
    const gap = setAt > 0 ? (orders[setAt] ?? 0) - (orders[setAt - 1] ?? 0) : 0;
    return dated.map(({ event, order }) => {
      const isBeforeSet = order !== undefined && order < CLOCK_SET;
      const at = order === undefined ? now : Math.min(now, order + lead + (isBeforeSet ? gap : 0));
      return { event, moment: { at, order } };
    });
  }

  /** @param newest order of the newest event there is, for want of anything better */
  #leadMs(newest: number, now: number): number {
    if (this.#leads.length >= ENOUGH_SAMPLES) {
      return [...this.#leads].sort((a, b) => a - b)[this.#leads.length >> 1] ?? 0;
    }
    return this.#guessMs ?? (newest < CLOCK_SET ? now - newest : 0);
  }
}
