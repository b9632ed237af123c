import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Protocol } from '../core/protocol.ts';

/**
 * How a client with a session talks: over a websocket, with legacy REST requests, or as a reader of
 * server-sent events.
 */
export type ClientProtocol = Protocol | 'rest' | 'sse';

/** What a session needs of the connection under it; a websocket has it. */
export type Channel = Pick<
  WebSocket,
  'readyState' | 'OPEN' | 'close' | 'terminate' | 'ping' | 'pause' | 'resume'
>;

/** A websocket that has been upgraded and waits for a session. */
export interface ClientConnection {
  ws: WebSocket;
  /** The raw TCP or TLS stream under `ws`: the session writes ready-made frames to it. */
  socket: Duplex;
  protocol: Protocol;
  /** Address of the client without port; behind a trusted proxy, the forwarded client's address. */
  remoteAddress: string;
}

/** What the listener needs of the part that owns the sessions. */
export interface ClientHooks {
  /**
   * Whether there is a place for one more client from this address; otherwise the upgrade gets HTTP 503. The
   * callee counts refusals and may take the place from a client that has not logged in.
   */
  hasRoom(remoteAddress: string): boolean;
  /** Takes the connection over. Never throws. */
  accept(connection: ClientConnection): void;
}
