import type { Outbox } from './outbox.ts';

export interface FlushListLimits {
  /** Entries that are written to in one turn of the event loop: some milliseconds of work. */
  perTurn: number;
  /** A batch of this many events from the host belongs to a flood: another one follows at once. */
  floodBatch: number;
  /** The number of events for an entry that makes a write worth its price. */
  worthAWrite: number;
  /** The most events that are gathered. */
  mostGathered: number;
}

const LIMITS: FlushListLimits = { perTurn: 1024, floodBatch: 1000, worthAWrite: 8, mostGathered: 8192 };

/**
 * The entries that something waits for. They are written to at the end of the turn, after all sockets that had
 * input, which gathers without delaying anything. In a flood of which each of many entries gets only a few events
 * per batch, they also wait for the next batches, because a write costs more than those events.
 */
export class FlushList<Entry extends { readonly outbox: Pick<Outbox, 'queued' | 'flush' | 'backlog'> }> {
  #entries: Entry[] = [];
  #isPlanned = false;
  /** Events from the host since the last flush. */
  #gathered = 0;
  /** A batch has come since the last turn that is to go out together with the next one. */
  #awaitsMore = false;
  readonly #afterWrite: (entry: Entry) => void;
  readonly #limits: FlushListLimits;

  /** @param afterWrite called for each entry after its flush */
  constructor(afterWrite: (entry: Entry) => void, limits = LIMITS) {
    this.#afterWrite = afterWrite;
    this.#limits = limits;
  }

  add(entry: Entry): void {
    if (!entry.outbox.queued) {
      entry.outbox.queued = true;
      this.#entries.push(entry);
    }
    this.#plan();
  }

  /** Call this when a batch of `events` events from the host was handed out: flushes now, or waits for more. */
  endOfBatch(events: number): void {
    const { floodBatch, mostGathered } = this.#limits;
    this.#gathered += events;
    this.#awaitsMore = events >= floodBatch && this.#gathered < mostGathered && this.#isSparse;
    if (!this.#awaitsMore) this.#flush();
  }

  /** Whether the entries have only a few events each, judged by three of them. */
  get #isSparse(): boolean {
    const entries = this.#entries;
    const samples = [entries[0], entries[entries.length >> 1], entries[entries.length - 1]];
    const events = samples.reduce((sum, entry) => sum + (entry?.outbox.backlog.events ?? 0), 0);
    return events < samples.length * this.#limits.worthAWrite;
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      // When no other batch comes until the next turn, the flood is over.
      if (this.#awaitsMore) {
        this.#awaitsMore = false;
        this.#plan();
      } else {
        this.#flush();
      }
    });
  }

  #flush(): void {
    this.#gathered = 0;
    for (const entry of this.#entries.splice(0, this.#limits.perTurn)) {
      entry.outbox.queued = false;
      entry.outbox.flush();
      this.#afterWrite(entry);
    }
    if (this.#entries.length > 0) this.#plan();
  }
}
