import type { User } from '../auth/user.ts';
import { CLOSE_GOING_AWAY, CLOSE_NOT_AUTHENTICATED, type Protocol } from '../core/protocol.ts';
import { DirectChannel } from '../delivery/direct-channel.ts';
import type { EventFrames } from '../delivery/event-frames.ts';
import { type EventForm, FanOut } from '../delivery/fan-out.ts';
import { textFrame } from '../delivery/frame.ts';
import type { GroupSender } from '../delivery/group-sender.ts';
import { Outbox, type OutboxSocket } from '../delivery/outbox.ts';
import { Pacer } from '../delivery/pacer.ts';
import type { Logger } from '../logging/logger.ts';
import type { DriverEvent, EventFormat } from '../vscp/event.ts';
import { applyUsers } from './apply-users.ts';
import type { Channel, ClientConnection, ClientHooks, ClientProtocol } from './client-connection.ts';
import type { CommandServices } from './commands.ts';
import type { Dialect } from './dialect.ts';
import type { EchoGuard } from './echo-guard.ts';
import type { EventIntake, EventSender } from './event-intake.ts';
import { Housekeeping } from './housekeeping.ts';
import type { HttpClient, HttpSessions } from './http-client.ts';
import { MessagePump } from './message-pump.ts';
import { Places } from './places.ts';
import { Session, SessionNumbers } from './session.ts';
import { SESSION_COUNTERS } from './stats.ts';
import { TOKEN_ENDED } from './token-commands.ts';

/** Bytes a client's queue may hold per event of its bound: beyond the size of nearly all event frames. */
const QUEUE_BYTES_PER_EVENT = 512;
const MIN_QUEUE_BYTES = 256 * 1024;

export interface HubOptions {
  dialects: Record<Protocol, Dialect>;
  /** How events are written to readers of server-sent events. */
  sseForm: EventForm;
  services: CommandServices;
  intake: EventIntake;
  echoGuard: EchoGuard;
  log: Logger;
  /** Gets every frame while its level is debug. */
  trace: Logger | undefined;
  eventFormat: EventFormat;
  /** 0 = unlimited. */
  maxClients: number;
  maxClientQueueSize: number;
  authTimeoutMs: number;
  sessionMaxAgeMs: number;
  pingIntervalMs: number;
  slowClientTimeoutMs: number;
  /** Sends to many sockets at once, where the host offers it. */
  groupSender: GroupSender | undefined;
  /** Holds the host's events back (see HostLink.setPaused). */
  setPaused: (paused: boolean) => void;
  /** Monotonic milliseconds. */
  nowMs: () => number;
}

/** What a session is made over. */
interface SessionConnection {
  ws: Channel;
  socket: OutboxSocket;
  protocol: ClientProtocol;
  remoteAddress: string;
}

/** Under a session whose events are taken from its backlog instead of being written. */
const NOWHERE: OutboxSocket = {
  writable: false,
  writableLength: 0,
  cork: () => undefined,
  uncork: () => undefined,
  write: () => false,
};

/** All sessions, and who gets what. */
export class Hub implements ClientHooks, HttpSessions {
  readonly #options: HubOptions;
  readonly #sessions = new Set<Session>();
  readonly #places: Places<Session>;
  readonly #fanOut: FanOut<Session>;
  readonly #frames: Record<ClientProtocol, EventFrames>;
  readonly #acceptedFrames: Record<Protocol, Buffer>;
  readonly #pacer: Pacer;
  readonly #housekeeping: Housekeeping;
  readonly #numbers = new SessionNumbers();
  #toFlush: Session[] = [];
  #flushPlanned = false;
  #onEmpty: (() => void) | undefined;
  #closing = false;

