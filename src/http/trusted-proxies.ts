import { BlockList, isIP } from 'node:net';

/** Finds the address of a client behind trusted reverse proxies. */
export class TrustedProxies {
  readonly #list = new BlockList();
  readonly #empty: boolean;

  /**
   * @param entries addresses with optional `/bits`; others are ignored (the configuration has been checked)
   */
  constructor(entries: readonly string[]) {
    let added = 0;
    for (const entry of entries) if (this.#add(entry.trim())) added += 1;
    this.#empty = added === 0;
  }

  /**
   * The client's address: the peer's, or behind trusted proxies the right-most forwarded address that is
   * not one of theirs. The client may have made up everything to the left of it.
   * @param peer address of the socket's other end
   * @param forwardedFor the X-Forwarded-For header
   */
  clientAddress(peer: string, forwardedFor: string | string[] | undefined): string {
    let client = plainAddress(peer);
    if (this.#empty || forwardedFor === undefined) return client;
    const hops = (Array.isArray(forwardedFor) ? forwardedFor.join(',') : forwardedFor).split(',');
    while (hops.length > 0 && this.trusts(client)) {
      const next = forwardedAddress(hops.pop() ?? '');
      if (next === undefined) break;
      client = next;
    }
    return client;
  }

  /** Whether a peer, as its socket names it, is one of the proxies. */
  trusts(peer: string): boolean {
    if (this.#empty) return false;
    const address = plainAddress(peer);
    const family = familyOf(address);
    return family !== undefined && this.#list.check(address, family);
  }

  #add(entry: string): boolean {
    const slash = entry.indexOf('/');
    const address = plainAddress(slash < 0 ? entry : entry.slice(0, slash));
    const family = familyOf(address);
    if (family === undefined) return false;
    const most = family === 'ipv4' ? 32 : 128;
    const bitsText = slash < 0 ? String(most) : entry.slice(slash + 1);
    const bits = Number(bitsText);
    if (!/^\d{1,3}$/.test(bitsText) || bits > most) return false;
    this.#list.addSubnet(address, bits, family);
    return true;
  }
}

/** An address as rules write it: without zone, and IPv4 as IPv4 even when it came over an IPv6 socket. */
export function plainAddress(address: string): string {
  const zone = address.indexOf('%');
  const bare = zone < 0 ? address : address.slice(0, zone);
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(bare);
  return mapped?.[1] ?? bare;
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const family = isIP(address);
  if (family === 4) return 'ipv4';
  return family === 6 ? 'ipv6' : undefined;
}

/** The address of one hop in the header; some proxies add the port and put IPv6 into brackets. */
function forwardedAddress(hop: string): string | undefined {
  const text = hop.trim();
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text);
  const withPort = /^(\d{1,3}(?:\.\d{1,3}){3}):\d+$/.exec(text);
  const address = plainAddress(bracketed?.[1] ?? withPort?.[1] ?? text);
  return familyOf(address) === undefined ? undefined : address;
}
