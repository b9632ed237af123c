import { errorMessage } from '../core/errors.ts';
import { GAP_WORD } from '../core/protocol.ts';
import { CONNECT_FAILURES, connectFailure } from './connect-failure.ts';
import type { ClientDialect, ServerFrame, ServerReply } from './dialect.ts';
import {
  ConnectError,
  ConnectionLostError,
  RefusedError,
  TimeoutError,
  TooManySendsError,
} from './errors.ts';
import type { VscpEvent } from './event.ts';
import type { Gap } from './options.ts';
import { SOCKET_OPEN, type WebSocketConstructor, type WebSocketLike } from './socket.ts';

export interface ConnectionLimits {
  /** Most requests that may be without an answer at once. */
  maxInFlight: number;
  /** Bytes in the socket's buffer beyond which writing pauses. */
  maxBufferedBytes: number;
  /** Most requests that may wait for room. */
  maxQueuedSends: number;
}

export interface ConnectionHooks {
  onEvent(event: VscpEvent): void;
  onGap(gap: Gap): void;
  onBadFrame(reason: string): void;
  /** Called once, when an established connection is gone. */
  onClosed(error: ConnectionLostError, connection: Connection): void;
}

interface PendingRequest {
  text: string;
  word: string;
  resolve(reply: ServerReply): void;
  reject(error: Error): void;
  timer: ReturnType<typeof setTimeout>;
  /** Timed out; its reply may still come and must not be taken for the next request's reply. */
  abandoned: boolean;
}

const BUFFER_POLL_MS = 5;
const NORMAL_CLOSE = 1000;

function readGap({ fields, args }: ServerReply): Gap {
  const where = String(fields[1] ?? args.where);
  return { events: Number(fields[0] ?? args.events), where: where === 'queue' ? 'queue' : 'broker' };
}

function create(Socket: WebSocketConstructor, url: string, dialect: ClientDialect): WebSocketLike {
  try {
    return new Socket(url, dialect.subProtocol);
  } catch (error) {
    throw new ConnectError(`${url}: ${errorMessage(error)}`);
  }
}

/**
 * One websocket connection until it ends: requests with their replies, and incoming events.
 * The server answers in the order of the requests, so replies need no number: the oldest unanswered
 * request owns the next reply.
 */
export class Connection {
  readonly #socket: WebSocketLike;
  readonly #dialect: ClientDialect;
  readonly #limits: ConnectionLimits;
  readonly #hooks: ConnectionHooks;
  readonly #inFlight: PendingRequest[] = [];
  readonly #waiting: PendingRequest[] = [];
  #writableCallbacks: (() => void)[] = [];
  #poll: ReturnType<typeof setTimeout> | undefined;
  #established: { resolve(): void; reject(error: Error): void } | undefined;
  #lost: ConnectionLostError | undefined;
  #lastFrameAt = Date.now();
  #failure = connectFailure(undefined);

  private constructor(
    socket: WebSocketLike,
    dialect: ClientDialect,
    limits: ConnectionLimits,
    hooks: ConnectionHooks,
  ) {
    this.#socket = socket;
    this.#dialect = dialect;
    this.#limits = limits;
    this.#hooks = hooks;
    socket.onmessage = ({ data }) => this.#received(data);
    socket.onclose = ({ code, reason }) => this.#closed(code, reason);
    // Each error is followed by a close.
    socket.onerror = (event: unknown) => {
      this.#failure = connectFailure(event);
    };
  }

  /**
   * Connects and waits for the server's greeting.
   * @throws ConnectError
   */
  static async open(
    Socket: WebSocketConstructor,
    url: string,
    dialect: ClientDialect,
    limits: ConnectionLimits,
    hooks: ConnectionHooks,
    timeoutMs: number,
  ): Promise<Connection> {
    const connection = new Connection(create(Socket, url, dialect), dialect, limits, hooks);
    const timer = setTimeout(() => connection.end(`no greeting within ${timeoutMs} ms`), timeoutMs);
    try {
      await new Promise<void>((resolve, reject) => {
        connection.#established = { resolve, reject };
      });
    } finally {
      clearTimeout(timer);
    }
    return connection;
  }

  /** Session id of this connection as the server last told it: 32 hex digits. */
  sid = '';

  /** How many frames have come in. */
  framesReceived = 0;

  /** When the last frame came in, Unix time in milliseconds. */
  get lastFrameAt(): number {
    return this.#lastFrameAt;
  }

