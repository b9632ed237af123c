import type { Socket } from 'node:net';

/**
 * The connections of all listeners that are no websocket (yet): in a TLS handshake, sending a request,
 * fetching a file, or kept alive. Bounded; under pressure the oldest give way, so that a crowd of silent
 * connections keeps nobody out who gets on with it.
 */
export class PendingSockets {
  readonly #limit: number;
  readonly #sockets = new Map<string, Socket>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#sockets.size;
  }

  /**
   * Takes a freshly accepted socket.
   * @returns how many older ones were closed for it
   */
  add(socket: Socket): number {
    const key = endpointsOf(socket);
    if (key === undefined) {
      socket.destroy();
      return 0;
    }
    this.#sockets.set(key, socket);
    socket.once('close', () => {
      if (this.#sockets.get(key) === socket) this.#sockets.delete(key);
    });
    return this.#evict();
  }

  /**
   * A websocket now, no longer ours. Takes the TLS stream as well as the plain socket: both name the same
   * two end points, and nothing public leads from the one to the other.
   */
  release(socket: Socket): void {
    const key = endpointsOf(socket);
    if (key !== undefined) this.#sockets.delete(key);
  }

  /** Closes all; resolves when they are gone. */
  async closeAll(): Promise<void> {
    const sockets = [...this.#sockets.values()];
    await Promise.all(
      sockets.map(
        (socket) =>
          new Promise<void>((resolve) => {
            socket.once('close', () => resolve());
            socket.destroy();
          }),
      ),
    );
  }

  #evict(): number {
    let closed = 0;
    for (const [key, oldest] of this.#sockets) {
      if (this.#sockets.size <= this.#limit) break;
      this.#sockets.delete(key);
      oldest.destroy();
      closed += 1;
    }
    return closed;
  }
}

/** Undefined when the peer has gone already. */
function endpointsOf(socket: Socket): string | undefined {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
