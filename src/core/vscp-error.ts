/** Stable codes of the errors the client library makes; compare these rather than messages. */
export type VscpErrorCode =
  | 'CONNECT_FAILED'
  | 'LOGIN_REFUSED'
  | 'TIMEOUT'
  | 'REFUSED'
  | 'NOT_CONNECTED'
  | 'CONNECTION_LOST'
  | 'TOO_MANY_SENDS'
  | 'BAD_FRAME'
  | 'UNSUPPORTED'
  | 'BAD_INPUT';

/** Base of every error of the client library. */
export class VscpError extends Error {
  readonly code: VscpErrorCode;

  constructor(code: VscpErrorCode, message: string) {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A value is out of range or has the wrong form; nothing was sent. */
export class BadInputError extends VscpError {
  constructor(message: string) {
    super('BAD_INPUT', message);
  }
}
