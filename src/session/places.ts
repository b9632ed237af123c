import { networkOf } from '../auth/remotes.ts';

/** What decides over a place; a session is one. */
export interface Placed {
  readonly remoteAddress: string;
  /** Set once it is logged in. */
  readonly user: unknown;
  readonly connectedAtMs: number;
  /** It is being closed already. */
  readonly ending: boolean;
}

/** The share of the places that clients which are not logged in may take: from one address, and all of them. */
const SHARE_OF_ADDRESS = 0.5;
const SHARE_OF_ALL = 0.75;
/** So many at least, where `max-clients` is as small. */
const MIN_NUMBER = 10;
/** The same where the number of clients is not limited. */
const MAX_OF_ADDRESS = 256;
const MAX_OF_ALL = 1024;
/** So long nobody loses the place before having logged in, unless others of the same address crowd. */
const UNDISTURBED_MS = 5_000;

/** `given`: place is to be had, perhaps that of another client, which has to leave. */
export type Place<T> = { given: true; instead?: T } | { given: false };

/**
 * The places of clients. One that is not logged in yet gets one as long as its address takes half of them at most,
 * and a part is kept for those who log in. Where places are used up, clients that only sit there give way: the
 * oldest of the address that has most, so that somebody who comes alone gets in between a crowd.
 *
 * Whether there is a place is known without a look at the clients: only where somebody has to give way, the
 * addresses of those that are not logged in are gone through.
 */
export class Places<T extends Placed> {
  /** 0 = unlimited. */
  readonly #maxClients: number;
  readonly #maxOfAddress: number;
  readonly #maxOfAll: number;
  /** Those that are not logged in, by network, the oldest first. */
  readonly #waiting = new Map<string, Set<T>>();
  #waitingNow = 0;
  #clientsNow = 0;

  /** @param maxClients 0 = unlimited */
  constructor(maxClients: number) {
    const least = Math.min(maxClients, MIN_NUMBER);
    this.#maxClients = maxClients;
    this.#maxOfAddress = maxClients === 0 ? MAX_OF_ADDRESS : Math.max(maxClients * SHARE_OF_ADDRESS, least);
    this.#maxOfAll = maxClients === 0 ? MAX_OF_ALL : Math.max(maxClients * SHARE_OF_ALL, least);
  }

  /** A client takes a place. */
  enter(client: T): void {
    this.#clientsNow++;
    if (!isWaiting(client)) return;
    const network = networkOf(client.remoteAddress);
    const others = this.#waiting.get(network);
    if (others === undefined) this.#waiting.set(network, new Set([client]));
    else others.add(client);
    this.#waitingNow++;
  }

  /** To be called when the client has logged in, or is being closed. */
  update(client: T): void {
    if (!isWaiting(client)) this.#settle(client);
  }

  /** The client is gone. To be called once. */
  leave(client: T): void {
    this.#clientsNow--;
    this.#settle(client);
  }

  /**
   * Whether one more client gets a place.
   * @param isLoggedIn somebody who has logged in already may take any place that is free
   */
  find(remoteAddress: string, nowMs: number, isLoggedIn = false): Place<T> {
    const own = isLoggedIn ? 0 : (this.#waiting.get(networkOf(remoteAddress))?.size ?? 0);
    if (own >= this.#maxOfAddress) return { given: false };
    const isFree = this.#maxClients === 0 || this.#clientsNow < this.#maxClients;
    if (isFree && (isLoggedIn || this.#waitingNow < this.#maxOfAll)) return { given: true };
    const instead = this.#crowding(own) ?? this.#longestWaiting(nowMs);
    return instead === undefined ? { given: false } : { given: true, instead };
  }

  #settle(client: T): void {
    const network = networkOf(client.remoteAddress);
    const others = this.#waiting.get(network);
    if (others === undefined || !others.delete(client)) return;
    this.#waitingNow--;
    if (others.size === 0) this.#waiting.delete(network);
  }

  /** The oldest client of the address with most of them, if those are more than the newcomer's own. */
  #crowding(ownNumber: number): T | undefined {
    let most: ReadonlySet<T> = new Set();
    for (const clients of this.#waiting.values()) if (clients.size > most.size) most = clients;
    return most.size > ownNumber + 1 ? oldestOf(most) : undefined;
  }

  #longestWaiting(nowMs: number): T | undefined {
    let oldest: T | undefined;
    for (const clients of this.#waiting.values()) {
      const first = oldestOf(clients);
      if (first === undefined) continue;
      if (oldest === undefined || first.connectedAtMs < oldest.connectedAtMs) oldest = first;
    }
    return oldest !== undefined && nowMs - oldest.connectedAtMs >= UNDISTURBED_MS ? oldest : undefined;
  }
}

function isWaiting({ user, ending }: Placed): boolean {
  return user === undefined && !ending;
}

function oldestOf<T>(clients: ReadonlySet<T>): T | undefined {
  return clients.values().next().value;
}
