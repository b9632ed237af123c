import { randomBytes } from 'node:crypto';
import type { DriverEvent } from '../vscp/event.ts';
import { EchoLedger, type EchoVerdict } from './echo-ledger.ts';

const LIFETIME_MS = 5000;
const FIRST_SLOTS = 1 << 10;
const MAX_SLOTS = 1 << 20;
/**
 * Words of one slot: two for the hash, one for the time (milliseconds since the guard began, plus one; 0 =
 * empty).
 */
const SLOT_WORDS = 3;
const NO_GUID = new Uint8Array(0);

/**
 * A growing table of hashes and times in one typed array. It holds no objects, so half a million entries cost
 * the garbage collector nothing.
 */
class RecentHashes {
  size = 0;
  #words: Uint32Array;
  #mask: number;

  /** @param expected how many hashes will probably come, so that the table need not grow step by step */
  constructor(expected: number) {
    let slots = FIRST_SLOTS;
    while (slots < expected * 2 && slots < MAX_SLOTS) slots *= 2;
    this.#words = new Uint32Array(slots * SLOT_WORDS);
    this.#mask = slots - 1;
  }

  /** True when the largest table is half full; a fuller one would make probing slow. */
  get full(): boolean {
    return this.size * 2 >= MAX_SLOTS;
  }

  set(high: number, low: number, time: number): void {
    if (this.size * 2 > this.#mask && this.#mask + 1 < MAX_SLOTS) this.#grow();
    const at = this.#find(high, low);
    if (this.#words[at + 2] === 0) this.size++;
    this.#words[at] = high;
    this.#words[at + 1] = low;
    this.#words[at + 2] = time;
  }

  /** The time stored for a hash; 0 when there is none. */
  get(high: number, low: number): number {
    return this.size === 0 ? 0 : (this.#words[this.#find(high, low) + 2] as number);
  }

  /** Index of the hash's slot, or of the empty one where it belongs. */
  #find(high: number, low: number): number {
    const words = this.#words;
    let slot = low & this.#mask;
    for (;;) {
      const at = slot * SLOT_WORDS;
      if (words[at + 2] === 0 || (words[at] === high && words[at + 1] === low)) return at;
      slot = (slot + 1) & this.#mask;
    }
  }

  #grow(): void {
    const old = this.#words;
    this.#words = new Uint32Array(old.length * 2);
    this.#mask = this.#mask * 2 + 1;
    this.size = 0;
    for (let at = 0; at < old.length; at += SLOT_WORDS) {
      const time = old[at + 2] as number;
      if (time !== 0) this.set(old[at] as number, old[at + 1] as number, time);
    }
  }
}

/**
 * Recognises the events that clients sent in the last five seconds, by a seeded 64-bit hash of obid, GUID,
 * class, type and data. Hosts that are subscribed to their own topics hand such events back, with head
 * and time changed on the way; hosts that publish in the binary form change more of them (echo-ledger.ts).
 *
 * There are two generations of bounded size: beyond about 100 000 events a second the oldest are forgotten
 * early.
 */
export class EchoGuard {
  #current = new RecentHashes(0);
  #previous = new RecentHashes(0);
  #currentSinceMs: number;
  #high = 0;
  #low = 0;
  /** Takes events that were held and turned out not to be echoes. */
  onRelease: (event: DriverEvent) => void = () => undefined;
  /** Called with the number of held events that turned out to be echoes. */
  onDrop: (count: number) => void = () => undefined;
  readonly #ledger: EchoLedger;
  readonly #beginMs: number;
  readonly #seed: number;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#beginMs = nowMs();
    this.#currentSinceMs = this.#beginMs;
    this.#seed = randomBytes(4).readInt32LE(0);
    this.#ledger = new EchoLedger({
      nowMs,
      onRelease: (event) => this.onRelease(event),
      onDrop: (count) => this.onDrop(count),
    });
  }

  remember(event: DriverEvent): void {
    const nowMs = this.#nowMs();
    if (nowMs - this.#currentSinceMs >= LIFETIME_MS || this.#current.full) {
      this.#previous = this.#current;
      this.#current = new RecentHashes(this.#previous.size);
      this.#currentSinceMs = nowMs;
    }
    this.#hash(event, event.obid, event.guid);
    this.#current.set(this.#high, this.#low, this.#time(nowMs));
    if (this.#ledger.wants(event)) this.#ledger.remember(event, this.#survivingKey(event));
  }

  /**
   * Whether an event from the host is one that a client sent.
   * @param ownObid whether the event's obid belongs to one of our sessions
   */
  judge(event: DriverEvent, ownObid: boolean): EchoVerdict {
    if (ownObid && this.#isExactEcho(event)) {
      this.#ledger.obidKept();
      return 'echo';
    }
    // An echo that lost its obid has obid 0: any other number belongs to somebody else's event.
    if (event.obid !== 0) return 'news';
    return this.#ledger.expectsEchoes ? this.#ledger.judge(event, this.#survivingKey(event)) : 'news';
  }

  close(): void {
    this.#ledger.close();
  }

  /** True when a client sent an equal event within the last five seconds. */
  #isExactEcho(event: DriverEvent): boolean {
    this.#hash(event, event.obid, event.guid);
    const sentAt = this.#current.get(this.#high, this.#low) || this.#previous.get(this.#high, this.#low);
    return sentAt !== 0 && (this.#time(this.#nowMs()) - sentAt) >>> 0 <= LIFETIME_MS;
  }

  #time(nowMs: number): number {
    return (Math.floor(nowMs - this.#beginMs) + 1) >>> 0 || 1;
  }

  /** A 52-bit hash of what every echo has in common with the event that was sent. */
  #survivingKey(event: DriverEvent): number {
    this.#hash(event, 0, NO_GUID);
    return this.#high * 0x100000 + (this.#low >>> 12);
  }

  #hash(event: DriverEvent, obid: number, guid: Uint8Array): void {
    const kind = (event.vscpClass << 16) | event.vscpType;
    let high = Math.imul(this.#seed ^ obid ^ kind, 0xcc9e2d51);
    let low = Math.imul(obid ^ 0x9e3779b9, 0x85ebca6b) ^ this.#seed;
    low = Math.imul(low ^ (low >>> 15) ^ kind, 0x1b873593);
    for (const bytes of [guid, event.data]) {
      for (let i = 0; i < bytes.length; i++) {
        const byte = bytes[i] as number;
        high = Math.imul(high ^ byte, 0x01000193);
        low = Math.imul((low << 5) ^ (low >>> 27) ^ byte, 0x85ebca6b);
      }
      high ^= bytes.length;
    }
    this.#high = (high ^ (high >>> 16)) >>> 0;
    this.#low = (low ^ (low >>> 13)) >>> 0;
  }
}
