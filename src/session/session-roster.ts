import { CLOSE_GOING_AWAY, CLOSE_NOT_AUTHENTICATED } from '../core/protocol.ts';
import { DirectChannel } from '../delivery/direct-channel.ts';
import type { EventFrames } from '../delivery/event-frames.ts';
import type { GroupSender } from '../delivery/group-sender.ts';
import { Outbox, type OutboxSocket } from '../delivery/outbox.ts';
import type { Logger } from '../logging/logger.ts';
import type { Channel, ClientProtocol } from './client-connection.ts';
import type { CommandServices } from './commands.ts';
import type { HttpClient } from './http-client.ts';
import { Places } from './places.ts';
import { Session, SessionNumbers } from './session.ts';
import { enterAs } from './session-user.ts';
import { SESSION_COUNTERS } from './stats.ts';

/** Bytes that a client's queue may hold per event of its bound; nearly all event frames are smaller. */
const QUEUE_BYTES_PER_EVENT = 512;
const MIN_QUEUE_BYTES = 256 * 1024;

/** The connection that a session is made for. */
interface SessionConnection {
  ws: Channel;
  socket: OutboxSocket;
  protocol: ClientProtocol;
  remoteAddress: string;
}

/** The socket of a session whose events are taken from its backlog instead of being written. */
const NOWHERE: OutboxSocket = {
  writable: false,
  writableLength: 0,
  writableCorked: 0,
  cork: () => undefined,
  uncork: () => undefined,
  write: () => false,
};

export interface SessionRosterOptions {
  services: CommandServices;
  log: Logger;
  /** 0 = unlimited. */
  maxClients: number;
  maxClientQueueSize: number;
  groupSender: GroupSender | undefined;
  /** See HostLink.nodeNumber. */
  nodeNumber: number | undefined;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  framesOf: (protocol: ClientProtocol) => EventFrames;
  /** Called when a session's socket has taken what had to wait for it. */
  onDrained: (session: Session) => void;
  onEntered: (session: Session) => void;
  /** Called while the session's slot in the group sender is still its own. */
  onLeft: (session: Session) => void;
}

/** The current sessions: decides who gets a place, adds and removes sessions, and counts them. */
export class SessionRoster {
  readonly numbers: SessionNumbers;
  readonly #options: SessionRosterOptions;
  readonly #sessions = new Set<Session>();
  readonly #places: Places<Session>;
  #onEmpty: (() => void) | undefined;
  #closing = false;

  constructor(options: SessionRosterOptions) {
    this.#options = options;
    this.numbers = new SessionNumbers(options.nodeNumber);
    this.#places = new Places(options.maxClients);
  }

  get sessions(): Iterable<Session> {
    return this.#sessions;
  }

  /** Events waiting in the queues of all sessions together. */
  get queuedEvents(): number {
    let events = 0;
    for (const session of this.#sessions) events += session.outbox.backlog.events;
    return events;
  }

  /** Whether there is a place for one more client; one that has not logged in may have to leave for it. */
  makeRoom(remoteAddress: string, isLoggedIn: boolean): boolean {
    const { nowMs, services, log } = this.#options;
    const place = this.#places.find(remoteAddress, nowMs(), isLoggedIn);
    if (!place.given) services.stats.connectionsRefused++;
    if (!place.given || place.instead === undefined) return place.given;
    log.debug(`closed to make room before it logged in: ${place.instead.describe()}`);
    place.instead.cutOff();
    this.leave(place.instead, CLOSE_NOT_AUTHENTICATED);
    return true;
  }

  /** Makes a session; it joins the others with `enter`. */
  create(connection: SessionConnection): Session {
    const { groupSender, maxClientQueueSize, nowMs, services, framesOf, onDrained } = this.#options;
    const outbox = new Outbox({
      socket: connection.socket,
      channel: groupSender && DirectChannel.of(connection.socket, groupSender),
      isOpen: () => connection.ws.readyState === connection.ws.OPEN,
      maxEvents: maxClientQueueSize,
      maxBytes: Math.max(maxClientQueueSize * QUEUE_BYTES_PER_EVENT, MIN_QUEUE_BYTES),
      nowMs,
      counters: services.stats,
      onDrained: () => onDrained(session),
    });
    const session = new Session({
      number: this.numbers.next(),
      connection,
      frames: framesOf(connection.protocol),
      outbox,
      nowMs: nowMs(),
    });
    return session;
  }

  enter(session: Session): void {
    const { services, log, onEntered } = this.#options;
    const { stats } = services;
    this.#sessions.add(session);
    this.#places.enter(session);
    session.onEnding = () => this.#places.update(session);
    onEntered(session);
    stats.connectionsTotal++;
    stats[SESSION_COUNTERS[session.protocol]]++;
    if (log.enabled('debug')) log.debug(`connected ${session.describe()} protocol=${session.protocol}`);
  }

  /** Makes a session for a client that has logged in over HTTP; undefined when there is no place for it. */
  join(client: HttpClient): Session | undefined {
    const { channel, socket, user, token, protocol, remoteAddress, narrowing } = client;
    if (this.#closing || !this.makeRoom(remoteAddress, true)) return undefined;
    const session = this.create({ ws: channel, socket: socket ?? NOWHERE, protocol, remoteAddress });
    const { services } = this.#options;
    session.narrowing = narrowing;
    channel.onLeft = (code) => this.leave(session, code);
    this.enter(session);
    enterAs(session, { user, token, isLocal: false }, services);
    if (socket !== undefined) {
      services.stats.sessionsOpen++;
      session.outbox.flowing = true;
    }
    return session;
  }

  /** Call this when a session has logged in. */
  updatePlace(session: Session): void {
    this.#places.update(session);
  }

  /** Removes a session whose connection has closed; only the first call counts. */
  leave(session: Session, code: number): void {
    if (session.closed) return;
    session.closed = true;
    const { services, log, onLeft } = this.#options;
    const { stats } = services;
    this.#sessions.delete(session);
    this.#places.leave(session);
    onLeft(session);
    session.outbox.channel?.release();
    stats[SESSION_COUNTERS[session.protocol]]--;
    if (session.user !== undefined) stats.sessionsAuthenticated--;
    if (session.token !== undefined) services.tokens?.countSession(session.token.id, -1);
    if (session.outbox.flowing) stats.sessionsOpen--;
    stats.drops['session-closed'] += session.outbox.backlog.events;
    session.outbox.backlog.clear();
    session.outbox.dropReplies();
    if (log.enabled('debug')) log.debug(`disconnected ${session.describe()} code=${code}`);
    if (this.#sessions.size === 0) this.#onEmpty?.();
    // Messages that waited only for replies to be read are handled now.
    session.holdInput('replies', false);
  }

  /** Closes every session with 1001; those that do not answer within `graceMs` are cut off. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    if (this.#sessions.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        for (const session of [...this.#sessions]) session.cutOff();
        resolve();
      }, graceMs);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
      const nowMs = this.#options.nowMs();
      for (const session of [...this.#sessions]) {
        if (session.isStalled(nowMs)) session.cutOff();
        else session.end(CLOSE_GOING_AWAY, 'driver closes');
      }
    });
  }
}
