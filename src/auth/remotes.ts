import { isIP, isIPv4 } from 'node:net';
import type { Parsed } from '../vscp/event.ts';

/** Allows or denies a range of addresses. */
export interface AddressRule {
  allow: boolean;
  /** 4 bytes for IPv4, 16 for IPv6. */
  network: Uint8Array;
  /** Leading bits of the network that count. */
  bits: number;
}

const IPV4_BITS = 32;
const IPV6_BITS = 128;
/** Bits of `::ffff:0:0/96`, under which IPv4 addresses appear in IPv6. */
const MAPPED_BITS = 96;
const EVERYWHERE = ['0.0.0.0/0', '::/0'];

function ipv4Bytes(text: string): number[] {
  return text.split('.').map(Number);
}

/** The 16-bit groups of one side of a valid IPv6 address, as bytes; an IPv4 tail gives four. */
function groupBytes(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return ipv4Bytes(group);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

function ipv6Bytes(text: string): number[] {
  const [left = '', right] = text.split('::');
  const head = groupBytes(left);
  if (right === undefined) return head;
  const tail = groupBytes(right);
  return [...head, ...new Array<number>(16 - head.length - tail.length).fill(0), ...tail];
}

function isMapped(bytes: readonly number[]): boolean {
  return bytes.length === 16 && bytes.every((byte, index) => index >= 12 || byte === (index < 10 ? 0 : 0xff));
}

/** The bytes of an address text without its zone (`%eth0`); undefined if it is not an address. */
function addressBytes(text: string): number[] | undefined {
  const bare = text.split('%', 1)[0] ?? '';
  switch (isIP(bare)) {
    case 4:
      return ipv4Bytes(bare);
    case 6:
      return ipv6Bytes(bare);
    default:
      return undefined;
  }
}

/**
 * What counts as one peer when failures or connections are counted: for IPv4 the address itself, for IPv6 its
 * first 64 bits, since a single subscriber has all addresses under those. A text that is not an address
 * stands for itself.
 */
export function networkOf(address: string): string {
  if (isIPv4(address)) return address;
  const bytes = addressBytes(address);
  if (bytes === undefined) return address;
  if (isMapped(bytes)) return bytes.slice(12).join('.');
  return bytes.length === 4 ? bytes.join('.') : `${Buffer.from(bytes.slice(0, 8)).toString('hex')}/64`;
}

/** Whether an address is one of the machine's own loopback addresses. */
export function addressIsLoopback(address: string): boolean {
  const bytes = addressBytes(address);
  if (bytes === undefined) return false;
  if (bytes.length === 4) return bytes[0] === 127;
  if (isMapped(bytes)) return bytes[12] === 127;
  return bytes.every((byte, index) => byte === (index === 15 ? 1 : 0));
}

/** Reads `[+|-]address[/bits]`; a rule without a sign allows. */
function parseRule(text: string): Parsed<AddressRule> {
  const refused = { ok: false, reason: `bad address ${JSON.stringify(text.slice(0, 60))}` } as const;
  const allow = !text.startsWith('-');
  const [address = '', bitsText, tooMuch] = text.replace(/^[+-]\s*/, '').split('/');
  const bytes = addressBytes(address.trim());
  if (bytes === undefined || tooMuch !== undefined) return refused;
  const bitsMax = bytes.length === 4 ? IPV4_BITS : IPV6_BITS;
  if (bitsText !== undefined && !/^\s*\d{1,3}\s*$/.test(bitsText)) return refused;
  const bits = bitsText === undefined ? bitsMax : Number(bitsText);
  if (bits > bitsMax) return refused;
  // IPv4 peers are matched as IPv4, in whichever form the listener gives their address.
  if (isMapped(bytes) && bits >= MAPPED_BITS) {
    return {
      ok: true,
      value: { allow, network: Uint8Array.from(bytes.slice(12)), bits: bits - MAPPED_BITS },
    };
  }
  return { ok: true, value: { allow, network: Uint8Array.from(bytes), bits } };
}

/** Splits at commas, and at slashes that do not introduce a number of bits. */
function splitRules(text: string): string[] {
  return text
    .split(/,|\/(?!\s*\d{1,3}\s*(?:[,/]|$))/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** Expands `*`, which stands for all IPv4 and IPv6 addresses. */
function expandStar(entry: string): string[] {
  const star = /^([+-]?)\s*\*$/.exec(entry);
  return star ? EVERYWHERE.map((network) => (star[1] ?? '') + network) : [entry];
}

/**
 * Reads address rules from a text (`+10.0.0.0/8,-10.0.0.7`, separated by commas or slashes) or a list of such
 * texts. No value = no rules.
 */
export function parseRemotes(value: unknown): Parsed<AddressRule[]> {
  if (value === undefined || value === null) return { ok: true, value: [] };
  const rules: AddressRule[] = [];
  for (const entry of Array.isArray(value) ? value : [value]) {
    if (typeof entry !== 'string') return { ok: false, reason: 'addresses are a text or a list of texts' };
    for (const text of splitRules(entry).flatMap(expandStar)) {
      const rule = parseRule(text);
      if (!rule.ok) return rule;
      rules.push(rule.value);
    }
  }
  return { ok: true, value: rules };
}

function covers(rule: AddressRule, address: readonly number[]): boolean {
  if (rule.network.length !== address.length) return false;
  for (let index = 0, rest = rule.bits; rest > 0; index++, rest -= 8) {
    const mask = rest >= 8 ? 0xff : (0xff00 >> rest) & 0xff;
    if ((((rule.network[index] ?? 0) ^ (address[index] ?? 0)) & mask) !== 0) return false;
  }
  return true;
}

const IPV4_LOOPBACK = [127, 0, 0, 1];

/**
 * Whether a peer with this address may come in: the last rule that covers it decides; no rules = everybody.
 * If no rule covers the address, it gets in unless some rule allows: a list of denials keeps out only what it
 * denies, a list that allows anything keeps out all the rest. IPv4-mapped addresses count as IPv4. `::1`
 * counts as 127.0.0.1 if no rule covers it, because whoever connects to localhost may arrive from either.
 */
export function remoteAllowed(rules: readonly AddressRule[], address: string): boolean {
  if (rules.length === 0) return true;
  const bytes = addressBytes(address);
  if (bytes === undefined) return false;
  const plain = isMapped(bytes) ? bytes.slice(12) : bytes;
  const isIpv6Loopback = plain.length === 16 && plain.every((byte, index) => byte === (index < 15 ? 0 : 1));
  const decision =
    lastCovering(rules, plain) ?? (isIpv6Loopback ? lastCovering(rules, IPV4_LOOPBACK) : undefined);
  return decision?.allow ?? rules.every((rule) => !rule.allow);
}

function lastCovering(rules: readonly AddressRule[], address: readonly number[]): AddressRule | undefined {
  for (let index = rules.length - 1; index >= 0; index--) {
    const rule = rules[index];
    if (rule !== undefined && covers(rule, address)) return rule;
  }
  return undefined;
}

function formatAddress(network: Uint8Array): string {
  if (network.length === 4) return network.join('.');
  const groups: string[] = [];
  for (let index = 0; index < 16; index += 2) {
    groups.push((((network[index] ?? 0) << 8) | (network[index + 1] ?? 0)).toString(16));
  }
  // As usual, the longest run of zero groups becomes `::`.
  const runs = groups.join(':').match(/\b0(?::0)+\b/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return groups.join(':');
  const text = groups.join(':');
  const at = text.search(new RegExp(`\\b${longest}\\b`));
  const before = text.slice(0, at).replace(/:$/, '');
  return `${before}::${text.slice(at + longest.length).replace(/^:/, '')}`;
}

/** The rules as one text, joined with commas. */
export function formatRemotes(rules: readonly AddressRule[]): string {
  return rules
    .map((rule) => {
      const whole = rule.bits === rule.network.length * 8;
      return `${rule.allow ? '+' : '-'}${formatAddress(rule.network)}${whole ? '' : `/${rule.bits}`}`;
    })
    .join(',');
}
