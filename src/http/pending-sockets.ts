import type { Socket } from 'node:net';
import { networkOf } from '../auth/remotes.ts';

/**
 * The connections of all listeners that are not (yet) websockets: in a TLS handshake, sending a request,
 * fetching a file, or kept alive. Their number is bounded: at the bound, the oldest connections of the
 * address that has most of them are closed, so that a crowd of silent connections does not keep others out.
 */
export class PendingSockets {
  readonly #limit: number;
  /** Sockets by address group, and within it by their end points, oldest first. */
  readonly #groups = new Map<string, Map<string, Socket>>();
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Takes a freshly accepted socket.
   * @returns how many older sockets were closed to make room for it
   */
  add(socket: Socket): number {
    const place = placeOf(socket);
    if (place === undefined) {
      socket.destroy();
      return 0;
    }
    const group = this.#groups.get(place.group) ?? new Map<string, Socket>();
    this.#groups.set(place.group, group);
    if (!group.has(place.key)) this.#size += 1;
    group.set(place.key, socket);
    socket.once('close', () => this.#remove(place, socket));
    return this.#evict();
  }

  /**
   * Lets go of a connection that is a websocket now. The TLS stream will do as well as the plain socket: both
   * name the same two end points, and no public property leads from one to the other.
   */
  release(socket: Socket): void {
    const place = placeOf(socket);
    if (place !== undefined) this.#remove(place);
  }

  /** Closes all sockets; resolves when they are gone. */
  async closeAll(): Promise<void> {
    const sockets = [...this.#groups.values()].flatMap((group) => [...group.values()]);
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

  /** @param only remove this socket alone, not another one that has the same end points since */
  #remove({ group, key }: Place, only?: Socket): void {
    const sockets = this.#groups.get(group);
    const found = sockets?.get(key);
    if (sockets === undefined || found === undefined || (only !== undefined && found !== only)) return;
    sockets.delete(key);
    this.#size -= 1;
    if (sockets.size === 0) this.#groups.delete(group);
  }

  #evict(): number {
    let closed = 0;
    while (this.#size > this.#limit) {
      let crowd: [group: string, sockets: Map<string, Socket>] | undefined;
      for (const entry of this.#groups) if (entry[1].size > (crowd?.[1].size ?? 0)) crowd = entry;
      const [key, oldest] = crowd?.[1].entries().next().value ?? [];
      if (crowd === undefined || key === undefined || oldest === undefined) break;
      this.#remove({ group: crowd[0], key });
      oldest.destroy();
      closed += 1;
    }
    return closed;
  }
}

interface Place {
  group: string;
  key: string;
}

/** Undefined when the peer is already gone. */
function placeOf(socket: Socket): Place | undefined {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  const key = `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
  return { group: networkOf(remoteAddress), key };
}
