import type { EventFormat, VscpEvent } from '../vscp/event.ts';
import { frameHeaderSize, writeFrameHeader } from './frame.ts';

/** Bytes of a slab; some hundred events of usual size. */
export const SLAB_SIZE = 256 * 1024;
const SHORT_HEADER = 2;
const LONG_HEADER = 4;

/** Writes an event's wire text as ASCII into `target` at `at`, returns the end. */
export type EventWriter = (event: VscpEvent, target: Buffer, at: number, format: EventFormat) => number;

/**
 * Builds the frames of one protocol, each once per event, back to back in slabs that all sessions share.
 * Frames that follow each other lie next to each other, so a session that receives a run of events needs
 * one range of the slab and one write for the whole run.
 */
export class EventFrames {
  /** The frame that `encode` wrote last. */
  slab: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  #used = 0;
  #headerGuess = LONG_HEADER;
  readonly #write: EventWriter;
  readonly #maxPayload: number;
  readonly #format: EventFormat;
  readonly #onSealed: (slab: Buffer) => void;

  /**
   * @param options.maxPayload bytes that `write` may need at most
   * @param options.onSealed called when no more frames will be added to a slab
   */
  constructor(options: {
    write: EventWriter;
    maxPayload: number;
    format: EventFormat;
    onSealed: (slab: Buffer) => void;
  }) {
    this.#write = options.write;
    this.#maxPayload = options.maxPayload;
    this.#format = options.format;
    this.#onSealed = options.onSealed;
  }

  /** Writes the event's frame; `slab`, `start` and `end` then tell where it lies. */
  encode(event: VscpEvent): void {
    if (this.slab.length - this.#used < this.#maxPayload + LONG_HEADER) this.#nextSlab();
    const start = this.#used;
    const guess = this.#headerGuess;
    let end = this.#write(event, this.slab, start + guess, this.#format);
    const header = frameHeaderSize(end - start - guess);
    if (header !== guess) {
      this.slab.copyWithin(start + header, start + guess, end);
      end += header - guess;
      this.#headerGuess = header === SHORT_HEADER ? SHORT_HEADER : LONG_HEADER;
    }
    writeFrameHeader(this.slab, start, end - start - header);
    this.start = start;
    this.end = end;
    this.#used = end;
  }

  #nextSlab(): void {
    const sealed = this.slab;
    this.slab = Buffer.allocUnsafeSlow(SLAB_SIZE);
    this.#used = 0;
    if (sealed.length > 0) this.#onSealed(sealed);
  }
}
