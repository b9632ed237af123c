import { WORDS } from '../core/protocol.ts';
import { BadInputError, VscpError } from '../core/vscp-error.ts';
import { backoffDelayMs } from './backoff.ts';
import { Connection } from './connection.ts';
import type { ClientCommand, ClientDialect, ServerReply } from './dialect.ts';
import {
  ConnectError,
  type ConnectionLostError,
  LoginError,
  NotConnectedError,
  TimeoutError,
} from './errors.ts';
import type { VscpEvent } from './event.ts';
import { login, readLogin, SENT_AWAY, userInfo } from './login.ts';
import {
  type ClientDefaults,
  type ClientOptions,
  type ConnectionState,
  type Credentials,
  DEFAULT_BACKOFF,
  type Gap,
  type StateChange,
  type UserInfo,
} from './options.ts';
import type { WebSocketConstructor } from './socket.ts';

export interface KeptConnectionHooks {
  /** Sets up a new connection as the last one was. */
  standingOrders(): ClientCommand[];
  onEvent(event: VscpEvent): void;
  onGap(gap: Gap): void;
  /** Told of errors that no caller waits for. */
  onError(error: Error): void;
  onState(change: StateChange): void;
  /** Called when nothing reconnects any more; without an error when the user asked for it. */
  onEnd(error?: Error): void;
}

/**
 * A logged-in connection that is made again whenever it is lost, until it is ended or the login is refused.
 */
export class KeptConnection {
  readonly #options: ClientOptions & ClientDefaults;
  readonly #Socket: WebSocketConstructor;
  readonly #dialect: ClientDialect;
  readonly #hooks: KeptConnectionHooks;
  #state: ConnectionState = 'offline';
  #connection: Connection | undefined;
  #connecting: Promise<void> | undefined;
  /** Connected, not yet logged in. */
  #pending: Connection | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #user: UserInfo | undefined;
  #url: string;
  /** How often it was asked where the server is. */
  #asked = 0;
  #attempt = 0;
  #reconnects = 0;
  /** Counts connect and disconnect calls, so that an attempt can tell that a later call replaced it. */
  #epoch = 0;

  constructor(
    options: ClientOptions & ClientDefaults,
    Socket: WebSocketConstructor,
    dialect: ClientDialect,
    hooks: KeptConnectionHooks,
  ) {
    this.#options = options;
    this.#url = options.url;
    this.#Socket = Socket;
    this.#dialect = dialect;
    this.#hooks = hooks;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get url(): string {
    return this.#url;
  }

  /** The user of the last login. */
  get user(): UserInfo | undefined {
    return this.#user;
  }

  /**
   * Connects and logs in. When the connection is lost, tries again at once.
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

  /** Ends the connection; nothing reconnects any more. */
  disconnect(): void {
    this.#epoch += 1;
    clearTimeout(this.#timer);
    this.#connecting = undefined;
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.end('ended by this client');
    this.#pending?.end('ended by this client');
    this.#pending = undefined;
    this.#setState({ state: 'offline' });
    this.#hooks.onEnd();
  }

  /** See VscpClient. */
  async probe(timeoutMs: number): Promise<boolean> {
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

  async whenWritable(): Promise<void> {
    if (this.#connection === undefined) throw new NotConnectedError();
    await this.#connection.whenWritable();
  }

  /** Logs in again on the same connection. @throws LoginError */
  async confirm(who: Credentials): Promise<void> {
    if (this.#connection === undefined) throw new NotConnectedError();
    // A failed login made the server change the session id.
    const { args } = await this.command({ word: 'CHALLENGE' });
    if (typeof args.sid === 'string') this.#connection.sid = args.sid;
    this.#user = await login(this.#connection, this.#dialect, this.#options, who);
  }

  /** See VscpClient. */
  async refreshUser(): Promise<UserInfo | undefined> {
    const connection = this.#connection;
    const reply = await this.command({ word: WORDS.noop, args: { describe: true } });
    if (connection === this.#connection && this.#user !== undefined && reply.args.user !== undefined)
      this.#user = userInfo(reply, this.#user.name);
    return this.#user;
  }

  command(command: ClientCommand): Promise<ServerReply> {
    return this.request(this.#dialect.formatCommand(command), command.word);
  }

  async request(text: string, word: string): Promise<ServerReply> {
    if (this.#connection === undefined) throw new NotConnectedError();
    return this.#connection.request(text, word, this.#options.timeoutMs);
  }

  async #establish(epoch: number): Promise<void> {
    readLogin(this.#options);
    this.#setState({ state: 'connecting' });
    const connection = await Connection.open(
      this.#Socket,
      this.#url,
      this.#dialect,
      this.#options,
      {
        onEvent: (event) => this.#hooks.onEvent(event),
        onGap: (gap) => this.#hooks.onGap(gap),
        onBadFrame: (reason) => this.#hooks.onError(new VscpError('BAD_FRAME', `Unreadable: ${reason}`)),
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
      for (const command of this.#hooks.standingOrders()) {
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

  #lost(error: ConnectionLostError): void {
    this.#connection = undefined;
    clearTimeout(this.#timer);
    const isFinal = SENT_AWAY.has(error.closeCode);
    this.#failed(isFinal ? new LoginError('withdrawn') : error, true);
  }

  /** After a lost connection or a failed attempt, tries again later or stays offline. */
  #failed(error: Error, mayRetry: boolean): void {
    const { reconnect } = this.#options;
    if (!mayRetry || reconnect === false || error instanceof LoginError || error instanceof BadInputError) {
      this.#setState({ state: 'offline', error });
      this.#hooks.onEnd(error);
      return;
    }
    // A lost connection alone tells nothing.
    if (this.#attempt > 0) void this.#seek();
    const retryInMs = backoffDelayMs(this.#attempt, { ...DEFAULT_BACKOFF, ...reconnect });
    this.#attempt += 1;
    this.#setState({ state: 'waiting', error, retryInMs });
    this.#timer = setTimeout(() => {
      this.connect().catch((failure: unknown) => this.#hooks.onError(toError(failure)));
    }, retryInMs);
  }

  /** Asks where the server is, while the next attempt waits: that does not wait for the answer. */
  async #seek(): Promise<void> {
    const asked = ++this.#asked;
    try {
      const url = await this.#options.findUrl?.();
      if (url !== undefined && asked === this.#asked) this.#url = url;
    } catch (error) {
      this.#hooks.onError(toError(error));
    }
  }

  #keepAlive(connection: Connection): void {
    const { keepAliveMs } = this.#options;
    if (keepAliveMs === 0) return;
    this.#timer = setTimeout(async () => {
      if (Date.now() - connection.lastFrameAt >= keepAliveMs) {
        await this.command({ word: WORDS.noop }).catch((error: unknown) => {
          if (error instanceof TimeoutError) connection.end('the server does not answer');
        });
      }
      if (connection === this.#connection) this.#keepAlive(connection);
    }, keepAliveMs);
  }

  #setState(change: Omit<StateChange, 'reconnects'>): void {
    if (this.#state === change.state && change.error === undefined) return;
    this.#state = change.state;
    this.#hooks.onState({ ...change, reconnects: this.#reconnects });
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