  /** @returns the positive reply. @throws RefusedError, TimeoutError, ConnectionLostError, TooManySendsError */
  request(text: string, word: string, timeoutMs: number): Promise<ServerReply> {
    if (this.#lost) return Promise.reject(this.#lost);
    const { maxQueuedSends } = this.#limits;
    if (this.#waiting.length >= maxQueuedSends) return Promise.reject(new TooManySendsError(maxQueuedSends));
    return new Promise((resolve, reject) => {
      const request: PendingRequest = {
        text,
        word,
        resolve,
        reject,
        timer: setTimeout(() => this.#timedOut(request, timeoutMs), timeoutMs),
        abandoned: false,
      };
      this.#waiting.push(request);
      this.#pump();
    });
  }

  /** Resolves when the next request would be written at once. @throws ConnectionLostError */
  async whenWritable(): Promise<void> {
    while (this.#lost === undefined && (this.#waiting.length > 0 || !this.#mayWrite())) {
      await new Promise<void>((resolve) => this.#writableCallbacks.push(resolve));
    }
    if (this.#lost) throw this.#lost;
  }

  /** True once the connection is gone. */
  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /** Closes the socket; unanswered requests fail. */
  end(reason: string): void {
    this.#closed(NORMAL_CLOSE, reason);
    this.#socket.close(NORMAL_CLOSE);
  }

  #mayWrite(): boolean {
    const { maxInFlight, maxBufferedBytes } = this.#limits;
    return this.#inFlight.length < maxInFlight && this.#socket.bufferedAmount <= maxBufferedBytes;
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#mayWrite() && this.#socket.readyState === SOCKET_OPEN) {
      const request = this.#waiting.shift();
      if (request === undefined) break;
      this.#inFlight.push(request);
      this.#socket.send(request.text);
    }
    if (this.#waiting.length === 0 && this.#mayWrite()) {
      for (const resolve of this.#writableCallbacks.splice(0)) resolve();
    } else if (this.#socket.bufferedAmount > this.#limits.maxBufferedBytes && this.#poll === undefined) {
      // Browsers do not tell when their buffer drains, so this has to ask again and again.
      this.#poll = setTimeout(() => {
        this.#poll = undefined;
        this.#pump();
      }, BUFFER_POLL_MS);
    }
  }

  #timedOut(request: PendingRequest, timeoutMs: number): void {
    request.abandoned = true;
    const at = this.#waiting.indexOf(request);
    if (at >= 0) this.#waiting.splice(at, 1);
    request.reject(new TimeoutError(request.word, timeoutMs));
  }

  #received(data: unknown): void {
    if (this.#lost) return;
    this.#lastFrameAt = Date.now();
    this.framesReceived++;
    const frame: ServerFrame =
      typeof data === 'string' ? this.#dialect.parse(data) : { kind: 'bad', reason: 'binary frame' };
    if (frame.kind === 'event') this.#hooks.onEvent(frame.event);
    else if (frame.kind === 'reply' && frame.ok && frame.word === GAP_WORD) this.#hooks.onGap(readGap(frame));
    else if (frame.kind === 'reply') this.#answered(frame);
    else if (frame.kind === 'bad') this.#hooks.onBadFrame(frame.reason);
    else {
      this.sid = frame.sid;
      this.#established?.resolve();
      this.#established = undefined;
    }
  }

  #answered(reply: Extract<ServerFrame, { kind: 'reply' }>): void {
    const request = this.#owner(reply.word);
    if (request === undefined) {
      this.#hooks.onBadFrame('a reply without a request');
      return;
    }
    clearTimeout(request.timer);
    if (!request.abandoned) {
      if (reply.ok) request.resolve(reply);
      else request.reject(new RefusedError(request.word, reply.errorCode, reply.text));
    }
    this.#pump();
  }

  /**
   * The request that a reply belongs to: the oldest one. If that one timed out, the server may never have
   * answered it; then the reply belongs to the first request with the reply's word.
   */
  #owner(word: string): PendingRequest | undefined {
    const oldest = this.#inFlight[0];
    if (oldest?.abandoned && word !== '' && oldest.word !== word) {
      const at = this.#inFlight.findIndex((request) => request.word === word);
      if (at > 0 && this.#inFlight.slice(0, at).every((request) => request.abandoned)) {
        this.#inFlight.splice(0, at);
      }
    }
    return this.#inFlight.shift();
  }

  #connectError(code: number, said: string): ConnectError {
    const { reason, detail } = this.#failure;
    const more = reason === 'unknown' ? `${code}${said && ` ${said}`}` : detail;
    return new ConnectError(`${CONNECT_FAILURES[reason]} (${more})`, code, reason);
  }

  #closed(code: number, reason: string): void {
    if (this.#lost) return;
    this.#lost = new ConnectionLostError(code, reason);
    clearTimeout(this.#poll);
    for (const request of [...this.#inFlight.splice(0), ...this.#waiting.splice(0)]) {
      clearTimeout(request.timer);
      request.reject(this.#lost);
    }
    for (const resolve of this.#writableCallbacks.splice(0)) resolve();
    if (this.#established) {
      this.#established.reject(this.#connectError(code, reason));
      this.#established = undefined;
    } else {
      this.#hooks.onClosed(this.#lost, this);
    }
  }
}
