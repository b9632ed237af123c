import type { DriverEvent } from '../vscp/event.ts';
import type { EventArchive } from './event-archive.ts';
import { inOwnTurn } from './own-turn.ts';
import type { Session } from './session.ts';

/** Remembered events that are written again in one turn; even the largest fill less than half of a small queue. */
const EVENTS_PER_TURN = 50;

/** A session that still gets what it missed. */
interface Missing {
  /** Number of the last event that the session has. */
  after: number;
  isPlanned: boolean;
  onMissed: (events: number) => void;
}

/** Gives sessions the remembered events that they missed, some in each turn and only as fast as they read. */
export class CatchUp {
  readonly #sessions = new Map<Session, Missing>();
  readonly #archive: EventArchive;
  readonly #eventsPerTurn: number;
  readonly #queue: (event: DriverEvent, session: Session) => void;
  readonly #onCaughtUp: (session: Session) => void;

  constructor(options: {
    archive: EventArchive;
    maxClientQueueSize: number;
    /** Queues an event for one session. */
    queue: (event: DriverEvent, session: Session) => void;
    /** Called when a session has everything up to now: new events must reach it from here on. */
    onCaughtUp: (session: Session) => void;
  }) {
    this.#archive = options.archive;
    this.#eventsPerTurn = Math.max(1, Math.min(EVENTS_PER_TURN, Math.floor(options.maxClientQueueSize / 2)));
    this.#queue = options.queue;
    this.#onCaughtUp = options.onCaughtUp;
  }

  /**
   * @param after number of the last event that the session has
   * @param onMissed called with a number of events that are no longer remembered
   */
  begin(session: Session, after: number, onMissed: (events: number) => void): void {
    const missing: Missing = { after, isPlanned: false, onMissed };
    this.#sessions.set(session, missing);
    this.#advance(session, missing);
  }

  /** Call this when events of a session have been written. */
  written(session: Session): void {
    const missing = this.#sessions.get(session);
    if (missing !== undefined) this.#plan(session, missing);
  }

  /** Call this when a session has gone. */
  forget(session: Session): void {
    this.#sessions.delete(session);
  }

  #plan(session: Session, missing: Missing): void {
    if (missing.isPlanned) return;
    missing.isPlanned = true;
    inOwnTurn(() => {
      missing.isPlanned = false;
      if (this.#sessions.get(session) === missing) this.#advance(session, missing);
    });
  }

  #advance(session: Session, missing: Missing): void {
    // Once the session has read, `written` goes on.
    if (session.outbox.backlog.fill >= 0.5) return;
    const { reached, missed, isEnd } = this.#archive.replay(missing.after, this.#eventsPerTurn, (event) => {
      if (session.maySee(event)) this.#queue(event, session);
    });
    if (missed > 0) missing.onMissed(missed);
    missing.after = reached;
    if (!isEnd) {
      this.#plan(session, missing);
      return;
    }
    this.#sessions.delete(session);
    this.#onCaughtUp(session);
  }
}
