import { HEAD_NANOSECONDS, MAX_EVENT_DATA } from '../core/event.ts';
import { GUID_SIZE } from '../core/guid.ts';
import type { DriverEvent } from '../vscp/event.ts';
import { GuidCache } from './guid-cache.ts';

/**
 * Layout of an event record in the rings, in bytes; numbers have the machine's byte order.
 * native-shim/record.h has the same layout in C; a test compares both.
 */
export const RECORD = {
  size: 576,
  head: 0,
  dataSize: 2,
  obid: 4,
  year: 8,
  month: 10,
  day: 11,
  hour: 12,
  minute: 13,
  second: 14,
  timestamp: 16,
  vscpClass: 20,
  vscpType: 22,
  timestampNs: 24,
  guid: 48,
  data: 64,
} as const;

/** Up to this size V8 keeps a typed array's bytes in its own heap, and copying them in a loop is fastest. */
const SMALL_DATA = 64;

const NO_DATA = new Uint8Array(0);

/** Reads and writes records in a ring's memory. */
export class RecordStore {
  readonly #bytes: Uint8Array;
  readonly #halves: Uint16Array;
  readonly #words: Uint32Array;
  readonly #longs: BigUint64Array;
  readonly #guids = new GuidCache();

  /** @param byteOffset where the first record begins: a multiple of 8 */
  constructor(memory: ArrayBuffer, byteOffset: number, slots: number) {
    const size = slots * RECORD.size;
    this.#bytes = new Uint8Array(memory, byteOffset, size);
    this.#halves = new Uint16Array(memory, byteOffset, size / 2);
    this.#words = new Uint32Array(memory, byteOffset, size / 4);
    this.#longs = new BigUint64Array(memory, byteOffset, size / 8);
  }

  /** The event in a slot; it owns its bytes. */
  read(slot: number): DriverEvent {
    const at = slot * RECORD.size;
    const halves = this.#halves;
    const words = this.#words;
    const bytes = this.#bytes;
    const head = halves[at >> 1] as number;
    return {
      head,
      obid: words[(at + RECORD.obid) >> 2] as number,
      year: halves[(at + RECORD.year) >> 1] as number,
      month: bytes[at + RECORD.month] as number,
      day: bytes[at + RECORD.day] as number,
      hour: bytes[at + RECORD.hour] as number,
      minute: bytes[at + RECORD.minute] as number,
      second: bytes[at + RECORD.second] as number,
      timestamp: words[(at + RECORD.timestamp) >> 2] as number,
      timestampNs:
        (head & HEAD_NANOSECONDS) === 0 ? 0n : (this.#longs[(at + RECORD.timestampNs) >> 3] as bigint),
      vscpClass: halves[(at + RECORD.vscpClass) >> 1] as number,
      vscpType: halves[(at + RECORD.vscpType) >> 1] as number,
      guid: this.#guids.take(words, bytes, at + RECORD.guid),
      data: this.#readData(at),
    };
  }

  /** Puts an event into a slot; drops data beyond 512 bytes. */
  write(slot: number, event: DriverEvent): void {
    const at = slot * RECORD.size;
    const halves = this.#halves;
    const words = this.#words;
    const bytes = this.#bytes;
    const size = Math.min(event.data.length, MAX_EVENT_DATA);
    halves[at >> 1] = event.head;
    halves[(at + RECORD.dataSize) >> 1] = size;
    words[(at + RECORD.obid) >> 2] = event.obid;
    halves[(at + RECORD.year) >> 1] = event.year;
    bytes[at + RECORD.month] = event.month;
    bytes[at + RECORD.day] = event.day;
    bytes[at + RECORD.hour] = event.hour;
    bytes[at + RECORD.minute] = event.minute;
    bytes[at + RECORD.second] = event.second;
    words[(at + RECORD.timestamp) >> 2] = event.timestamp;
    halves[(at + RECORD.vscpClass) >> 1] = event.vscpClass;
    halves[(at + RECORD.vscpType) >> 1] = event.vscpType;
    if ((event.head & HEAD_NANOSECONDS) !== 0) {
      this.#longs[(at + RECORD.timestampNs) >> 3] = event.timestampNs;
    }
    copyBytes(bytes, at + RECORD.guid, event.guid, GUID_SIZE);
    if (size <= SMALL_DATA) copyBytes(bytes, at + RECORD.data, event.data, size);
    else bytes.set(event.data.subarray(0, size), at + RECORD.data);
  }

  #readData(at: number): Uint8Array {
    const bytes = this.#bytes;
    const size = Math.min(this.#halves[(at + RECORD.dataSize) >> 1] as number, MAX_EVENT_DATA);
    if (size === 0) return NO_DATA;
    const begin = at + RECORD.data;
    if (size > SMALL_DATA) return bytes.slice(begin, begin + size);
    const data = new Uint8Array(size);
    for (let i = 0; i < size; i++) data[i] = bytes[begin + i] as number;
    return data;
  }
}

function copyBytes(target: Uint8Array, at: number, source: Uint8Array, size: number): void {
  for (let i = 0; i < size; i++) target[at + i] = source[i] ?? 0;
}
