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
 * Whether one more client that is not logged in yet gets a place. One address takes half of them at most, and a part is kept for those who log in. Where places are used up, clients that only sit there give way: the
 * oldest of the address that has most, so that somebody who comes alone gets in between a crowd.
 * @param maxClients 0 = unlimited
 * @param isLoggedIn somebody who has logged in already may take any place that is free
 */
export function findPlace<T extends Placed>(
  clients: Iterable<T>,
  remoteAddress: string,
  maxClients: number,
  nowMs: number,
  isLoggedIn = false,
): Place<T> {
  const least = Math.min(maxClients, MIN_NUMBER);
  const ofAddress = maxClients === 0 ? MAX_OF_ADDRESS : Math.max(maxClients * SHARE_OF_ADDRESS, least);
  const ofAll = maxClients === 0 ? MAX_OF_ALL : Math.max(maxClients * SHARE_OF_ALL, least);
  const own = networkOf(remoteAddress);
  const waiting = new Map<string, T[]>();
  let all = 0;
  let clientsNow = 0;
  for (const client of clients) {
    clientsNow += 1;
    if (client.user !== undefined || client.ending) continue;
    all += 1;
    const group = networkOf(client.remoteAddress);
    const others = waiting.get(group);
    if (others === undefined) waiting.set(group, [client]);
    else others.push(client);
  }
  const ownNumber = isLoggedIn ? 0 : (waiting.get(own)?.length ?? 0);
  if (ownNumber >= ofAddress) return { given: false };
  if ((isLoggedIn || all < ofAll) && (maxClients === 0 || clientsNow < maxClients)) return { given: true };
  const instead = crowding(waiting, ownNumber) ?? longestWaiting(waiting, nowMs);
  return instead === undefined ? { given: false } : { given: true, instead };
}

/** The oldest client of the address with most of them, if those are more than the newcomer's own. */
function crowding<T>(waiting: ReadonlyMap<string, readonly T[]>, ownNumber: number): T | undefined {
  let most: readonly T[] = [];
  for (const clients of waiting.values()) if (clients.length > most.length) most = clients;
  return most.length > ownNumber + 1 ? most[0] : undefined;
}

function longestWaiting<T extends Placed>(
  waiting: ReadonlyMap<string, readonly T[]>,
  nowMs: number,
): T | undefined {
  let oldest: T | undefined;
  for (const [first] of waiting.values()) {
    if (first === undefined) continue;
    if (oldest === undefined || first.connectedAtMs < oldest.connectedAtMs) oldest = first;
  }
  return oldest !== undefined && nowMs - oldest.connectedAtMs >= UNDISTURBED_MS ? oldest : undefined;
}
