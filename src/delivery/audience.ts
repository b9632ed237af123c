import type { DriverEvent } from '../vscp/event.ts';
import type { OriginFilter } from '../vscp/filter.ts';
import type { EventFrames } from './event-frames.ts';
import { makeGroup } from './group-sender.ts';
import { OriginIndex } from './origin-index.ts';
import type { Outbox } from './outbox.ts';

const MAX_CACHED_KINDS = 4096;
/** Most members in all kept lists together: some megabytes. */
const MAX_CACHED_MEMBERS = 500_000;
/** How many lists a new one is compared with, to find one with the same members. */
const MAX_COMPARED = 64;

/** One receiver of events as delivery sees it: what it gets, in which form, and where that goes. */
export interface AudienceEntry {
  /** Builds the frames of the text form that it speaks. */
  readonly frames: EventFrames;
  readonly outbox: Outbox;
  /** False while it gets nothing at all (nobody has logged in). */
  readonly receivesAnything: boolean;
  /** True when it gets events whatever their priority and GUID. */
  readonly acceptsAnyOrigin: boolean;
  /** Decides what `receives` leaves open: priority and GUID. */
  readonly filter: OriginFilter;
  /** Whether it gets events of this class and type, as far as class and type decide. */
  receives(vscpClass: number, vscpType: number): boolean;
  /** For log lines. */
  describe(): string;
}

/** The receivers that speak one text form. */
export interface FormReceivers<Entry extends AudienceEntry> {
  readonly frames: EventFrames;
  /** Those that get every such event and can be reached past Node, and their slots in the same order. */
  readonly direct: readonly Entry[];
  readonly group: Uint32Array;
  /** The others that get every such event. */
  readonly others: readonly Entry[];
  /** Those for which priority or GUID decides; undefined when there are none. */
  readonly conditional: OriginIndex<Entry> | undefined;
}

/** The receivers of events of some classes and types. */
export interface Receivers<Entry extends AudienceEntry> {
  readonly entries: readonly Entry[];
  readonly forms: readonly FormReceivers<Entry>[];
}

/**
 * Knows who gets an event of a class and type. It works out the answer once per class and type and keeps it
 * until an entry comes, goes or changes what it receives. So the cost of an event grows with its receivers,
 * not with the number of connections. Classes and types with the same receivers share one answer.
 */
export class Audience<Entry extends AudienceEntry> {
  readonly #entries = new Set<Entry>();
  /** The entries that get anything at all: a client that has not logged in costs an event nothing. */
  readonly #receiving = new Set<Entry>();
  readonly #byKind = new Map<number, Receivers<Entry>>();
  #distinct: Receivers<Entry>[] = [];
  #cachedMembers = 0;

  /** The entries that get anything at all. */
  get receiving(): Iterable<Entry> {
    return this.#receiving;
  }

  add(entry: Entry): void {
    this.#entries.add(entry);
    if (entry.receivesAnything) this.update(entry);
  }

  remove(entry: Entry): void {
    this.#entries.delete(entry);
    if (this.#receiving.delete(entry)) this.#forget();
  }

  /** Call this after a change of what the entry receives. */
  update(entry: Entry): void {
    if (!this.#entries.has(entry)) return;
    if (entry.receivesAnything) this.#receiving.add(entry);
    else this.#receiving.delete(entry);
    this.#forget();
  }

  /** Who may get such an event, as far as class and type decide. */
  receiversOf(event: DriverEvent): Receivers<Entry> {
    const kind = ((event.vscpClass << 16) | event.vscpType) >>> 0;
    return this.#byKind.get(kind) ?? this.#workOut(kind, event.vscpClass, event.vscpType);
  }

  #workOut(kind: number, vscpClass: number, vscpType: number): Receivers<Entry> {
    const entries: Entry[] = [];
    for (const entry of this.#receiving) {
      if (!entry.receives(vscpClass, vscpType)) continue;
      entries.push(entry);
    }
    const tooMany = this.#byKind.size >= MAX_CACHED_KINDS || this.#cachedMembers > MAX_CACHED_MEMBERS;
    if (tooMany) this.#forget();
    let receivers = this.#distinct.find((known) => sameMembers(known.entries, entries));
    if (receivers === undefined) {
      receivers = { entries, forms: byForm(entries) };
      this.#cachedMembers += entries.length;
      if (this.#distinct.length < MAX_COMPARED) this.#distinct.push(receivers);
    }
    this.#byKind.set(kind, receivers);
    return receivers;
  }

  #forget(): void {
    this.#byKind.clear();
    this.#distinct = [];
    this.#cachedMembers = 0;
  }
}

function byForm<Entry extends AudienceEntry>(entries: readonly Entry[]): FormReceivers<Entry>[] {
  const forms = new Set(entries.map((entry) => entry.frames));
  return [...forms].map((frames) => {
    const members = entries.filter((entry) => entry.frames === frames);
    const all = members.filter((entry) => entry.acceptsAnyOrigin);
    const some = members.filter((entry) => !entry.acceptsAnyOrigin);
    const direct = all.filter(({ outbox }) => outbox.channel !== undefined);
    return {
      frames,
      direct,
      group: makeGroup(direct.map(({ outbox }) => outbox.channel?.slot ?? 0)),
      others: all.filter(({ outbox }) => outbox.channel === undefined),
      conditional: some.length > 0 ? new OriginIndex(some) : undefined,
    };
  });
}

function sameMembers(a: readonly AudienceEntry[], b: readonly AudienceEntry[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
