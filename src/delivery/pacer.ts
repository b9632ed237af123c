import type { AudienceEntry } from './audience.ts';

const WINDOW_MS = 100;
/** Weight of the newest window in a session's smoothed pace. */
const SMOOTHING = 0.4;
/** A write that takes longer shows that the client does not read at all, so it sets no pace. */
const STUCK_MS = 3 * WINDOW_MS;
/** Share of the leader's pace that a reader needs in order to hold the host back. */
const LEADING_SHARE = 0.7;
/** Share of a reader's queue that must be full before the reader counts as behind. */
const BEHIND_FILL = 0.5;

/** How fast a reader takes its events. */
interface Pace {
  /** Events delivered up to the beginning of the window. */
  mark: number;
  /** Smoothed events per window; undefined until its first window has passed. */
  smoothed: number | undefined;
}

/**
 * Decides when to stop taking events from the host for a moment. In a flood the clients together are the
 * limit; waiting for the fastest readers loses nothing, and the host notices it by its full, bounded ring.
 * A client that reads markedly slower than the fastest never holds anybody back: its own queue overflows.
 */
export class Pacer {
  #paused = false;
  #windowSinceMs = 0;
  /** Entries whose queue was more than half full at the last look. */
  readonly #behind = new Set<AudienceEntry>();
  /** Kept only while some entry is behind. */
  readonly #paces = new Map<AudienceEntry, Pace>();
  /** Who read fastest in the last window. */
  #leader: AudienceEntry | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #entries: Iterable<AudienceEntry>;
  readonly #nowMs: () => number;
  readonly #setPaused: (paused: boolean) => void;

  constructor(options: {
    entries: Iterable<AudienceEntry>;
    nowMs: () => number;
    setPaused: (paused: boolean) => void;
  }) {
    this.#entries = options.entries;
    this.#nowMs = options.nowMs;
    this.#setPaused = options.setPaused;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Call this after events were queued or written for an entry. */
  watch(entry: AudienceEntry): void {
    if (entry.outbox.backlog.fill > BEHIND_FILL) this.#behind.add(entry);
  }

  /** Call this when an entry has gone. */
  forget(entry: AudienceEntry): void {
    this.#behind.delete(entry);
    this.#paces.delete(entry);
    if (this.#leader === entry) this.#leader = this.#fastest();
    if (this.#paused) this.check();
  }

  /**
   * Call this after a batch from the host was handed out, and when a stalled client has drained. The cost
   * grows with the number of entries that are behind, and once per window with the number of all entries.
   */
  check(): void {
    const behind = this.#entriesBehind();
    if (behind.length === 0) {
      this.#paces.clear();
      this.#leader = undefined;
      this.#apply(false);
      return;
    }
    const nowMs = this.#nowMs();
    if (this.#paces.size === 0) this.#beginMeasuring(nowMs);
    else if (nowMs - this.#windowSinceMs >= WINDOW_MS) this.#measure(nowMs);
    const leading = this.#leaderPace() * LEADING_SHARE;
    this.#apply(behind.some((entry) => this.#leads(entry, leading)));
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #entriesBehind(): AudienceEntry[] {
    const behind: AudienceEntry[] = [];
    for (const entry of this.#behind) {
      const { outbox } = entry;
      if (outbox.backlog.fill <= BEHIND_FILL) this.#behind.delete(entry);
      else if (outbox.flowing && outbox.open) behind.push(entry);
    }
    return behind;
  }

  #beginMeasuring(nowMs: number): void {
    this.#windowSinceMs = nowMs;
    for (const entry of this.#entries) {
      this.#paces.set(entry, { mark: entry.outbox.delivered, smoothed: undefined });
    }
  }

  #measure(nowMs: number): void {
    const scale = WINDOW_MS / (nowMs - this.#windowSinceMs);
    this.#windowSinceMs = nowMs;
    for (const entry of this.#entries) {
      const { delivered, stalledSinceMs } = entry.outbox;
      let pace = this.#paces.get(entry);
      if (pace === undefined) {
        // An entry that came within the window begins from zero.
        pace = { mark: 0, smoothed: 0 };
        this.#paces.set(entry, pace);
      }
      const newest = (delivered - pace.mark) * scale;
      const smoothed =
        pace.smoothed === undefined ? newest : pace.smoothed + (newest - pace.smoothed) * SMOOTHING;
      const isStuck = stalledSinceMs !== 0 && nowMs - stalledSinceMs > STUCK_MS;
      pace.mark = delivered;
      pace.smoothed = smoothed < 0.5 || isStuck ? 0 : smoothed;
    }
    this.#leader = this.#fastest();
  }

  #leaderPace(): number {
    if (this.#leader?.outbox.flowing === false) this.#leader = this.#fastest();
    return (this.#leader && this.#paces.get(this.#leader)?.smoothed) ?? 0;
  }

  #fastest(): AudienceEntry | undefined {
    let leader: AudienceEntry | undefined;
    let leaderPace = 0;
    for (const [entry, { smoothed = 0 }] of this.#paces) {
      if (smoothed <= leaderPace || !entry.outbox.flowing) continue;
      leaderPace = smoothed;
      leader = entry;
    }
    return leader;
  }

  /** Until its first window has passed, an entry has the benefit of the doubt. */
  #leads(entry: AudienceEntry, leading: number): boolean {
    const pace = this.#paces.get(entry);
    if (pace === undefined) return false;
    return pace.smoothed === undefined || (pace.smoothed > 0 && pace.smoothed >= leading);
  }

  #apply(paused: boolean): void {
    if (paused && this.#timer === undefined) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.check();
      }, WINDOW_MS / 4);
    }
    if (paused === this.#paused) return;
    this.#paused = paused;
    this.#setPaused(paused);
  }
}
