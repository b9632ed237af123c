import { TRANSMIT_BUFFER_FULL } from '../core/protocol.ts';
import { VscpError } from '../core/vscp-error.ts';

/** No connection came about: unreachable, refused, or closed before the login was through. */
export class ConnectError extends VscpError {
  /** Close code of the websocket, 0 when none is known. */
  readonly closeCode: number;

  constructor(message: string, closeCode = 0) {
    super('CONNECT_FAILED', message);
    this.closeCode = closeCode;
  }
}

/** The server refused user, password, key or this address; it never tells which. */
export class LoginError extends VscpError {
  constructor(message = 'Login refused: user, password, key or this address is not accepted') {
    super('LOGIN_REFUSED', message);
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
  /** Command word the reply is for, `EVENT` for events. */
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

/** There is no logged-in connection at the moment; nothing was sent. */
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

/** The server does not have what was asked for. */
export class UnsupportedError extends VscpError {
  constructor(what: string) {
    super('UNSUPPORTED', what);
  }
}
