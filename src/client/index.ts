/**
 * Client for the VSCP websocket protocols ws1 and ws2, for browsers; `node.ts` is the same for Node.
 * Names of classes and types are in a separate module, `names.ts`.
 */

export { type EventInput, USUAL_HEAD } from '../core/event.ts';
export { formatGuid, normalizeGuid, parseGuid, ZERO_GUID } from '../core/guid.ts';
export { decodeMeasurement, type Measurement } from '../core/measurement.ts';
export {
  encodeMeasurement,
  type MeasurementForm,
  type MeasurementInput,
} from '../core/measurement-encode.ts';
export { DEFAULT_KEY } from '../core/protocol.ts';
export { unitSymbol, unitsOf } from '../core/units.ts';
export type { CodedValue, Coding } from '../core/value-coding.ts';
export { BadInputError, VscpError, type VscpErrorCode } from '../core/vscp-error.ts';
export type { Backoff } from './backoff.ts';
export { VscpClient } from './client.ts';
export {
  ConnectError,
  type ConnectFailure,
  ConnectionLostError,
  LoginError,
  type LoginFailure,
  NotConnectedError,
  RefusedError,
  TimeoutError,
  TooManySendsError,
  UnsupportedError,
} from './errors.ts';
export { eventTimeMs, priorityOf, type VscpEvent } from './event.ts';
export type { EventStream } from './event-stream.ts';
export type { EventFilter } from './filter.ts';
export type {
  Points,
  PointsQuery,
  PointsSource,
  SeriesInfo,
  SeriesPoints,
} from './lasting-history.ts';
export type {
  ClientEvents,
  ClientOptions,
  ConnectionState,
  Credentials,
  EventsOptions,
  Gap,
  NewToken,
  ServerVersion,
  StateChange,
  TokenInfo,
  TokenWish,
  UserInfo,
} from './options.ts';
export type { WebSocketConstructor, WebSocketLike } from './socket.ts';
