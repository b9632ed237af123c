import { DEFAULT_KEY, type Protocol } from '../core/protocol.ts';
import type { Backoff } from './backoff.ts';
import type { VscpEvent } from './event.ts';
import type { WebSocketConstructor } from './socket.ts';

/** A token is `<id>.<secret>`, as `createToken` returns it; it needs ws2 and no key. */
export type Credentials = { user: string; password: string } | { token: string };

/** How to connect; everything but address, user and password has a default. */
export interface ClientOptions {
  /** `ws://host:8884/ws2`, `wss://…`, path `/ws1` for the text protocol. */
  url: string;
  /**
   * Tells where the server is now; asked after failed attempts to reconnect, because it may have moved. `undefined` =
   * not known. It has to speak the same protocol there.
   */
  findUrl?: () => Promise<string | undefined>;
  /** `user` and `password` are a short form of `login`. */
  user?: string;
  password?: string;
  /** Who logs in: a token, or user and password. */
  login?: Credentials;
  /** The server's vscp key: at least 32 hex digits. Default: the well-known key of new installations. */
  key?: string;
  /** Default: `ws1` when the path of `url` ends with it, else `ws2`. */
  protocol?: Protocol;
  /** How long to wait for the server's greeting. Default 10 000. */
  connectTimeoutMs?: number;
  /** How long to wait for each answer. Default 10 000. */
  timeoutMs?: number;
  /** After this much silence the client asks whether the server is there; 0 = never. Default 30 000. */
  keepAliveMs?: number;
  /** `false` = stay offline when the connection is lost. Default: reconnect after 0.5 s to 30 s. */
  reconnect?: false | Partial<Backoff>;
  /** Most requests that may be without an answer at once. Default 1 000. */
  maxInFlight?: number;
  /** Bytes in the socket's buffer beyond which sends wait. Default 1 MiB. */
  maxBufferedBytes?: number;
  /** Sends that may wait before further ones are refused. Default 10 000. */
  maxQueuedSends?: number;
  /** Default: the platform's own; the Node entry takes the one of the `ws` package. */
  WebSocket?: WebSocketConstructor;
}

export type ClientDefaults = Required<
  Omit<ClientOptions, 'url' | 'findUrl' | 'user' | 'password' | 'login' | 'protocol' | 'WebSocket'>
>;

export const DEFAULTS: ClientDefaults = {
  key: DEFAULT_KEY,
  connectTimeoutMs: 10_000,
  timeoutMs: 10_000,
  keepAliveMs: 30_000,
  reconnect: {},
  maxInFlight: 1_000,
  maxBufferedBytes: 1 << 20,
  maxQueuedSends: 10_000,
};
export const DEFAULT_BACKOFF = { minDelayMs: 500, maxDelayMs: 30_000 };
export const DEFAULT_STREAM_LIMIT = 10_000;

/** `waiting`: the connection was lost and the next attempt is some time away. */
export type ConnectionState = 'offline' | 'connecting' | 'online' | 'waiting';

export interface StateChange {
  state: ConnectionState;
  /** The reason, when a failure led to this state. */
  error?: Error;
  /** In state `waiting`: how long until the next attempt. */
  retryInMs?: number;
  /** How often the connection was regained; when this grows, the server may have sent events meanwhile. */
  reconnects: number;
}

/** Events for this client were lost. */
export interface Gap {
  /** How many; some of them may not have been for this client. */
  events: number;
  /** `broker`: between servers; `queue`: this client read too slowly. */
  where: 'broker' | 'queue';
}

export interface ClientEvents {
  event: VscpEvent;
  /** Only after `tellGaps()`. */
  gap: Gap;
  state: StateChange;
  /** Something went wrong that no caller waits for: an unreadable frame, a failed attempt to reconnect. */
  error: Error;
}

export interface UserInfo {
  name: string;
  /** ws1 tells more about the user than ws2 does. */
  fullName?: string;
  /** Bits of the specification's table of rights. */
  rights?: number;
  /** Whether the user may manage users and everybody's tokens. */
  isAdmin?: boolean;
  /** Rules for what the user may send and receive, as ws1 tells them; empty = everything. */
  events?: string;
  /** The token that was used for this login. */
  tokenId?: string;
}

/** What a new token shall be like. */
export interface TokenWish {
  /** Tells readers of the list of tokens which device it is. 1 to 64 characters. */
  label: string;
  /** Seconds, counted from the last use. Default: 400 days. */
  lifetimeS?: number;
  /** Fewer rights than the user has, as the user database names them: `websockets,receive-events`. */
  rights?: string;
}

export interface NewToken {
  id: string;
  /** `<id>.<secret>`, for the login. The server tells it only this once. */
  token: string;
  rights: number;
  expires: Date;
}

export interface TokenInfo {
  id: string;
  user: string;
  label: string;
  /** The most that it may do; left out = everything that the user may. */
  rights?: number;
  created: Date;
  expires: Date;
  lastUsed?: Date;
  lastAddress?: string;
  /** Whether this session used it to log in. */
  isCurrent: boolean;
}

export interface ServerVersion {
  /** Version of the driver. */
  version: string;
  /** Commands beyond the specification, such as `LAST` and `HISTORY`. */
  extensions: string[];
  /** Whether the server has the well-known key; undefined when it does not tell. */
  isDefaultKey?: boolean;
}

export interface EventsOptions {
  /** Events held for a slow consumer; beyond that the oldest are dropped and counted. Default 10 000. */
  limit?: number;
}
