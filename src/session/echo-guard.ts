import { randomBytes } from 'node:crypto';
import type { VscpEvent } from '../vscp/event.ts';

const LIFETIME_MS = 5000;
const MAX_ENTRIES = 1 << 18;

/**
 * Knows the events that clients sent in the last five seconds, by a seeded 53-bit hash of obid, GUID,
 * class, type and data. Hosts that are subscribed to their own topics hand such an event back, with head
 * and time changed on the way.
 *
 * Two generations of bounded size: beyond about 50 000 events a second the oldest are forgotten early.
 */
export class EchoGuard {
  #current = new Map<number, number>();
  #previous = new Map<number, number>();
  #currentSinceMs: number;
  readonly #seed: number;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#currentSinceMs = nowMs();
    this.#seed = randomBytes(4).readUInt32LE(0);
  }

  remember(event: VscpEvent): void {
    const nowMs = this.#nowMs();
    if (nowMs - this.#currentSinceMs >= LIFETIME_MS || this.#current.size >= MAX_ENTRIES) {
      this.#previous = this.#current;
      this.#current = new Map();
      this.#currentSinceMs = nowMs;
    }
    this.#current.set(this.#hash(event), nowMs);
  }

  /** True when a client sent an equal event within the last five seconds. */
  isEcho(event: VscpEvent): boolean {
    const hash = this.#hash(event);
    const sentAtMs = this.#current.get(hash) ?? this.#previous.get(hash);
    return sentAtMs !== undefined && this.#nowMs() - sentAtMs <= LIFETIME_MS;
  }

  #hash(event: VscpEvent): number {
    let high = this.#seed ^ event.obid;
    let low = Math.imul(event.obid ^ 0x9e3779b9, 0x85ebca6b) ^ this.#seed;
    const kind = (event.vscpClass << 16) | event.vscpType;
    high = Math.imul(high ^ kind, 0xcc9e2d51);
    low = Math.imul(low ^ (low >>> 15) ^ kind, 0x1b873593);
    for (const bytes of [event.guid, event.data]) {
      for (let i = 0; i < bytes.length; i++) {
        const byte = bytes[i] as number;
        high = Math.imul(high ^ byte, 0x01000193);
        low = Math.imul((low << 5) ^ (low >>> 27) ^ byte, 0x85ebca6b);
      }
      high ^= bytes.length;
    }
    high ^= high >>> 16;
    low ^= low >>> 13;
    return (high >>> 0) * 0x200000 + (low >>> 11);
  }
}
