import type { FrameRun } from './event-frames.ts';
import { frameEnd } from './frame.ts';

/** A range of a sealed slab is copied when it is smaller than this part of it; room for copies is as many times larger. */
const MOST_PINNED = 4;
const NO_COPIES = Buffer.alloc(0);

/**
 * The event frames that wait for one client, oldest first, as ranges of shared slabs. It is bounded in events
 * and bytes and refuses what does not fit, so the newest events are dropped.
 *
 * A range pins its whole slab. Once a slab is sealed, a client that holds only a small part of it gets a
 * copy of that part, so a backlog never pins more than four times its own bytes. Copies lie back to back: what waits
 * of several slabs is one range again.
 */
export class Backlog {
  events = 0;
  bytes = 0;
  /** The unsealed slab of which a part may wait here, as the caller of `onSealed` knows it. */
  openSlab: Buffer | undefined;
  #segments: FrameRun[] = [];
  #head = 0;
  #copies = NO_COPIES;
  /** Where the next copy begins. */
  #copiesEnd = 0;
  readonly #maxEvents: number;
  readonly #maxBytes: number;

  constructor(maxEvents: number, maxBytes: number) {
    this.#maxEvents = maxEvents;
    this.#maxBytes = maxBytes;
  }

  /** How full it is, 0 to 1, by events or bytes, whichever is fuller. */
  get fill(): number {
    return Math.max(this.events / this.#maxEvents, this.bytes / this.#maxBytes);
  }

  /**
   * Adds the frames of a run, oldest first, as far as there is room for whole ones.
   * @returns the number of added frames
   */
  append(run: FrameRun): number {
    const { slab, start } = run;
    let { end, events } = run;
    if (this.events + events > this.#maxEvents || this.bytes + end - start > this.#maxBytes) {
      ({ end, events } = this.#fitting(run));
      if (events === 0) return 0;
    }
    this.events += events;
    this.bytes += end - start;
    const last = this.#segments[this.#segments.length - 1];
    if (last !== undefined && last.slab === slab && last.end === start) {
      last.end = end;
      last.events += events;
    } else {
      this.#segments.push({ slab, start, end, events });
    }
    return events;
  }

  /**
   * Moves whole frames, oldest first, into `chunks`: at most `maxEvents` frames and `maxBytes`, but at least
   * one frame.
   * @returns the number of events moved
   */
  take(maxBytes: number, chunks: Buffer[], maxEvents = Number.POSITIVE_INFINITY): number {
    let room = maxBytes;
    let taken = 0;
    while (this.#head < this.#segments.length && taken < maxEvents) {
      const segment = this.#segments[this.#head] as FrameRun;
      const size = segment.end - segment.start;
      const isTooLarge = size > room && (taken > 0 || segment.events > 1);
      if (isTooLarge || segment.events > maxEvents - taken) {
        taken += this.#takePart(segment, room, maxEvents - taken, taken === 0, chunks);
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
    this.#forgetSegments();
    this.events = 0;
    this.bytes = 0;
  }

  /**
   * Call this when `slab` gets no more frames: it copies a few events out, so that they do not pin the slab.
   */
  onSealed(slab: Buffer): void {
    if (this.openSlab === slab) this.openSlab = undefined;
    const segments = this.#segments;
    let first = segments.length;
    let bytes = 0;
    let events = 0;
    while (first > this.#head && segments[first - 1]?.slab === slab) {
      first--;
      const segment = segments[first] as FrameRun;
      bytes += segment.end - segment.start;
      events += segment.events;
    }
    if (events === 0 || bytes * MOST_PINNED >= slab.length) return;
    if (this.#copies.length - this.#copiesEnd < bytes) {
      this.#copies = Buffer.allocUnsafeSlow(MOST_PINNED * bytes);
      this.#copiesEnd = 0;
    }
    const copies = this.#copies;
    const start = this.#copiesEnd;
    for (let i = first; i < segments.length; i++) {
      const segment = segments[i] as FrameRun;
      this.#copiesEnd += slab.copy(copies, this.#copiesEnd, segment.start, segment.end);
    }
    segments.length = first;
    const end = this.#copiesEnd;
    const last = first > this.#head ? segments[first - 1] : undefined;
    if (last?.slab === copies && last.end === start) {
      last.end = end;
      last.events += events;
    } else {
      segments.push({ slab: copies, start, end, events });
    }
  }

  /** The part of a run that fits. */
  #fitting({ slab, start, events }: FrameRun): { end: number; events: number } {
    const maxEvents = Math.min(events, this.#maxEvents - this.events);
    const room = this.#maxBytes - this.bytes;
    let end = start;
    let fitting = 0;
    while (fitting < maxEvents) {
      const next = frameEnd(slab, end);
      if (next - start > room) break;
      end = next;
      fitting++;
    }
    return { end, events: fitting };
  }

  #takePart(
    segment: FrameRun,
    room: number,
    maxEvents: number,
    atLeastOne: boolean,
    chunks: Buffer[],
  ): number {
    const { slab, start } = segment;
    let end = start;
    let events = 0;
    while (segment.events - events > 0 && events < maxEvents) {
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

  #forgetSegments(): void {
    this.#segments = [];
    this.#head = 0;
    this.#copies = NO_COPIES;
    this.#copiesEnd = 0;
  }

  #dropTaken(): void {
    if (this.#head === this.#segments.length) {
      this.#forgetSegments();
    } else if (this.#head > 64 && this.#head * 2 > this.#segments.length) {
      this.#segments = this.#segments.slice(this.#head);
      this.#head = 0;
    }
  }
}
