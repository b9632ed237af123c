import type { DriverEvent } from '../vscp/event.ts';
import type { OriginFilter } from '../vscp/filter.ts';
import type { EventFrames } from './event-frames.ts';
import { makeGroup } from './group-sender.ts';
import { OriginIndex } from './origin-index.ts';
import type { Outbox } from './outbox.ts';

const MAX_CACHED_KINDS = 4096;
/** Members of all lists that are kept: some megabytes. */
const MAX_CACHED_MEMBERS = 500_000;
/** Lists that a new one is compared with, to find one with the same members. */
const MAX_COMPARED = 64;

/** One receiver of events as delivery sees it: what it is sent, in which form, and where that goes. */
export interface AudienceEntry {
  /** Builds the frames of the text form that it speaks. */
  readonly frames: EventFrames;
  readonly outbox: Outbox;
  /** False while nothing at all is for it (nobody has logged in). */
  readonly receivesAnything: boolean;
  /** True when priority and GUID of an event make no difference to it. */
  readonly acceptsAnyOrigin: boolean;
  /** What `receives` leaves open: priority and GUID. */
  readonly filter: OriginFilter;
  /** Whether events of this class and type are for it, as far as class and type tell. */
  receives(vscpClass: number, vscpType: number): boolean;
  /** For log lines. */
  describe(): string;
}

/** Those of the receivers that speak one text form. */
export interface FormReceivers<Entry extends AudienceEntry> {
  readonly frames: EventFrames;
  /** Those that get every such event and can be sent to past Node, and their slots in the same order. */
  readonly direct: readonly Entry[];
  readonly group: Uint32Array;
  /** The others that get every such event. */
  readonly others: readonly Entry[];
  /** Those that priority or GUID decide over; undefined when there are none. */
  readonly conditional: OriginIndex<Entry> | undefined;
}

/** Those whom events of some classes and types are for. */
export interface Receivers<Entry extends AudienceEntry> {
  readonly entries: readonly Entry[];
  readonly forms: readonly FormReceivers<Entry>[];
}

/**
 * Whom an event of a class and type is for. The answer is worked out once per class and type and kept until an
 * entry comes, goes or changes what it receives. So an event costs as much as it has receivers, not as much as
 * there are connections. Kinds with the same receivers share one answer.
 */
export class Audience<Entry extends AudienceEntry> {
  readonly #entries = new Set<Entry>();
  /** Those of them that anything is for: who has not logged in costs an event nothing. */
  readonly #receiving = new Set<Entry>();
  readonly #byKind = new Map<number, Receivers<Entry>>();
  #distinct: Receivers<Entry>[] = [];
  #cachedMembers = 0;

  /** Those that anything is for. */
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

  /** To be called after what the entry receives has changed. */
  update(entry: Entry): void {
    if (!this.#entries.has(entry)) return;
    if (entry.receivesAnything) this.#receiving.add(entry);
    else this.#receiving.delete(entry);
    this.#forget();
  }

  /** Who may get such an event, as far as class and type tell. */
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
