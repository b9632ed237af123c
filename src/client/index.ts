/**
 * Client for the VSCP websocket protocols ws1 and ws2, for browsers; `node.ts` is the same for Node.
 * Names of classes and types are in a module of their own, `names.ts`.
 */
export type { Backoff } from './backoff.ts';
export { VscpClient } from './client.ts';
export {
  BadInputError,
  ConnectError,
  ConnectionLostError,
  LoginError,
  NotConnectedError,
  RefusedError,
  TimeoutError,
  TooManySendsError,
  UnsupportedError,
  VscpError,
  type VscpErrorCode,
} from './errors.ts';
export { type EventInput, eventTimeMs, priorityOf, USUAL_HEAD, type VscpEvent } from './event.ts';
export type { EventStream } from './event-stream.ts';
export type { EventFilter } from './filter.ts';
export { formatGuid, normalizeGuid, parseGuid, ZERO_GUID } from './guid.ts';
export { DEFAULT_KEY } from './login-crypto.ts';
export { decodeMeasurement, type Measurement } from './measurement.ts';
export { encodeMeasurement, type MeasurementForm, type MeasurementInput } from './measurement-encode.ts';
export type {
  ClientEvents,
  ClientOptions,
  ConnectionState,
  EventsOptions,
  ServerVersion,
  StateChange,
  UserInfo,
} from './options.ts';
export type { WebSocketConstructor, WebSocketLike } from './socket.ts';
export { unitSymbol, unitsOf } from './units.ts';
export type { CodedValue, Coding } from './value-coding.ts';
