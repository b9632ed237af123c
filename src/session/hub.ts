import type { User } from '../auth/user.ts';
import { MAX_UINT16 } from '../core/event.ts';
import type { Protocol } from '../core/protocol.ts';
import type { EventFrames } from '../delivery/event-frames.ts';
import { type EventForm, FanOut } from '../delivery/fan-out.ts';
import { FlushList } from '../delivery/flush-list.ts';
import { textFrame } from '../delivery/frame.ts';
import type { GroupSender } from '../delivery/group-sender.ts';
import { Pacer } from '../delivery/pacer.ts';
import type { Logger } from '../logging/logger.ts';
import type { DriverEvent, EventFormat } from '../vscp/event.ts';
import { CatchUp } from './catch-up.ts';
import type { ClientConnection, ClientHooks, ClientProtocol } from './client-connection.ts';
import type { CommandServices } from './commands.ts';
import type { Dialect, PositiveReply } from './dialect.ts';
import type { EchoGuard } from './echo-guard.ts';
import type { EventIntake, EventSender } from './event-intake.ts';
import { HostHold } from './host-hold.ts';
import { Housekeeping } from './housekeeping.ts';
import type { HttpClient, HttpSessions } from './http-client.ts';
import { LongReplies } from './long-replies.ts';
import { MessagePump } from './message-pump.ts';
import { MessageReader } from './message-reader.ts';
import { Session } from './session.ts';
import { SessionRoster } from './session-roster.ts';
import { applyUsers } from './session-user.ts';
import { TOKEN_ENDED } from './token-commands.ts';

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
  /** Bytes of one message from a client. */
  maxMessageSize: number;
  authTimeoutMs: number;
  sessionMaxAgeMs: number;
  pingIntervalMs: number;
  slowClientTimeoutMs: number;
  /** Sends to many sockets at once, where the host offers it. */
  groupSender: GroupSender | undefined;
  /** See HostLink.nodeNumber. */
  nodeNumber: number | undefined;
  /** Holds the host's events back (see HostLink.setPaused). */
  setPaused: (paused: boolean) => void;
  /** Monotonic milliseconds. */
  nowMs: () => number;
}

