import type { DriverEvent } from '../vscp/event.ts';
import { RECORD, RecordStore } from './ring-record.ts';

/**
 * JavaScript's ends of the shim's rings. native-shim/ring.h, whose methods these mirror, explains the words
 * and why no wake-up is lost.
 */
export interface RingMemory {
  memory: ArrayBuffer;
  /** Events that may wait. */
  capacity: number;
  /** Records in the memory; a power of two. */
  slots: number;
}

/** The control words before the records, each on a separate cache line: index into a Uint32Array. */
export const RING_WORDS = { head: 0, tail: 16, sleeping: 32, waiting: 48 } as const;
/** Where the records begin, in bytes. */
export const RECORDS_OFFSET = 256;

/** Bytes of a ring's memory. */
export function ringMemorySize(slots: number): number {
  return RECORDS_OFFSET + slots * RECORD.size;
}

class RingEnd {
  protected readonly words: Uint32Array;
  protected readonly records: RecordStore;
  protected readonly mask: number;
  readonly capacity: number;

  constructor(ring: RingMemory) {
    this.words = new Uint32Array(ring.memory, 0, RECORDS_OFFSET / 4);
    this.records = new RecordStore(ring.memory, RECORDS_OFFSET, ring.slots);
    this.mask = ring.slots - 1;
    this.capacity = ring.capacity;
  }

  /** Events in the ring. */
  get fill(): number {
    return (Atomics.load(this.words, RING_WORDS.head) - Atomics.load(this.words, RING_WORDS.tail)) >>> 0;
  }
}

/** Takes the host's events out. */
export class RingConsumer extends RingEnd {
  #tail: number;

  constructor(ring: RingMemory) {
    super(ring);
    this.#tail = Atomics.load(this.words, RING_WORDS.tail);
  }

  /** Appends up to `limit` events to `batch` and frees their slots. @returns how many */
  takeInto(batch: DriverEvent[], limit: number): number {
    const available = (Atomics.load(this.words, RING_WORDS.head) - this.#tail) >>> 0;
    const count = Math.min(available, limit);
    if (count === 0) return 0;
    let tail = this.#tail;
    for (let i = 0; i < count; i++) {
      batch.push(this.records.read(tail & this.mask));
      tail = (tail + 1) >>> 0;
    }
    this.#tail = tail;
    Atomics.store(this.words, RING_WORDS.tail, tail);
    return count;
  }

  /** True, once, when a host thread waits for room: the caller has to wake it. Call this after `takeInto`. */
  takeWaitingWriter(): boolean {
    return (
      Atomics.load(this.words, RING_WORDS.waiting) !== 0 &&
      Atomics.exchange(this.words, RING_WORDS.waiting, 0) !== 0
    );
  }

  /** Announces sleep; false when there already is an event: then go on taking. */
  beginSleep(): boolean {
    Atomics.store(this.words, RING_WORDS.sleeping, 1);
    if (Atomics.load(this.words, RING_WORDS.head) === this.#tail) return true;
    Atomics.store(this.words, RING_WORDS.sleeping, 0);
    return false;
  }
}

/** Puts events in for the host. */
export class RingProducer extends RingEnd {
  #head: number;

  constructor(ring: RingMemory) {
    super(ring);
    this.#head = Atomics.load(this.words, RING_WORDS.head);
  }

  /** Publishes an event; false when the ring is full. */
  push(event: DriverEvent): boolean {
    const head = this.#head;
    if ((head - Atomics.load(this.words, RING_WORDS.tail)) >>> 0 >= this.capacity) return false;
    this.records.write(head & this.mask, event);
    this.#head = (head + 1) >>> 0;
    Atomics.store(this.words, RING_WORDS.head, this.#head);
    return true;
  }

  /**
   * True, once, when a host thread sleeps because there is no event: the caller has to wake it. Call this
   * after `push`.
   */
  takeSleepingReader(): boolean {
    return (
      Atomics.load(this.words, RING_WORDS.sleeping) !== 0 &&
      Atomics.exchange(this.words, RING_WORDS.sleeping, 0) !== 0
    );
  }
}
