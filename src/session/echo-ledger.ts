import type { DriverEvent } from '../vscp/event.ts';
import { isZeroGuid } from '../vscp/guid.ts';

/** How long an event that went to the host may take to come back. */
const WINDOW_MS = 2000;
/** How long an event waits when it may be either an echo or a node's own event. */
const HOLD_MS = 500;
/** After this many events of clients in a row came back with another GUID, such events count as echoes. */
const PROOFS = 3;
/** After this many events in a row did not come back, the host does not echo (that kind of event). */
const MISSES = 8;
/** The same number for a kind that came back before: a host may be slow for a while. */
const MISSES_OF_ECHOED = 1000;
const MAX_SENT = 1 << 14;
const MAX_KINDS = 4096;

/** `held` events come out later through `onRelease`, or turn out to be echoes (`onDrop`). */
export type EchoVerdict = 'news' | 'echo' | 'held';

interface Sent {
  key: number;
  kind: number;
  guid: Uint8Array;
  atMs: number;
  /** It has come back. */
  matched: boolean;
}

/**
 * Recognises events that come back through a host that publishes in the binary form. Their obid and time
 * differ then, in classic hosts their GUID too; class, type and data survive. Each event that went to the
 * host accounts for one equal event of the host, so that a node's equal event is delivered whichever comes
 * first.
 *
 * The first ones with another GUID may be a node's own: they wait until more come back (then they are echoes
 * and dropped) or none does (then they are delivered, late). After a few events the ledger knows that a host
 * does not echo; from then on it costs nothing.
 */
export class EchoLedger {
  /** Events that went to the host and have not come back, by the hash of what survives. */
  readonly #sent = new Map<number, Sent[]>();
  /** The same events, oldest first; those that came back are skipped. */
  #queue: Sent[] = [];
  #queueHead = 0;
  #waiting = 0;
  /** By class and type, how many more events may fail to come back before none is expected any more. */
  readonly #chances = new Map<number, number>();
  #held: { event: DriverEvent; key: number; untilMs: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #proofs = 0;
  #misses = 0;
  #changesGuid = false;
  #keepsGuid = false;
  #keepsObid = false;
  readonly #nowMs: () => number;
  readonly #onRelease: (event: DriverEvent) => void;
  readonly #onDrop: (count: number) => void;

  constructor(options: {
    nowMs: () => number;
    onRelease: (event: DriverEvent) => void;
    onDrop: (count: number) => void;
  }) {
    this.#nowMs = options.nowMs;
    this.#onRelease = options.onRelease;
    this.#onDrop = options.onDrop;
  }

  /** Whether an event that went to the host may come back in another form; others need not be remembered. */
  wants(event: DriverEvent): boolean {
    if (this.#keepsObid) return false;
    const kind = kindOf(event);
    const chances = this.#chances.get(kind);
    if (chances !== undefined) return chances > 0;
    if (this.#chances.size >= MAX_KINDS) return false;
    this.#chances.set(kind, MISSES);
    return true;
  }

  /** An event has gone to the host, and is remembered if there is room; `key` is a hash of class, type and data. */
  remember(event: DriverEvent, key: number): void {
    const kind = kindOf(event);
    const atMs = this.#nowMs();
    this.#expire(atMs);
    // The oldest stay: only when they have not come back in time does the ledger learn that none does.
    if (this.#waiting >= MAX_SENT) return;
    const sent: Sent = { key, kind, guid: event.guid, atMs, matched: false };
    const equal = this.#sent.get(key);
    if (equal === undefined) this.#sent.set(key, [sent]);
    else equal.push(sent);
    this.#queue.push(sent);
    this.#waiting++;
  }

  /** False when nothing is expected back: then the caller need not make a key. */
  get expectsEchoes(): boolean {
    return this.#waiting > 0;
  }

  /** Whether an event that the host wrote is one that went to it. */
  judge(event: DriverEvent, key: number): EchoVerdict {
    const nowMs = this.#nowMs();
    this.#expire(nowMs);
    const equal = this.#sent.get(key);
    if (equal === undefined) return 'news';
    const same = equal.find(({ guid }) => Buffer.compare(guid, event.guid) === 0);
    if (same !== undefined) {
      this.#keepsGuid = true;
      this.#match(same);
      return 'echo';
    }
    if (this.#keepsGuid) return 'news';
    this.#match(equal[0] as Sent);
    if (this.#changesGuid || isZeroGuid(event.guid)) return 'echo';
    if (++this.#proofs >= PROOFS) {
      this.#changesGuid = true;
      this.#onDrop(this.#held.length);
      this.#held = [];
      return 'echo';
    }
    this.#held.push({ event, key, untilMs: nowMs + HOLD_MS });
    this.#timer ??= setTimeout(this.#releaseDue, HOLD_MS).unref();
    return 'held';
  }

  /** An event came back with its obid: this host keeps obids, so none of its other events is an echo. */
  obidKept(): void {
    if (this.#keepsObid) return;
    this.#keepsObid = true;
    this.#sent.clear();
    this.#queue = [];
    this.#queueHead = 0;
    this.#waiting = 0;
    this.#release(() => true);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#held = [];
  }

  readonly #releaseDue = (): void => {
    this.#timer = undefined;
    const nowMs = this.#nowMs();
    this.#release(({ untilMs }) => untilMs <= nowMs);
    const [next] = this.#held;
    if (next !== undefined) this.#timer = setTimeout(this.#releaseDue, next.untilMs - nowMs + 1).unref();
  };

  #release(wanted: (held: { untilMs: number }) => boolean): void {
    const due = this.#held.filter(wanted);
    if (due.length === 0) return;
    this.#held = this.#held.filter((held) => !due.includes(held));
    for (const { event } of due) this.#onRelease(event);
  }

  #match(sent: Sent): void {
    sent.matched = true;
    this.#remove(sent);
    this.#misses = 0;
    this.#chances.set(sent.kind, MISSES_OF_ECHOED);
  }

  #remove(sent: Sent): void {
    this.#waiting--;
    const equal = this.#sent.get(sent.key) ?? [];
    if (equal.length <= 1) this.#sent.delete(sent.key);
    else equal.splice(equal.indexOf(sent), 1);
  }

  /** Removes the events that did not come back in time, and learns from them. */
  #expire(nowMs: number): void {
    for (;;) {
      const oldest = this.#queue[this.#queueHead];
      if (oldest === undefined || nowMs - oldest.atMs <= WINDOW_MS) break;
      this.#shiftQueue();
      if (!oldest.matched) this.#miss(oldest);
    }
  }

  #miss(sent: Sent): void {
    this.#remove(sent);
    this.#chances.set(sent.kind, Math.max((this.#chances.get(sent.kind) ?? 0) - 1, 0));
    this.#proofs = 0;
    if (++this.#misses >= MISSES) this.#changesGuid = false;
    this.#release(() => true);
  }

  #shiftQueue(): void {
    this.#queueHead++;
    if (this.#queueHead < 1024 || this.#queueHead * 2 < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#queueHead);
    this.#queueHead = 0;
  }
}

function kindOf(event: DriverEvent): number {
  return event.vscpClass * 65536 + event.vscpType;
}
