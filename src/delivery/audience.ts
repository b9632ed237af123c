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
/** Slots that a group has room for at first. */
const INITIAL_GROUP = 32;
/** With more kinds, working lists out again costs less than asking a newcomer about each kind. */
const MAX_KINDS_ASKED = 64;

/** One receiver of events as delivery sees it: what it gets, in which form, and where that goes. */
export interface AudienceEntry {
  /** Builds the frames of the text form that it speaks. */
  readonly frames: EventFrames;
  readonly outbox: Outbox;
  /** False while it gets nothing at all (nobody has logged in, or has no right to). */
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

class FormList<Entry extends AudienceEntry> implements FormReceivers<Entry> {
  readonly frames: EventFrames;
  readonly direct: Entry[] = [];
  readonly others: Entry[] = [];
  group = makeGroup(INITIAL_GROUP);
  conditional: OriginIndex<Entry> | undefined;

  constructor(frames: EventFrames) {
    this.frames = frames;
  }

  add(entry: Entry): void {
    const { channel } = entry.outbox;
    if (!entry.acceptsAnyOrigin) {
      this.conditional ??= new OriginIndex();
      this.conditional.add(entry);
    } else if (channel === undefined) {
      this.others.push(entry);
    } else {
      if (this.direct.length === this.group.length) this.group = makeGroup(2 * this.group.length, this.group);
      this.group[this.direct.push(entry) - 1] = channel.slot;
    }
  }
}

class ReceiverList<Entry extends AudienceEntry> implements Receivers<Entry> {
  readonly entries: Entry[] = [];
  readonly forms: FormList<Entry>[] = [];

  constructor(entries: readonly Entry[] = []) {
    for (const entry of entries) this.add(entry);
  }

  add(entry: Entry): void {
    this.entries.push(entry);
    let form = this.forms.find(({ frames }) => frames === entry.frames);
    if (form === undefined) {
      form = new FormList(entry.frames);
      this.forms.push(form);
    }
    form.add(entry);
  }
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
  readonly #byKind = new Map<number, ReceiverList<Entry>>();
  #distinct: ReceiverList<Entry>[] = [];
  #cachedMembers = 0;
  readonly #beforeChange: () => void;

  /** @param beforeChange called before lists that were given out become wrong */
  constructor(beforeChange: () => void = () => undefined) {
    this.#beforeChange = beforeChange;
  }

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
    if (!this.#receiving.has(entry)) return;
    this.#beforeChange();
    this.#receiving.delete(entry);
    this.#forget();
  }

  /** Call this after a change of what the entry receives. */
  update(entry: Entry): void {
    if (!this.#entries.has(entry)) return;
    this.#beforeChange();
    const isKnown = this.#receiving.has(entry);
    if (entry.receivesAnything) this.#receiving.add(entry);
    else this.#receiving.delete(entry);
    if (isKnown) this.#forget();
    else if (entry.receivesAnything) this.#addToLists(entry);
  }

  /** Who may get such an event, as far as class and type decide. */
  receiversOf(event: DriverEvent): Receivers<Entry> {
    const kind = ((event.vscpClass << 16) | event.vscpType) >>> 0;
    return this.#byKind.get(kind) ?? this.#workOut(kind, event.vscpClass, event.vscpType);
  }

  /**
   * Adds a newcomer to the lists that are kept, so that in a crowd of logins they are not worked out again for each
   * event. A list that belongs to several kinds fits only if the newcomer gets all of them or none.
   */
  #addToLists(entry: Entry): void {
    const wanted = new Map<ReceiverList<Entry>, boolean>();
    for (const [kind, list] of this.#byKind) {
      const gets = entry.receives(kind >>> 16, kind & 0xffff);
      if (this.#byKind.size > MAX_KINDS_ASKED || (wanted.get(list) ?? gets) !== gets) {
        this.#forget();
        return;
      }
      wanted.set(list, gets);
    }
    for (const [list, gets] of wanted) {
      if (!gets) continue;
      list.add(entry);
      this.#cachedMembers++;
    }
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
      receivers = new ReceiverList(entries);
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

function sameMembers(a: readonly AudienceEntry[], b: readonly AudienceEntry[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
