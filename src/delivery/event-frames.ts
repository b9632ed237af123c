import type { DriverEvent, EventFormat } from '../vscp/event.ts';
import { frameHeaderSize, writeFrameHeader } from './frame.ts';

/** Bytes of a slab; it holds some hundred events of usual size. */
export const SLAB_SIZE = 256 * 1024;
const SHORT_HEADER = 2;
const LONG_HEADER = 4;

/** Writes an event's wire text as ASCII into `target` at `at`, returns the end. */
export type EventWriter = (event: DriverEvent, target: Buffer, at: number, format: EventFormat) => number;

/** Adjacent frames in a slab. */
export interface FrameRun {
  slab: Buffer;
  start: number;
  end: number;
  events: number;
}

/**
 * Builds the frames of one protocol, one per event, back to back in slabs that all sessions share.
 * Consecutive frames are adjacent in memory, so a session that receives a run of events needs one range of
 * the slab and one write for the whole run.
 */
export class EventFrames {
  /** Frames that are encoded but not yet handed out. */
  readonly run: FrameRun = { slab: Buffer.alloc(0), start: 0, end: 0, events: 0 };
  #used = 0;
  #headerGuess = LONG_HEADER;
  readonly #write: EventWriter;
  readonly #maxPayload: number;
  readonly #format: EventFormat;
  readonly #onFull: () => void;
  readonly #onSealed: (slab: Buffer) => void;

  /**
   * @param options.maxPayload most bytes that `write` may need
   * @param options.onFull called when the run has to be handed out because the next event needs a new slab
   * @param options.onSealed called when no more frames will be added to a slab
   */
  constructor(options: {
    write: EventWriter;
    maxPayload: number;
    format: EventFormat;
    onFull: () => void;
    onSealed: (slab: Buffer) => void;
  }) {
    this.#write = options.write;
    this.#maxPayload = options.maxPayload;
    this.#format = options.format;
    this.#onFull = options.onFull;
    this.#onSealed = options.onSealed;
  }

  /** Writes the event's frame and adds it to the run. @returns where it begins in the run's slab */
  encode(event: DriverEvent): number {
    const { run } = this;
    if (run.slab.length - this.#used < this.#maxPayload + LONG_HEADER) this.#nextSlab();
    const { slab } = run;
    const start = this.#used;
    const guess = this.#headerGuess;
    let end = this.#write(event, slab, start + guess, this.#format);
    const header = frameHeaderSize(end - start - guess);
    if (header !== guess) {
      slab.copyWithin(start + header, start + guess, end);
      end += header - guess;
      this.#headerGuess = header === SHORT_HEADER ? SHORT_HEADER : LONG_HEADER;
    }
    writeFrameHeader(slab, start, end - start - header);
    if (run.events === 0) run.start = start;
    run.end = end;
    run.events++;
    this.#used = end;
    return start;
  }

  /** Begins a new run, after the present one was handed out. */
  endRun(): void {
    this.run.events = 0;
  }

  #nextSlab(): void {
    if (this.run.events > 0) this.#onFull();
    this.endRun();
    const sealed = this.run.slab;
    this.run.slab = Buffer.allocUnsafeSlow(SLAB_SIZE);
    this.#used = 0;
    if (sealed.length > 0) this.#onSealed(sealed);
  }
}