/** All sessions, and who gets what. */
export class Hub implements ClientHooks, HttpSessions {
  readonly #options: HubOptions;
  readonly #roster: SessionRoster;
  readonly #fanOut: FanOut<Session>;
  readonly #frames: Record<ClientProtocol, EventFrames>;
  readonly #acceptedFrames: Record<Protocol, Buffer>;
  readonly #toFlush = new FlushList<Session>((session) => this.#afterWrite(session));
  readonly #pacer: Pacer;
  readonly #hostHold: HostHold;
  readonly #housekeeping: Housekeeping;
  readonly #catchUp: CatchUp;
  readonly #longReplies = new LongReplies((session) => {
    session.outbox.flush();
    this.#afterWrite(session);
  });

  constructor(options: HubOptions) {
    this.#options = options;
    const { dialects, eventFormat } = options;
    this.#hostHold = new HostHold(options.setPaused);
    this.#acceptedFrames = {
      ws1: textFrame(dialects.ws1.eventAccepted),
      ws2: textFrame(dialects.ws2.eventAccepted),
    };
    this.#fanOut = new FanOut({
      format: eventFormat,
      trace: options.trace,
      groupSender: options.groupSender,
      counters: options.services.stats,
      onUnfinished: (unfinished) => this.#hostHold.set('unfinished', unfinished),
      onEnqueued: (session) => this.#toFlush.add(session),
      onDropped: (session, events) => this.#onDropped(session, events),
    });
    const ws1 = this.#fanOut.addForm(dialects.ws1);
    const ws2 = this.#fanOut.addForm(dialects.ws2);
    // Events that wait for the legacy REST interface are kept as ws1 texts.
    this.#frames = { ws1, ws2, rest: ws1, sse: this.#fanOut.addForm(options.sseForm) };
    this.#catchUp = new CatchUp({
      archive: options.services.archive,
      maxClientQueueSize: options.maxClientQueueSize,
      queue: (event, session) => this.#fanOut.addTo(event, session),
      onCaughtUp: (session) => this.#fanOut.audience.add(session),
    });
    this.#pacer = new Pacer({
      entries: this.#fanOut.audience.receiving,
      nowMs: options.nowMs,
      setPaused: (paused) => this.#hostHold.set('pace', paused),
    });
    options.echoGuard.onDrop = (count) => {
      options.services.stats.drops['host-echo'] += count;
    };
    options.echoGuard.onRelease = (event) => {
      options.services.archive.record(event);
      this.#fanOut.add(event);
      this.#endOfHostEvents(1);
    };
    this.#roster = new SessionRoster({
      ...options,
      framesOf: (protocol) => this.#frames[protocol],
      onDrained: (session) => this.#onDrained(session),
      onEntered: (session) => this.#fanOut.audience.add(session),
      onLeft: (session) => {
        this.#fanOut.audience.remove(session);
        this.#pacer.forget(session);
        this.#longReplies.forget(session);
        this.#catchUp.forget(session);
        options.services.gaps?.forget(session);
      },
    });
    this.#housekeeping = new Housekeeping({
      ...options,
      sessions: this.#roster.sessions,
      stats: options.services.stats,
    });
  }

  get sessions(): Iterable<Session> {
    return this.#roster.sessions;
  }

  /** Events waiting in the queues of all sessions together. */
  get queuedEvents(): number {
    return this.#roster.queuedEvents;
  }

  get services(): CommandServices {
    return this.#options.services;
  }

  get intake(): EventIntake {
    return this.#options.intake;
  }

  hasRoom(remoteAddress: string): boolean {
    return this.#roster.makeRoom(remoteAddress, false);
  }

  accept(connection: ClientConnection): void {
    const options = this.#options;
    const session = this.#roster.create(connection);
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
      onReply: () => this.#toFlush.add(session),
      longReplies: this.#longReplies,
    });
    new MessageReader(connection, options.maxMessageSize, (text) => {
      session.missedPongs = 0;
      pump.push(text);
    });
    ws.on('pong', () => {
      session.missedPongs = 0;
    });
    ws.on('error', (error) => options.log.debug(`${session.describe()}: ${error.message}`));
    ws.on('close', (code) => this.#roster.leave(session, code));
    this.#roster.enter(session);
    const greeting = dialect.greeting(session.sidText);
    options.trace?.debug(`${session.describe()} > ${greeting}`);
    session.outbox.reply(textFrame(greeting));
    session.outbox.flush();
  }

  join(client: HttpClient): Session | undefined {
    return this.#roster.join(client);
  }

  replay(session: Session, after: number, onMissed: (events: number) => void): void {
    // It gets new events once it has those before them.
    this.#fanOut.audience.remove(session);
    this.#catchUp.begin(session, after, onMissed);
  }

  takeNumber(): number {
    return this.#roster.numbers.next();
  }

  flushSoon(session: Session): void {
    this.#toFlush.add(session);
  }

  /** Hands out a batch of events that the host wrote; a client's own event that comes back is dropped. */
  publishFromHost(events: readonly DriverEvent[]): void {
    const { services, echoGuard } = this.#options;
    for (const event of events) {
      services.stats.eventsFromHost++;
      const verdict = echoGuard.judge(event, this.#roster.numbers.has(event.obid));
      const isEcho = verdict === 'echo' || this.#isOfThisNode(event);
      if (isEcho) services.stats.drops['host-echo']++;
      if (isEcho || verdict !== 'news') continue;
      services.archive.record(event);
      this.#fanOut.add(event);
    }
    this.#endOfHostEvents(events.length);
  }

  /** Whether the obid says that a client of this node sent it, however long ago. Node 0 cannot tell: daemons have such obids too. */
  #isOfThisNode({ obid }: DriverEvent): boolean {
    const { nodeNumber } = this.#options;
    return nodeNumber !== undefined && nodeNumber > 0 && Math.floor(obid / (MAX_UINT16 + 1)) === nodeNumber;
  }

  /**
   * Takes what the host kept.
   * @param areNews whether clients get it, as far as it differs from the last values
   */
  takeKept(events: readonly DriverEvent[], areNews: boolean): void {
    const { archive } = this.#options.services;
    const unknown = events.filter((event) => !archive.hasLast(event));
    if (areNews) this.publishFromHost(unknown);
    else for (const event of unknown) archive.fill(event);
  }

  #endOfHostEvents(events: number): void {
    this.#fanOut.endRun();
    this.#toFlush.endOfBatch(events);
    this.#pacer.check();
  }

  /** Gives a client's event to all other sessions; they are written at the end of the turn. */
  publishFromClient(event: DriverEvent, sender: EventSender): void {
    this.#options.services.archive.record(event);
    this.#fanOut.addFrom(event, sender instanceof Session ? sender : undefined);
  }

  /** Writes something that answers no request. */
  notify(session: Session, word: string, notice: PositiveReply): void {
    const { protocol } = session;
    if (protocol !== 'ws1' && protocol !== 'ws2') return;
    const text = this.#options.dialects[protocol].formatReply(notice, word, word);
    this.#options.trace?.debug(`${session.describe()} > ${text}`);
    this.#longReplies.afterwards(session, () => {
      session.outbox.reply(textFrame(text));
      this.#toFlush.add(session);
    });
  }

  audienceChanged(session: Session): void {
    this.#roster.updatePlace(session);
    this.#fanOut.audience.update(session);
  }

  /** Puts an edited user database into force. */
  applyUsers(removed: readonly string[], updated: readonly User[]): void {
    applyUsers(this.#roster.sessions, { removed, updated }, this.#options.log, (session) =>
      this.audienceChanged(session),
    );
  }

  /** Closes the sessions of tokens that have ended; the one that asked for it closes with its reply. */
  endTokens(ids: ReadonlySet<string>, asking: unknown): void {
    for (const session of this.#roster.sessions) {
      if (session.token === undefined || !ids.has(session.token.id) || session === asking) continue;
      this.#options.log.info(`${session.describe()}: ${TOKEN_ENDED.reason}, session closed`);
      session.end(TOKEN_ENDED.code, TOKEN_ENDED.reason);
    }
  }

  /** Closes every session with 1001; those that do not answer within `graceMs` are cut off. */
  async close(graceMs: number): Promise<void> {
    this.#housekeeping.stop();
    this.#pacer.stop();
    // Events that the host writes now reach nobody; the time is needed for the clients' close frames.
    this.#hostHold.set('closing', true);
    this.#options.echoGuard.close();
    await this.#roster.close(graceMs);
  }

  #onDrained(session: Session): void {
    session.missedPongs = 0;
    this.#afterWrite(session);
    this.#longReplies.drained(session);
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
    if (outbox.ready) this.#toFlush.add(session);
    this.#catchUp.written(session);
    session.holdInput('replies', outbox.congested);
    if (outbox.backlog.fill < 0.5) session.hasRoomAgain(this.#options.log);
  }
}
