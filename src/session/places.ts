import { networkOf } from '../auth/remotes.ts';

/** What decides who gets a place; a session has it. */
export interface Placed {
  readonly remoteAddress: string;
  /** Set once the client is logged in. */
  readonly user: unknown;
  readonly connectedAtMs: number;
  /** True when the client is already being closed. */
  readonly ending: boolean;
}

/**
 * The share of the places that clients may take before they log in: those from one address, and all of them.
 */
const SHARE_OF_ADDRESS = 0.5;
const SHARE_OF_ALL = 0.75;
/** They may take at least this many, or all places when `max-clients` is smaller. */
const MIN_NUMBER = 10;
/** The same bounds when the number of clients is not limited. */
const MAX_OF_ADDRESS = 256;
const MAX_OF_ALL = 1024;
/**
 * A client keeps its place this long before it logs in, unless its address has more such clients than others.
 */
const UNDISTURBED_MS = 5_000;

/** `given`: there is a place; `instead` is the client that has to leave it, if any. */
export type Place<T> = { given: true; instead?: T } | { given: false };

/**
 * The places of clients. A client that is not logged in yet gets a place as long as its address takes at most
 * half of them, and some places are kept for clients that log in. When places are used up, a client that has
 * not logged in gives way: the oldest of the address that has most of them, so that a single newcomer gets in
 * despite a crowd.
 *
 * Finding a place does not look at the clients: only when somebody has to give way does it go through the
 * addresses of those that are not logged in.
 */
export class Places<T extends Placed> {
  /** 0 = unlimited. */
  readonly #maxClients: number;
  readonly #maxOfAddress: number;
  readonly #maxOfAll: number;
  /** The clients that are not logged in, by network, the oldest first. */
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

  /** Call this when the client has logged in, or is being closed. */
  update(client: T): void {
    if (!isWaiting(client)) this.#settle(client);
  }

  /** The client is gone. Call this once. */
  leave(client: T): void {
    this.#clientsNow--;
    this.#settle(client);
  }

  /**
   * Whether one more client gets a place.
   * @param isLoggedIn a client that has already logged in may take any free place
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

  /** The oldest client of the address with most of them, if the newcomer's address would still have fewer. */
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
