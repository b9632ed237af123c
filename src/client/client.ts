import type { EventInput } from '../core/event.ts';
import { DEFAULT_KEY, EVENT_WORD, UNKNOWN_COMMAND, WORDS } from '../core/protocol.ts';
import { BadInputError, VscpError } from '../core/vscp-error.ts';
import { backoffDelayMs } from './backoff.ts';
import { toHex } from './bytes.ts';
import { Connection } from './connection.ts';
import type { ClientCommand, ClientDialect, ServerReply } from './dialect.ts';
import { Emitter } from './emitter.ts';
import {
  ConnectError,
  type ConnectionLostError,
  LoginError,
  NotConnectedError,
  RefusedError,
  TimeoutError,
  UnsupportedError,
} from './errors.ts';
import { checkEvent, type VscpEvent } from './event.ts';
import { EventStream } from './event-stream.ts';
import { type EventFilter, filterPair } from './filter.ts';
import { keyCheck, login, readLogin, SENT_AWAY } from './login.ts';
import { encryptLogin } from './login-crypto.ts';
import {
  type ClientDefaults,
  type ClientEvents,
  type ClientOptions,
  type ConnectionState,
  type Credentials,
  DEFAULT_BACKOFF,
  DEFAULT_STREAM_LIMIT,
  DEFAULTS,
  type EventsOptions,
  type NewToken,
  type ServerVersion,
  type StateChange,
  type TokenInfo,
  type TokenWish,
  type UserInfo,
} from './options.ts';
import type { WebSocketConstructor } from './socket.ts';
import { readNewToken, readTokens, wishArgs } from './tokens.ts';
import { WS1 } from './ws1-dialect.ts';
import { parseEventObject, WS2 } from './ws2-dialect.ts';

/**
 * A logged-in connection to the server that mends itself: after a loss it reconnects, logs in, and sets
 * filter and OPEN again. Requests are promises; they are pipelined, so there is no need to await one
 * before making the next.
 */
export class VscpClient {
  readonly #options: ClientOptions & ClientDefaults;
  readonly #Socket: WebSocketConstructor;
  readonly #dialect: ClientDialect;
  readonly #emitter = new Emitter<ClientEvents>();
  readonly #streams = new Set<EventStream>();
  #state: ConnectionState = 'offline';
  #connection: Connection | undefined;
  #connecting: Promise<void> | undefined;
  /** Connected, not yet logged in. */
  #pending: Connection | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #user: UserInfo | undefined;
  #filter: EventFilter | undefined;
  #isOpen = false;
  #attempt = 0;
  #reconnects = 0;
  /** Counts connect and disconnect calls, so that an attempt that was overtaken can tell. */
  #epoch = 0;

