import { GUID_SIZE } from '../core/guid.ts';

/** An event as it goes to the history's thread. */
export interface PackedEvent {
  /** When it came in, Unix ms. */
  timeMs: number;
  head: number;
  vscpClass: number;
  vscpType: number;
  guid: Uint8Array;
  data: Uint8Array;
}

/** Time (8), head, class, type, size of data (2 each), GUID; then the data, to a multiple of 8. */
const FIXED_SIZE = 8 + 4 * 2 + GUID_SIZE;
const BATCH_BYTES = 64 * 1024;

function sizeOf(dataBytes: number): number {
  return (FIXED_SIZE + dataBytes + 7) & ~7;
}

/** Events one after another in a block of memory, which the thread gets as a whole. */
export class EventBatch {
  #events = 0;
  #bytes = 0;
  readonly #view = new DataView(new ArrayBuffer(BATCH_BYTES));
  readonly #memory = new Uint8Array(this.#view.buffer);

  get events(): number {
    return this.#events;
  }

  /** @returns false when it is full; nothing was added then */
  add(event: PackedEvent): boolean {
    const { data } = event;
    const at = this.#bytes;
    if (at + sizeOf(data.length) > BATCH_BYTES) return false;
    const view = this.#view;
    view.setFloat64(at, event.timeMs, true);
    view.setUint16(at + 8, event.head, true);
    view.setUint16(at + 10, event.vscpClass, true);
    view.setUint16(at + 12, event.vscpType, true);
    view.setUint16(at + 14, data.length, true);
    this.#memory.set(event.guid, at + 16);
    this.#memory.set(data, at + FIXED_SIZE);
    this.#bytes += sizeOf(data.length);
    this.#events++;
    return true;
  }

  /** A copy of what was added; the batch is empty again. */
  take(): ArrayBuffer {
    const memory = this.#view.buffer.slice(0, this.#bytes) as ArrayBuffer;
    this.#bytes = 0;
    this.#events = 0;
    return memory;
  }
}

const guid = new Uint8Array(GUID_SIZE);
/** By size. */
const dataOfSize: Uint8Array[] = [];

function copy(from: Uint8Array, at: number, to: Uint8Array): Uint8Array {
  for (let index = 0; index < to.length; index++) to[index] = from[at + index] ?? 0;
  return to;
}

/** The events of a batch; GUID and data of each are valid until the next one is asked for. */
export function* eventsOf(memory: ArrayBuffer): Generator<PackedEvent, void> {
  const view = new DataView(memory);
  const bytes = new Uint8Array(memory);
  for (let at = 0; at < memory.byteLength; ) {
    const size = view.getUint16(at + 14, true);
    dataOfSize[size] ??= new Uint8Array(size);
    yield {
      timeMs: view.getFloat64(at, true),
      head: view.getUint16(at + 8, true),
      vscpClass: view.getUint16(at + 10, true),
      vscpType: view.getUint16(at + 12, true),
      // Copying into memory that is there costs a tenth of making a view.
      guid: copy(bytes, at + 16, guid),
      data: copy(bytes, at + FIXED_SIZE, dataOfSize[size]),
    };
    at += sizeOf(size);
  }
}
