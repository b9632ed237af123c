/** Time and size limits of the listener. The defaults suit every installation; tests shorten them. */
export interface HttpLimits {
  /**
   * A peer has this long to send the head of a request, counted from the connection or the request before.
   */
  headersTimeoutMs: number;
  /** A peer has this long to send a whole request. */
  requestTimeoutMs: number;
  /** A kept-alive connection without a request is closed after this time. */
  keepAliveTimeoutMs: number;
  /** A connection that is not a websocket and moves no bytes is closed after this time. */
  idleTimeoutMs: number;
  /** A TLS handshake has this long. */
  handshakeTimeoutMs: number;
  /** How often the time-outs of requests are checked. */
  checkIntervalMs: number;
  /** How often the server checks whether file descriptors are left. */
  acceptCheckMs: number;
  /** Maximum size of a request's head in bytes. */
  maxHeaderSize: number;
  /**
   * How many connections that are not (yet) websockets may exist beyond `max-clients`; the oldest give way.
   */
  spareConnections: number;
  /** Maximum number of fragments of one message. */
  maxFragments: number;
  /** Maximum number of pieces of one frame that wait for the rest of it. */
  maxBufferedChunks: number;
  /** A websocket that was told to close has this long to answer. */
  closeTimeoutMs: number;
}

export const HTTP_LIMITS: HttpLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 5_000,
  idleTimeoutMs: 60_000,
  handshakeTimeoutMs: 10_000,
  checkIntervalMs: 2_000,
  acceptCheckMs: 5_000,
  maxHeaderSize: 16 * 1024,
  spareConnections: 256,
  maxFragments: 2_048,
  maxBufferedChunks: 4_096,
  closeTimeoutMs: 5_000,
};
