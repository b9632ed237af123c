import type { VscpEvent } from '../../../../../src/client/index.ts';

export interface LogEntry {
  /** Counts up from 1 without gaps. */
  id: number;
  /** When it came in, Unix time in milliseconds. */
  at: number;
  event: VscpEvent;
  /** True for what this panel sent. */
  isOwn: boolean;
}

const CAPACITY = 2000;

/** The latest events, in a ring. */
export class EventLog {
  readonly #ring: LogEntry[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(event: VscpEvent, at: number, isOwn: boolean): void {
    this.#ring[this.#count % CAPACITY] = { id: this.#count + 1, at, event, isOwn };
    this.#count += 1;
  }

  clear(): void {
    this.#ring.length = 0;
    this.#count = 0;
  }

  /** At most `limit` entries that fit, newest first, none with an id above `upTo`. */
  latest(limit: number, fits: (entry: LogEntry) => boolean, upTo = Number.POSITIVE_INFINITY): LogEntry[] {
    const found: LogEntry[] = [];
    const oldest = Math.max(0, this.#count - CAPACITY);
    for (let i = this.#count - 1; i >= oldest && found.length < limit; i -= 1) {
      const entry = this.#ring[i % CAPACITY];
      if (entry && entry.id <= upTo && fits(entry)) found.push(entry);
    }
    return found;
  }
}
