import type { EventInput } from '../core/event.ts';
import { DEFAULT_KEY, EVENT_WORD, UNKNOWN_COMMAND, WORDS } from '../core/protocol.ts';
import { BadInputError } from '../core/vscp-error.ts';
import { toHex } from './bytes.ts';
import type { ClientCommand, ClientDialect, ServerReply } from './dialect.ts';
import { Emitter } from './emitter.ts';
import { RefusedError, UnsupportedError } from './errors.ts';
import { checkEvent, type VscpEvent } from './event.ts';
import { EventStream } from './event-stream.ts';
import { type EventFilter, filterPair } from './filter.ts';
import { KeptConnection } from './kept-connection.ts';
import {
  type Points,
  type PointsQuery,
  pagedPoints,
  readSeries,
  type SeriesInfo,
} from './lasting-history.ts';
import { keyCheck } from './login.ts';
import { encryptLogin } from './login-crypto.ts';
import {
  type ClientDefaults,
  type ClientEvents,
  type ClientOptions,
  type ConnectionState,
  type Credentials,
  DEFAULT_STREAM_LIMIT,
  DEFAULTS,
  type EventsOptions,
  type NewToken,
  type ServerVersion,
  type TokenInfo,
  type TokenWish,
  type UserInfo,
} from './options.ts';
import type { WebSocketConstructor } from './socket.ts';
import { readNewToken, readTokens, wishArgs } from './tokens.ts';
import { WS1 } from './ws1-dialect.ts';
import { parseEventObject, WS2 } from './ws2-dialect.ts';

/**
 * A logged-in connection to the server that restores itself: after a loss it reconnects, logs in, and sets
 * filter and OPEN again. Requests are promises; they are pipelined, so you need not await one
 * before making the next.
 */
export class VscpClient {
  readonly #options: ClientOptions & ClientDefaults;
  readonly #dialect: ClientDialect;
  readonly #emitter = new Emitter<ClientEvents>();
  readonly #streams = new Set<EventStream>();
  readonly #kept: KeptConnection;
  #filter: EventFilter | undefined;
  #isOpen = false;
  #tellsGaps = false;

