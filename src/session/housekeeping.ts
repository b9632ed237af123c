import { CLOSE_NOT_AUTHENTICATED, CLOSE_SLOW_CLIENT } from '../core/protocol.ts';
import type { Logger } from '../logging/logger.ts';
import type { Session } from './session.ts';
import type { ServerStats } from './stats.ts';

const TICK_MS = 1000;
const MAX_MISSED_PONGS = 2;

/** Checks all sessions once a second for late logins, stopped readers, and peers that went away silently. */
export class Housekeeping {
  readonly #timer: NodeJS.Timeout;
  readonly #sessions: Iterable<Session>;
  readonly #stats: ServerStats;
  readonly #log: Logger;
  readonly #authTimeoutMs: number;
  /** 0 = no end. */
  readonly #sessionMaxAgeMs: number;
  readonly #pingIntervalMs: number;
  readonly #slowClientTimeoutMs: number;
  readonly #nowMs: () => number;

  constructor(options: {
    sessions: Iterable<Session>;
    stats: ServerStats;
    log: Logger;
    authTimeoutMs: number;
    sessionMaxAgeMs: number;
    pingIntervalMs: number;
    slowClientTimeoutMs: number;
    nowMs: () => number;
  }) {
    this.#sessions = options.sessions;
    this.#stats = options.stats;
    this.#log = options.log;
    this.#authTimeoutMs = options.authTimeoutMs;
    this.#sessionMaxAgeMs = options.sessionMaxAgeMs;
    this.#pingIntervalMs = options.pingIntervalMs;
    this.#slowClientTimeoutMs = options.slowClientTimeoutMs;
    this.#nowMs = options.nowMs;
    this.#timer = setInterval(() => this.tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** One round; called by the timer. */
  tick(): void {
    const nowMs = this.#nowMs();
    for (const session of this.#sessions) {
      if (session.channel.readyState !== session.channel.OPEN) continue;
      // It is not the client's fault when a login has to wait for its turn.
      const loginIsDue = session.user === undefined && !session.commandRuns;
      if (loginIsDue && nowMs - session.connectedAtMs >= this.#authTimeoutMs) {
        session.end(CLOSE_NOT_AUTHENTICATED, 'not authenticated in time');
      } else if (this.#isTooOld(session, nowMs)) {
        this.#log.info(`session-max-age is over, closed: ${session.describe()}`);
        session.end(CLOSE_NOT_AUTHENTICATED, 'session too old');
      } else if (session.idleEndMs !== undefined) {
        if (nowMs >= session.idleEndMs) this.#endIdle(session);
      } else if (session.outbox.stalled) {
        this.#checkStalled(session, nowMs);
      } else {
        this.#checkAlive(session, nowMs);
      }
    }
  }

  #isTooOld({ loggedInAtMs }: Session, nowMs: number): boolean {
    if (this.#sessionMaxAgeMs === 0 || loggedInAtMs === undefined) return false;
    return nowMs - loggedInAtMs >= this.#sessionMaxAgeMs;
  }

  #endIdle(session: Session): void {
    this.#log.debug(`idle for rest-session-timeout, ended: ${session.describe()}`);
    session.end(CLOSE_NOT_AUTHENTICATED, 'idle for too long');
  }

  #checkStalled(session: Session, nowMs: number): void {
    if (nowMs - session.outbox.stalledSinceMs < this.#slowClientTimeoutMs) return;
    this.#stats.slowClientsClosed++;
    this.#log.warn(`client reads nothing, closed: ${session.describe()}`);
    this.#stats.drops['session-closed'] += session.outbox.backlog.events;
    session.outbox.backlog.clear();
    session.end(CLOSE_SLOW_CLIENT, 'reads too slowly');
  }

  /** A stalled client is not pinged: its pong could only come after all that it has not read. */
  #checkAlive(session: Session, nowMs: number): void {
    if (session.nextPingAtMs === 0) session.nextPingAtMs = session.connectedAtMs + this.#pingIntervalMs;
    if (nowMs < session.nextPingAtMs) return;
    session.nextPingAtMs = nowMs + this.#pingIntervalMs;
    if (session.missedPongs >= MAX_MISSED_PONGS) {
      this.#log.info(`client is gone: ${session.describe()}`);
      session.cutOff();
      return;
    }
    session.missedPongs++;
    session.channel.ping();
  }
}