  constructor(options: HubOptions) {
    this.#options = options;
    const { dialects, eventFormat } = options;
    this.#places = new Places(options.maxClients);
    this.#acceptedFrames = {
      ws1: textFrame(dialects.ws1.eventAccepted),
      ws2: textFrame(dialects.ws2.eventAccepted),
    };
    this.#fanOut = new FanOut({
      format: eventFormat,
      trace: options.trace,
      groupSender: options.groupSender,
      counters: options.services.stats,
      onEnqueued: (session) => this.#planFlush(session),
      onDropped: (session, events) => this.#onDropped(session, events),
    });
    const ws1 = this.#fanOut.addForm(dialects.ws1);
    const ws2 = this.#fanOut.addForm(dialects.ws2);
    // What waits for the legacy REST interface is ws1's text of an event.
    this.#frames = { ws1, ws2, rest: ws1, sse: this.#fanOut.addForm(options.sseForm) };
    this.#pacer = new Pacer({
      entries: this.#fanOut.audience.receiving,
      nowMs: options.nowMs,
      setPaused: options.setPaused,
    });
    options.echoGuard.onDrop = (count) => {
      options.services.stats.drops['host-echo'] += count;
    };
    options.echoGuard.onRelease = (event) => {
      options.services.archive.record(event);
      this.#fanOut.add(event);
      this.#endOfHostEvents();
    };
    this.#housekeeping = new Housekeeping({
      ...options,
      sessions: this.#sessions,
      stats: options.services.stats,
    });
  }

  /** Events waiting in the queues of all sessions together. */
  get queuedEvents(): number {
    let events = 0;
    for (const session of this.#sessions) events += session.outbox.backlog.events;
    return events;
  }

  get services(): CommandServices {
    return this.#options.services;
  }

  get intake(): EventIntake {
    return this.#options.intake;
  }

  hasRoom(remoteAddress: string): boolean {
    return this.#makeRoom(remoteAddress, false);
  }

  #makeRoom(remoteAddress: string, isLoggedIn: boolean): boolean {
    const { nowMs, services, log } = this.#options;
    const place = this.#places.find(remoteAddress, nowMs(), isLoggedIn);
    if (!place.given) services.stats.connectionsRefused++;
    if (!place.given || place.instead === undefined) return place.given;
    log.debug(`has to leave without having logged in: ${place.instead.describe()}`);
    place.instead.cutOff();
    this.#onClosed(place.instead, CLOSE_NOT_AUTHENTICATED);
    return true;
  }

  accept(connection: ClientConnection): void {
    const options = this.#options;
    const session = this.#createSession(connection);
    const { ws } = connection;
    const { protocol } = connection;
    const dialect = options.dialects[protocol];
    const pump = new MessagePump({
      session,
      dialect,
      acceptedFrame: this.#acceptedFrames[protocol],
      services: options.services,
      intake: options.intake,
      trace: options.trace,
      onReply: () => this.#planFlush(session),
    });
    ws.on('message', (data, isBinary) => {
      session.missedPongs = 0;
      pump.push(data as Buffer, isBinary);
    });
    ws.on('pong', () => {
      session.missedPongs = 0;
    });
    ws.on('error', (error) => options.log.debug(`${session.describe()}: ${error.message}`));
    ws.on('close', (code) => this.#onClosed(session, code));
    this.#register(session);
    const greeting = dialect.greeting(session.sidText);
    options.trace?.debug(`${session.describe()} > ${greeting}`);
    session.outbox.reply(textFrame(greeting));
    session.outbox.flush();
  }

  join({
    channel,
    socket,
    user,
    token,
    protocol,
    remoteAddress,
    narrowing,
  }: HttpClient): Session | undefined {
    if (this.#closing || !this.#makeRoom(remoteAddress, true)) return undefined;
    const session = this.#createSession({
      ws: channel,
      socket: socket ?? NOWHERE,
      protocol,
      remoteAddress,
    });
    const { services, nowMs, log } = this.#options;
    if (token !== undefined) services.tokens?.countSession(token.id, 1);
    session.user = user;
    session.token = token;
    session.narrowing = narrowing;
    session.takeFilterOf(user);
    session.loggedInAtMs = nowMs();
    channel.onLeft = (code) => this.#onClosed(session, code);
    this.#register(session);
    services.stats.loginsTotal++;
    services.stats.sessionsAuthenticated++;
    if (socket !== undefined) {
      services.stats.sessionsOpen++;
      session.outbox.flowing = true;
    }
    log.info(`login ${session.describe()} protocol=${protocol}`);
    return session;
  }

  replay(session: Session, after: number): number {
    return this.#options.services.archive.replay(after, this.#options.maxClientQueueSize, (event) => {
      if (session.maySee(event)) this.#fanOut.addTo(event, session);
    });
  }

  takeNumber(): number {
    return this.#numbers.next();
  }

  flushSoon(session: Session): void {
    this.#planFlush(session);
  }

  /** Hands out a batch of events that the host wrote; a client's own event that comes back is dropped. */
  publishFromHost(events: readonly DriverEvent[]): void {
    const { services, echoGuard } = this.#options;
    for (const event of events) {
      services.stats.eventsFromHost++;
      const verdict = echoGuard.judge(event, this.#numbers.has(event.obid));
      if (verdict === 'echo') services.stats.drops['host-echo']++;
      if (verdict !== 'news') continue;
      services.archive.record(event);
      this.#fanOut.add(event);
    }
    this.#endOfHostEvents();
  }

  #endOfHostEvents(): void {
    this.#fanOut.endRun();
    this.#flush();
    this.#pacer.check();
  }

  /** Gives a client's event to all other sessions; they are written at the end of the turn. */
  publishFromClient(event: DriverEvent, sender: EventSender): void {
    this.#options.services.archive.record(event);
    this.#fanOut.addFrom(event, sender instanceof Session ? sender : undefined);
  }

  audienceChanged(session: Session): void {
    this.#places.update(session);
    this.#fanOut.audience.update(session);
  }

  /** Puts an edited user database into force. */
  applyUsers(removed: readonly string[], updated: readonly User[]): void {
    applyUsers(this.#sessions, { removed, updated }, this.#options.log, (session) =>
      this.audienceChanged(session),
    );
  }

  /** Closes the sessions of tokens that have ended; the one that asked for it closes with its reply. */
  endTokens(ids: ReadonlySet<string>, asking: unknown): void {
    for (const session of this.#sessions) {
      if (session.token === undefined || !ids.has(session.token.id) || session === asking) continue;
      this.#options.log.info(`${session.describe()}: ${TOKEN_ENDED.reason}, session closed`);
      session.end(TOKEN_ENDED.code, TOKEN_ENDED.reason);
    }
  }

  /** Closes every session with 1001; those that do not answer within `graceMs` are cut off. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    this.#housekeeping.stop();
    this.#pacer.stop();
    // Whatever the host has still written reaches nobody; the time is needed for the clients' close frames.
    this.#options.setPaused(true);
    this.#options.echoGuard.close();
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

  #createSession(connection: SessionConnection): Session {
    const { groupSender, maxClientQueueSize, nowMs } = this.#options;
    const outbox = new Outbox({
      socket: connection.socket,
      channel: groupSender && DirectChannel.of(connection.socket, groupSender),
      isOpen: () => connection.ws.readyState === connection.ws.OPEN,
      maxEvents: maxClientQueueSize,
      maxBytes: Math.max(maxClientQueueSize * QUEUE_BYTES_PER_EVENT, MIN_QUEUE_BYTES),
      nowMs,
      counters: this.#options.services.stats,
      onDrained: () => this.#onDrained(session),
    });
    const session = new Session({
      number: this.#numbers.next(),
      connection,
      frames: this.#frames[connection.protocol],
      outbox,
      nowMs: nowMs(),
    });
    return session;
  }

  #register(session: Session): void {
    const { stats } = this.#options.services;
    this.#sessions.add(session);
    this.#places.enter(session);
    session.onEnding = () => this.#places.update(session);
    this.#fanOut.audience.add(session);
    stats.connectionsTotal++;
    stats[SESSION_COUNTERS[session.protocol]]++;
    this.#options.log.debug(`connected ${session.describe()} protocol=${session.protocol}`);
  }

  #onClosed(session: Session, code: number): void {
    if (session.closed) return;
    session.closed = true;
    const { stats } = this.#options.services;
    this.#sessions.delete(session);
    this.#places.leave(session);
    this.#fanOut.audience.remove(session);
    session.outbox.channel?.release();
    stats[SESSION_COUNTERS[session.protocol]]--;
    if (session.user !== undefined) stats.sessionsAuthenticated--;
    if (session.token !== undefined) this.#options.services.tokens?.countSession(session.token.id, -1);
    if (session.outbox.flowing) stats.sessionsOpen--;
    stats.drops['session-closed'] += session.outbox.backlog.events;
    session.outbox.backlog.clear();
    session.outbox.dropReplies();
    this.#options.log.debug(`disconnected ${session.describe()} code=${code}`);
    this.#pacer.forget(session);
    if (this.#sessions.size === 0) this.#onEmpty?.();
    // What waited only for replies to be read is handled now.
    session.holdInput('replies', false);
  }

  /** The end of the turn, after all sockets that had input: gathers without delaying. */
  #planFlush(session: Session): void {
    if (!session.outbox.queued) {
      session.outbox.queued = true;
      this.#toFlush.push(session);
    }
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    setImmediate(() => {
      this.#flushPlanned = false;
      this.#flush();
    });
  }

  #flush(): void {
    const sessions = this.#toFlush;
    this.#toFlush = [];
    for (const session of sessions) {
      const { outbox } = session;
      outbox.queued = false;
      outbox.flush();
      this.#afterWrite(session);
    }
  }

  #onDrained(session: Session): void {
    session.missedPongs = 0;
    this.#afterWrite(session);
    if (this.#pacer.paused) this.#pacer.check();
  }

  #onDropped(session: Session, events: number): void {
    const { log, services } = this.#options;
    services.stats.drops['client-queue-full'] += events;
    session.dropped(events, log);
  }

  #afterWrite(session: Session): void {
    const { outbox } = session;
    this.#pacer.watch(session);
    if (outbox.ready) this.#planFlush(session);
    session.holdInput('replies', outbox.congested);
    if (outbox.backlog.fill < 0.5) session.hasRoomAgain(this.#options.log);
  }
}