  constructor(options: ClientOptions) {
    this.#options = { ...DEFAULTS, ...options };
    const Socket = options.WebSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
    if (Socket === undefined)
      throw new BadInputError('This platform has no WebSocket: give one in the options');
    const isWs1 = /\/ws1\/?($|\?)/.test(options.url);
    this.#dialect = (options.protocol ?? (isWs1 ? 'ws1' : 'ws2')) === 'ws1' ? WS1 : WS2;
    this.#kept = new KeptConnection(this.#options, Socket, this.#dialect, {
      standingOrders: () => this.#standingOrders(),
      onEvent: (event) => this.#received(event),
      onGap: (gap) => this.#emitter.emit('gap', gap),
      onError: (error) => this.#emitter.emit('error', error),
      onState: (change) => this.#emitter.emit('state', change),
      onEnd: (error) => {
        for (const stream of this.#streams) stream.end(error);
      },
    });
  }

  get state(): ConnectionState {
    return this.#kept.state;
  }

  /** Where the server is: as in the options, or as `findUrl` told. */
  get url(): string {
    return this.#kept.url;
  }

  /** The user of the last login. */
  get user(): UserInfo | undefined {
    return this.#kept.user;
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
   * Connects and logs in. When the connection is lost, tries again at once.
   * @throws ConnectError when the server is out of reach, LoginError when it refuses the login
   */
  connect(): Promise<void> {
    return this.#kept.connect();
  }

  /** Ends the connection and all event streams; nothing reconnects any more. */
  disconnect(): void {
    this.#isOpen = false;
    this.#kept.disconnect();
  }

  /** Lets events through, beginning with those that were queued for this session. */
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

  /**
   * From now on the event `gap` tells when events were lost: between several servers on one broker, or because
   * this client reads too slowly.
   * @returns how many were lost between the servers before. @throws UnsupportedError when the server is alone
   */
  async tellGaps(): Promise<number> {
    const { fields, args } = await this.#known({ word: WORDS.gaps });
    this.#tellsGaps = true;
    return Number(fields[0] ?? args.lost);
  }

  /** Asks whether the server is there. */
  async noop(): Promise<void> {
    await this.#command({ word: WORDS.noop });
  }

  /**
   * Asks what the user may do now: an administrator may have changed it since the login.
   * @returns what `user` is from now on; servers that do not tell leave it as it was
   */
  refreshUser(): Promise<UserInfo | undefined> {
    return this.#kept.refreshUser();
  }

  /**
   * Checks whether the connection still works, for instance after a sleep or a change of network. If it does
   * not, gives it up and reconnects at once. If the client is waiting to reconnect, it tries at once.
   * @returns whether the connection works
   */
  probe(timeoutMs = 2_000): Promise<boolean> {
    return this.#kept.probe(timeoutMs);
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
    await this.#kept.request(text, EVENT_WORD);
  }

  /** Resolves when a send would go out at once: await it between the sends of a large batch. */
  async whenWritable(): Promise<void> {
    await this.#kept.whenWritable();
  }

  /**
   * The last event of each kind (class, type, GUID, sensor) that the server remembers.
   * @throws UnsupportedError when the server has no such store
   */
  async last(filter: EventFilter = {}): Promise<VscpEvent[]> {
    return this.#stored({ word: WORDS.last, filter: filterPair(filter) });
  }

  /**
   * Past events that the server remembers, oldest first; `limit` asks for at most the latest so many.
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
   * What the server keeps for long, as far as the user may receive the events.
   * @throws UnsupportedError when it keeps nothing, RefusedError when it cannot answer at the moment
   */
  async series(filter: EventFilter = {}): Promise<SeriesInfo[]> {
    return readSeries(await this.#extension({ word: WORDS.series, filter: filterPair(filter) }));
  }

  /**
   * Minimum, mean and maximum of some series over time. More than 16 series or 2 000 buckets take several requests.
   * @throws as `series`
   */
  points(query: PointsQuery): Promise<Points> {
    return pagedPoints((args) => this.call(WORDS.points, args), query);
  }

  /**
   * Makes a token for the logged-in user, with which a device can stay logged in. This needs a login with the
   * password: see `confirm`.
   * @throws RefusedError, UnsupportedError when the server has no tokens
   */
  async createToken(wish: TokenWish): Promise<NewToken> {
    return readNewToken(await this.call(WORDS.token, wishArgs(wish)), this.#options.key);
  }

  /** The user's tokens; for an admin, the tokens of all users. */
  async tokens(): Promise<TokenInfo[]> {
    return readTokens(await this.call(WORDS.tokens));
  }

  /**
   * Ends a token, or all tokens of a user, and closes the sessions that used them. @returns how many there
   * were
   */
  async revoke(which: { id: string } | { user: string }): Promise<number> {
    return Number((await this.call(WORDS.revoke, which)).revoked);
  }

  /** Logs in again on the same connection, for actions that need more than a token. @throws LoginError */
  async confirm(who: Credentials): Promise<void> {
    await this.#kept.confirm(who);
  }

  /**
   * Sends a command of an extension (ws2) with its args; resolves with the args of the reply.
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
    return (await this.#known(command)).args;
  }

  async #known(command: ClientCommand): Promise<ServerReply> {
    try {
      return await this.#command(command);
    } catch (error) {
      if (!(error instanceof RefusedError) || error.errorCode !== UNKNOWN_COMMAND) throw error;
      throw new UnsupportedError(`The server does not know ${command.word}`);
    }
  }

  #command(command: ClientCommand): Promise<ServerReply> {
    return this.#kept.command(command);
  }

  /** Sets up a new connection as the last one was. */
  #standingOrders(): ClientCommand[] {
    const orders: ClientCommand[] = [];
    if (this.#filter) orders.push({ word: WORDS.setFilter, filter: filterPair(this.#filter) });
    if (this.#tellsGaps) orders.push({ word: WORDS.gaps });
    if (this.#isOpen) orders.push({ word: WORDS.open });
    return orders;
  }

  #received(event: VscpEvent): void {
    this.#emitter.emit('event', event);
    for (const stream of this.#streams) stream.push(event);
  }
}
