import type { DriverEvent } from '../vscp/event.ts';
import type { EventFrames } from './event-frames.ts';
import type { Outbox } from './outbox.ts';

const MAX_CACHED_KINDS = 4096;
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
  /** Whether events of this class and type are for it, as far as class and type tell. */
  receives(vscpClass: number, vscpType: number): boolean;
  /** What `receives` leaves open: priority and GUID. */
  acceptsOrigin(event: DriverEvent): boolean;
  /** For log lines. */
  describe(): string;
}

/** Those whom events of some classes and types are for. */
export interface Receivers<Entry extends AudienceEntry> {
  readonly entries: readonly Entry[];
  /** True when priority and GUID make no difference to any of them: every event is for all. */
  readonly unconditional: boolean;
  /** The text forms they speak. */
  readonly forms: readonly EventFrames[];
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
    const forms = new Set<EventFrames>();
    let unconditional = true;
    for (const entry of this.#receiving) {
      if (!entry.receives(vscpClass, vscpType)) continue;
      entries.push(entry);
      forms.add(entry.frames);
      unconditional &&= entry.acceptsAnyOrigin;
    }
    if (this.#byKind.size >= MAX_CACHED_KINDS) this.#forget();
    const receivers = this.#distinct.find((known) => sameMembers(known.entries, entries)) ?? {
      entries,
      unconditional,
      forms: [...forms],
    };
    if (receivers.entries === entries && this.#distinct.length < MAX_COMPARED) this.#distinct.push(receivers);
    this.#byKind.set(kind, receivers);
    return receivers;
  }

  #forget(): void {
    this.#byKind.clear();
    this.#distinct = [];
  }
}

function sameMembers(a: readonly AudienceEntry[], b: readonly AudienceEntry[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
