import type { Session } from './session.ts';

const WINDOW_MS = 100;
/** Weight of the newest window in a session's smoothed pace. */
const SMOOTHING = 0.4;
/** A write that takes longer shows a client that does not read at all: it sets no pace. */
const STUCK_MS = 3 * WINDOW_MS;
/** Share of the leader's pace from which on a session may hold the host back. */
const LEADING_SHARE = 0.7;
/** Share of its queue that a session has to fill before it counts as behind. */
const BEHIND_FILL = 0.5;

/**
 * Decides when to stop taking events from the host for a moment. In a flood the clients as a whole are
 * the limit; waiting for those that read fastest loses nothing, and the host's bounded ring tells the host.
 * A client that reads markedly slower than the fastest never holds anybody back: its own queue overflows.
 */
export class Pacer {
  #paused = false;
  #windowSinceMs = 0;
  #measuring = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #sessions: Iterable<Session>;
  readonly #nowMs: () => number;
  readonly #setPaused: (paused: boolean) => void;

  constructor(options: {
    sessions: Iterable<Session>;
    nowMs: () => number;
    setPaused: (paused: boolean) => void;
  }) {
    this.#sessions = options.sessions;
    this.#nowMs = options.nowMs;
    this.#setPaused = options.setPaused;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** To be called after a batch of the host was handed out, and when a stalled client has drained. */
  check(): void {
    const behind = this.#sessionsBehind();
    if (behind.length === 0) {
      this.#measuring = false;
      this.#apply(false);
      return;
    }
    const nowMs = this.#nowMs();
    if (!this.#measuring) this.#beginMeasuring(nowMs);
    else if (nowMs - this.#windowSinceMs >= WINDOW_MS) this.#measure(nowMs);
    const leaderPace = this.#leaderPace();
    this.#apply(behind.some((session) => session.pace > 0 && session.pace >= leaderPace * LEADING_SHARE));
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #sessionsBehind(): Session[] {
    const behind: Session[] = [];
    for (const session of this.#sessions) {
      const { outbox } = session;
      if (outbox.flowing && outbox.open && outbox.backlog.fill > BEHIND_FILL) behind.push(session);
    }
    return behind;
  }

  /** Until the first window has passed, every session has the benefit of the doubt. */
  #beginMeasuring(nowMs: number): void {
    this.#measuring = true;
    this.#windowSinceMs = nowMs;
    for (const session of this.#sessions) {
      session.pace = 1;
      session.paceMark = session.outbox.delivered;
    }
  }

  #measure(nowMs: number): void {
    const scale = WINDOW_MS / (nowMs - this.#windowSinceMs);
    this.#windowSinceMs = nowMs;
    for (const session of this.#sessions) {
      const delivered = (session.outbox.delivered - session.paceMark) * scale;
      session.paceMark = session.outbox.delivered;
      const first = session.pace === 1;
      session.pace = first ? delivered : session.pace + (delivered - session.pace) * SMOOTHING;
      const { stalledSinceMs } = session.outbox;
      const isStuck = stalledSinceMs !== 0 && nowMs - stalledSinceMs > STUCK_MS;
      if (session.pace < 0.5 || isStuck) session.pace = 0;
    }
  }

  #leaderPace(): number {
    let leaderPace = 0;
    for (const session of this.#sessions) {
      if (session.outbox.flowing && session.pace > leaderPace) leaderPace = session.pace;
    }
    return leaderPace;
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
