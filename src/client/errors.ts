import { TRANSMIT_BUFFER_FULL } from '../core/protocol.ts';
import { VscpError } from '../core/vscp-error.ts';

/**
 * Why the connection failed, as far as the platform tells (browsers tell nothing: `unknown`): no machine has
 * that name, nothing answers, its certificate is not trusted, 404, 403, 503.
 */
export type ConnectFailure =
  | 'name-not-found'
  | 'unreachable'
  | 'certificate'
  | 'path'
  | 'origin'
  | 'full'
  | 'unknown';

/**
 * The connection failed: the server was out of reach, refused it, or closed it before the login was complete.
 */
export class ConnectError extends VscpError {
  /** Close code of the websocket; 0 when it is not known. */
  readonly closeCode: number;
  readonly reason: ConnectFailure;

  constructor(message: string, closeCode = 0, reason: ConnectFailure = 'unknown') {
    super('CONNECT_FAILED', message);
    this.closeCode = closeCode;
    this.reason = reason;
  }
}

/**
 * `key`: the vscp key is not the server's. `credentials`: user or password is wrong, or this address is not
 * accepted; the server never tells which. `token`: the token has ended, or this address is not accepted.
 * `withdrawn`: the server has ended this login.
 */
export type LoginFailure = 'key' | 'credentials' | 'token' | 'withdrawn' | 'unknown';

const LOGIN_FAILURES: Record<LoginFailure, string> = {
  key: 'Login refused: the vscp key differs from that of the server',
  credentials: 'Login refused: user or password is wrong, or this address is not accepted',
  token: 'Login refused: the token has ended, or this address is not accepted',
  withdrawn: 'The server has withdrawn this login',
  unknown: 'Login refused: user, password, key or this address is not accepted',
};

/** The server refused the login. */
export class LoginError extends VscpError {
  readonly reason: LoginFailure;

  constructor(reason: LoginFailure = 'unknown') {
    super('LOGIN_REFUSED', LOGIN_FAILURES[reason]);
    this.reason = reason;
  }
}

/** No answer within the time-out. Whether the server acted on the request is unknown. */
export class TimeoutError extends VscpError {
  constructor(what: string, timeoutMs: number) {
    super('TIMEOUT', `${what}: no answer within ${timeoutMs} ms`);
  }
}

/** The server's negative reply to a command or an event. */
export class RefusedError extends VscpError {
  /** Command word that the reply is for; `EVENT` for events. */
  readonly command: string;
  /** Error number of the protocol, 1-10. */
  readonly errorCode: number;

  constructor(command: string, errorCode: number, text: string) {
    super('REFUSED', `${command}: ${text} (${errorCode})`);
    this.command = command;
    this.errorCode = errorCode;
  }

  /** True when the same request may succeed a moment later (the host's queue was full). */
  get retryable(): boolean {
    return this.errorCode === TRANSMIT_BUFFER_FULL;
  }
}

/** No connection is logged in at the moment; nothing was sent. */
export class NotConnectedError extends VscpError {
  constructor() {
    super('NOT_CONNECTED', 'Not connected; nothing was sent');
  }
}

/** The connection broke while the request was under way; whether the server acted on it is unknown. */
export class ConnectionLostError extends VscpError {
  readonly closeCode: number;

  constructor(closeCode: number, reason: string) {
    super('CONNECTION_LOST', `Connection lost (${closeCode}${reason === '' ? '' : ` ${reason}`})`);
    this.closeCode = closeCode;
  }
}

/** More sends are waiting than `maxQueuedSends`; nothing was sent. Await `whenWritable()` first. */
export class TooManySendsError extends VscpError {
  constructor(limit: number) {
    super('TOO_MANY_SENDS', `More than ${limit} sends are waiting`);
  }
}

/** The server does not have what the client asked for. */
export class UnsupportedError extends VscpError {
  constructor(what: string) {
    super('UNSUPPORTED', what);
  }
}