  constructor(options: ClientOptions) {
    this.#options = { ...DEFAULTS, ...options };
    const Socket = options.WebSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
    if (Socket === undefined)
      throw new BadInputError('This platform has no WebSocket: give one in the options');
    this.#Socket = Socket;
    const isWs1 = /\/ws1\/?($|\?)/.test(options.url);
    this.#dialect = (options.protocol ?? (isWs1 ? 'ws1' : 'ws2')) === 'ws1' ? WS1 : WS2;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The user of the last login. */
  get user(): UserInfo | undefined {
    return this.#user;
  }

  /** Whether events are let through (OPEN), now or as soon as the connection is back. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Calls `listener` for each event, state change or background error. @returns a function that ends it */
  on<Name extends keyof ClientEvents>(name: Name, listener: (value: ClientEvents[Name]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  /**
   * Incoming events for `for await`; goes on through reconnects and ends with `disconnect()`. Call
   * `open()` for events to flow.
   */
  events({ limit = DEFAULT_STREAM_LIMIT }: EventsOptions = {}): EventStream {
    const stream = new EventStream(limit, () => this.#streams.delete(stream));
    this.#streams.add(stream);
    return stream;
  }

  /**
   * Connects and logs in. While a connection is lost: tries again at once.
   * @throws ConnectError when the server is out of reach, LoginError when it refuses the login
   */
  connect(): Promise<void> {
    if (this.#state === 'online') return Promise.resolve();
    if (this.#connecting) return this.#connecting;
    clearTimeout(this.#timer);
    const isRetry = this.#state === 'waiting';
    const epoch = ++this.#epoch;
    const connecting = this.#establish(epoch).catch((error: unknown) => {
      if (this.#connecting === connecting) this.#connecting = undefined;
      if (epoch === this.#epoch) this.#failed(toError(error), isRetry);
      throw error;
    });
    this.#connecting = connecting;
    return connecting;
  }

  /** Ends the connection and all event streams; nothing reconnects any more. */
  disconnect(): void {
    this.#epoch += 1;
    clearTimeout(this.#timer);
    this.#connecting = undefined;
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.end('ended by this client');
    this.#pending?.end('ended by this client');
    this.#pending = undefined;
    this.#isOpen = false;
    this.#setState({ state: 'offline' });
    for (const stream of this.#streams) stream.end();
  }

  /** Lets events through: those that were queued for this session first. */
  async open(): Promise<void> {
    await this.#command({ word: WORDS.open });
    this.#isOpen = true;
  }

  /** Holds events back; the server queues them up to its bound. */
  async close(): Promise<void> {
    await this.#command({ word: WORDS.close });
    this.#isOpen = false;
  }

  /** Lets only these events through from now on. Needs the right to set a filter. */
  async setFilter(filter: EventFilter): Promise<void> {
    await this.#command({ word: WORDS.setFilter, filter: filterPair(filter) });
    this.#filter = filter;
  }

  /** Empties the server's queue of events for this session. */
  async clearQueue(): Promise<void> {
    await this.#command({ word: WORDS.clearQueue });
  }

  /** Asks whether the server is there. */
  async noop(): Promise<void> {
    await this.#command({ word: WORDS.noop });
  }

  /**
   * Asks whether the connection still lives, after a sleep or a change of network for instance. One that shows
   * no sign of life is given up, and sought again at once. While it is being sought: tries at once.
   * @returns whether it lives
   */
  async probe(timeoutMs = 2_000): Promise<boolean> {
    const connection = this.#connection;
    if (connection === undefined) {
      if (this.#state === 'waiting') this.connect().catch(() => {});
      return false;
    }
    const before = connection.framesReceived;
    try {
      await connection.request(this.#dialect.formatCommand({ word: 'NOOP' }), 'NOOP', timeoutMs);
    } catch (error) {
      if (error instanceof TimeoutError && connection.framesReceived === before) {
        connection.end('the server does not answer');
        if (this.#state === 'waiting') this.connect().catch(() => {});
      }
    }
    return !connection.isLost;
  }

  async version(): Promise<ServerVersion> {
    const { fields, args } = await this.#command({ word: WORDS.version, args: { keyCheck: true } });
    const extensions = Array.isArray(args.extensions) ? args.extensions.map(String) : [];
    const version = { version: fields[1] ?? String(args.version ?? ''), extensions };
    if (typeof args.keyCheck !== 'string') return version;
    return { ...version, isDefaultKey: args.keyCheck === (await keyCheck(DEFAULT_KEY)) };
  }

  /**
   * Sends an event; resolves when the server has taken it.
   * @throws BadInputError, RefusedError (`retryable` when the host's queue is full), NotConnectedError,
   *   ConnectionLostError, TimeoutError, TooManySendsError
   */
  async send(event: EventInput): Promise<void> {
    const text = this.#dialect.formatEvent(checkEvent(event));
    await this.#request(text, EVENT_WORD);
  }

  /** Resolves when a send would go out at once: await it between the sends of a large batch. */
  async whenWritable(): Promise<void> {
    if (this.#connection === undefined) throw new NotConnectedError();
    await this.#connection.whenWritable();
  }

  /**
   * The last event of each kind (class, type, GUID, sensor) that the server remembers.
   * @throws UnsupportedError when the server has no such store
   */
  async last(filter: EventFilter = {}): Promise<VscpEvent[]> {
    return this.#stored({ word: WORDS.last, filter: filterPair(filter) });
  }

  /**
   * Past events that the server remembers, oldest first; with `limit` the latest so many.
   * @throws UnsupportedError when the server keeps none
   */
  async history({ limit, ...filter }: EventFilter & { limit?: number } = {}): Promise<VscpEvent[]> {
    return this.#stored({
      word: WORDS.history,
      filter: filterPair(filter),
      ...(limit !== undefined && { limit }),
    });
  }

  /**
   * Makes a token for the user that is logged in, with which a device can stay logged in. Needs a login with the
   * password: see `confirm`.
   * @throws RefusedError, UnsupportedError when the server has no tokens
   */
  async createToken(wish: TokenWish): Promise<NewToken> {
    return readNewToken(await this.call(WORDS.token, wishArgs(wish)), this.#options.key);
  }

  /** The user's tokens; for an admin those of all. */
  async tokens(): Promise<TokenInfo[]> {
    return readTokens(await this.call(WORDS.tokens));
  }

  /** Ends a token, or all of a user; sessions that logged in with it are closed. @returns how many there were */
  async revoke(which: { id: string } | { user: string }): Promise<number> {
    return Number((await this.call(WORDS.revoke, which)).revoked);
  }

  /** Logs in again on the same connection, for what a token is not enough for. @throws LoginError */
  async confirm(who: Credentials): Promise<void> {
    if (this.#connection === undefined) throw new NotConnectedError();
    // A login that failed has made a new session id.
    const { args } = await this.#command({ word: 'CHALLENGE' });
    if (typeof args.sid === 'string') this.#connection.sid = args.sid;
    this.#user = await login(this.#connection, this.#dialect, this.#options, who);
  }

  /**
   * A command of an extension (ws2), with its args; resolves with those of the reply.
   * @throws RefusedError, UnsupportedError when the server does not know it
   */
  call(word: string, args: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    return this.#extension({ word, args });
  }

  /** The `iv` and `crypto` of a user's new password, for `call('USERSET', …)`. */
  async encryptPassword(user: string, password: string): Promise<{ iv: string; crypto: string }> {
    const bytes = new Uint8Array(16);
    const { crypto } = globalThis as { crypto?: { getRandomValues(into: Uint8Array): void } };
    crypto?.getRandomValues(bytes);
    const iv = toHex(bytes);
    return { iv, crypto: await encryptLogin(user, password, this.#options.key, iv) };
  }

  async #stored(command: ClientCommand): Promise<VscpEvent[]> {
    const { events } = await this.#extension(command);
    return (Array.isArray(events) ? events : []).flatMap((item) => parseEventObject(item) ?? []);
  }

  async #extension(command: ClientCommand): Promise<Record<string, unknown>> {
    if (this.#dialect.name === 'ws1') throw new UnsupportedError(`${command.word} needs ws2`);
    try {
      return (await this.#command(command)).args;
    } catch (error) {
      if (!(error instanceof RefusedError) || error.errorCode !== UNKNOWN_COMMAND) throw error;
      throw new UnsupportedError(`The server does not know ${command.word}`);
    }
  }

  #command(command: ClientCommand): Promise<ServerReply> {
    return this.#request(this.#dialect.formatCommand(command), command.word);
  }

  async #request(text: string, word: string): Promise<ServerReply> {
    if (this.#connection === undefined) throw new NotConnectedError();
    return this.#connection.request(text, word, this.#options.timeoutMs);
  }

  async #establish(epoch: number): Promise<void> {
    readLogin(this.#options);
    this.#setState({ state: 'connecting' });
    const connection = await Connection.open(
      this.#Socket,
      this.#options.url,
      this.#dialect,
      this.#options,
      {
        onEvent: (event) => this.#received(event),
        onBadFrame: (reason) =>
          this.#emitter.emit('error', new VscpError('BAD_FRAME', `Unreadable: ${reason}`)),
        onClosed: (error, lost) => {
          if (lost === this.#connection) this.#lost(error);
        },
      },
      this.#options.connectTimeoutMs,
    );
    try {
      if (epoch !== this.#epoch) throw new ConnectError('Disconnected meanwhile');
      this.#pending = connection;
      const user = await login(connection, this.#dialect, this.#options);
      for (const command of this.#standingOrders()) {
        await connection.request(this.#dialect.formatCommand(command), command.word, this.#options.timeoutMs);
      }
      if (epoch !== this.#epoch) throw new ConnectError('Disconnected meanwhile');
      if (connection.isLost) throw new ConnectError('Connection lost right after the login');
      this.#user = user;
    } catch (error) {
      connection.end('not established');
      throw error;
    } finally {
      if (this.#pending === connection) this.#pending = undefined;
    }
    this.#connection = connection;
    this.#connecting = undefined;
    if (this.#attempt > 0) this.#reconnects += 1;
    this.#attempt = 0;
    this.#setState({ state: 'online' });
    this.#keepAlive(connection);
  }

  /** What a new connection has to be told to be as the last one was. */
  #standingOrders(): ClientCommand[] {
    const orders: ClientCommand[] = [];
    if (this.#filter) orders.push({ word: WORDS.setFilter, filter: filterPair(this.#filter) });
    if (this.#isOpen) orders.push({ word: WORDS.open });
    return orders;
  }

  #received(event: VscpEvent): void {
    this.#emitter.emit('event', event);
    for (const stream of this.#streams) stream.push(event);
  }

  #lost(error: ConnectionLostError): void {
    this.#connection = undefined;
    clearTimeout(this.#timer);
    const isFinal = SENT_AWAY.has(error.closeCode);
    this.#failed(isFinal ? new LoginError('withdrawn') : error, true);
  }

  /** After a lost connection or a failed attempt: try again later, or stay offline. */
  #failed(error: Error, mayRetry: boolean): void {
    const { reconnect } = this.#options;
    if (!mayRetry || reconnect === false || error instanceof LoginError || error instanceof BadInputError) {
      this.#setState({ state: 'offline', error });
      for (const stream of this.#streams) stream.end(error);
      return;
    }
    const retryInMs = backoffDelayMs(this.#attempt, { ...DEFAULT_BACKOFF, ...reconnect });
    this.#attempt += 1;
    this.#setState({ state: 'waiting', error, retryInMs });
    this.#timer = setTimeout(() => {
      this.connect().catch((failure: unknown) => this.#emitter.emit('error', toError(failure)));
    }, retryInMs);
  }

  #keepAlive(connection: Connection): void {
    const { keepAliveMs } = this.#options;
    if (keepAliveMs === 0) return;
    this.#timer = setTimeout(async () => {
      if (Date.now() - connection.lastFrameAt >= keepAliveMs) {
        await this.noop().catch((error: unknown) => {
          if (error instanceof TimeoutError) connection.end('the server does not answer');
        });
      }
      if (connection === this.#connection) this.#keepAlive(connection);
    }, keepAliveMs);
  }

  #setState(change: Omit<StateChange, 'reconnects'>): void {
    if (this.#state === change.state && change.error === undefined) return;
    this.#state = change.state;
    this.#emitter.emit('state', { ...change, reconnects: this.#reconnects });
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
