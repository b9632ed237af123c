/** Time and size limits of the listener. The defaults suit every installation; tests shorten them. */
export interface HttpLimits {
  /** A peer has this long to send the head of a request, counted from the connection or the request before. */
  headersTimeoutMs: number;
  /** A peer has this long to send a whole request. */
  requestTimeoutMs: number;
  /** A kept-alive connection without a request is closed after this time. */
  keepAliveTimeoutMs: number;
  /** A connection that is no websocket and moves no byte is closed after this time. */
  idleTimeoutMs: number;
  /** A TLS handshake has this long. */
  handshakeTimeoutMs: number;
  /** How often the time-outs of requests are looked at. */
  checkIntervalMs: number;
  /** How often it is looked whether file descriptors are left. */
  acceptCheckMs: number;
  /** Bytes of a request's head. */
  maxHeaderSize: number;
  /** Connections that are no websocket (yet), beyond `max-clients` of them; the oldest give way. */
  spareConnections: number;
  /** Fragments of one message, and pieces of one frame, that may wait for their end. */
  maxFragments: number;
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
