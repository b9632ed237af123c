import { frameEnd } from './frame.ts';

interface Segment {
  slab: Buffer;
  start: number;
  end: number;
  events: number;
}

/**
 * The event frames that wait for one client, oldest first, as ranges of shared slabs. Bounded in events
 * and bytes: what does not fit is refused, so the newest is dropped.
 *
 * A range pins its whole slab. Once a slab is sealed, a client that holds only a small part of it gets a
 * copy of that part, so what a backlog pins stays within four times its own bytes.
 */
export class Backlog {
  events = 0;
  bytes = 0;
  #segments: Segment[] = [];
  #head = 0;
  readonly #maxEvents: number;
  readonly #maxBytes: number;

  constructor(maxEvents: number, maxBytes: number) {
    this.#maxEvents = maxEvents;
    this.#maxBytes = maxBytes;
  }

  /** True when not even the smallest event would be taken. */
  get full(): boolean {
    return this.events >= this.#maxEvents || this.bytes >= this.#maxBytes;
  }

  /** How full it is, 0 to 1, by events or bytes, whichever is fuller. */
  get fill(): number {
    return Math.max(this.events / this.#maxEvents, this.bytes / this.#maxBytes);
  }

  /** Adds one frame. @returns false when it did not fit and was not taken. */
  append(slab: Buffer, start: number, end: number): boolean {
    const size = end - start;
    if (this.events >= this.#maxEvents || this.bytes + size > this.#maxBytes) return false;
    this.events++;
    this.bytes += size;
    const last = this.#segments[this.#segments.length - 1];
    if (last !== undefined && last.slab === slab && last.end === start) {
      last.end = end;
      last.events++;
    } else {
      this.#segments.push({ slab, start, end, events: 1 });
    }
    return true;
  }

  /**
   * Moves whole frames, oldest first, into `chunks` until `maxBytes` would be passed (but at least one).
   * @returns the number of events moved
   */
  take(maxBytes: number, chunks: Buffer[]): number {
    let room = maxBytes;
    let taken = 0;
    while (this.#head < this.#segments.length) {
      const segment = this.#segments[this.#head] as Segment;
      const size = segment.end - segment.start;
      if (size > room && (taken > 0 || segment.events > 1)) {
        taken += this.#takePart(segment, room, taken === 0, chunks);
        break;
      }
      chunks.push(segment.slab.subarray(segment.start, segment.end));
      this.bytes -= size;
      this.events -= segment.events;
      taken += segment.events;
      room -= size;
      this.#head++;
    }
    this.#dropTaken();
    return taken;
  }

  clear(): void {
    this.#segments = [];
    this.#head = 0;
    this.events = 0;
    this.bytes = 0;
  }

  /** Called when `slab` will get no more frames: frees it from being pinned by a few events. */
  onSealed(slab: Buffer): void {
    const segments = this.#segments;
    let first = segments.length;
    let bytes = 0;
    let events = 0;
    while (first > this.#head && segments[first - 1]?.slab === slab) {
      first--;
      const segment = segments[first] as Segment;
      bytes += segment.end - segment.start;
      events += segment.events;
    }
    if (events === 0 || bytes * 4 >= slab.length) return;
    const copy = Buffer.allocUnsafeSlow(bytes);
    let end = 0;
    for (let i = first; i < segments.length; i++) {
      const segment = segments[i] as Segment;
      end += slab.copy(copy, end, segment.start, segment.end);
    }
    segments.length = first;
    segments.push({ slab: copy, start: 0, end, events });
  }

  #takePart(segment: Segment, room: number, atLeastOne: boolean, chunks: Buffer[]): number {
    const { slab, start } = segment;
    let end = start;
    let events = 0;
    while (segment.events - events > 0) {
      const next = frameEnd(slab, end);
      if (next - start > room && !(atLeastOne && events === 0)) break;
      end = next;
      events++;
    }
    if (events === 0) return 0;
    chunks.push(slab.subarray(start, end));
    segment.start = end;
    segment.events -= events;
    this.bytes -= end - start;
    this.events -= events;
    if (segment.events === 0) this.#head++;
    return events;
  }

  #dropTaken(): void {
    if (this.#head === this.#segments.length) {
      this.#segments = [];
      this.#head = 0;
    } else if (this.#head > 64 && this.#head * 2 > this.#segments.length) {
      this.#segments = this.#segments.slice(this.#head);
      this.#head = 0;
    }
  }
}
