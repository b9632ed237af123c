import { isIP } from 'node:net';
import { DEFAULT_PORT } from '../core/protocol.ts';
import type { Parsed } from '../vscp/event.ts';

/** One listen address; port 0 asks the system for a free one (tests). */
export interface ListenAddress {
  secure: boolean;
  /** Host name or address without brackets. */
  host: string;
  port: number;
}

const SCHEMES: Record<string, boolean> = { ws: false, http: false, wss: true, https: true };
const FORM = /^(?:([a-z]+):\/\/)?(?:\[([^\]]*)\]|([^:/[\]]*))(?::(\d{1,5}))?\/?$/i;
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*\.?$/i;

/**
 * Reads one listen address: `ws://host:port`, `wss://[::1]:9000`, `host:port`, `host`, `:port` and `*:port`
 * (all IPv4 addresses), or a port alone (on localhost). The default scheme is `ws`, the default port 8884.
 */
export function parseListenAddress(text: string): Parsed<ListenAddress> {
  const trimmed = text.trim();
  if (/^\d{1,5}$/.test(trimmed)) return withPort(false, 'localhost', trimmed);
  // An IPv6 address needs brackets only when a port follows.
  if (isIP(trimmed) === 6) return withPort(false, trimmed, undefined);
  const [, scheme, bracketed, name, port] = FORM.exec(trimmed) ?? [];
  if (bracketed === undefined && name === undefined) return refuse('is not a listen address');
  const secure = SCHEMES[(scheme ?? 'ws').toLowerCase()];
  if (secure === undefined) return refuse(`has the unknown scheme "${scheme}"`);
  if (bracketed !== undefined) {
    return isIP(bracketed) === 6
      ? withPort(secure, bracketed, port)
      : refuse('has no IPv6 address in brackets');
  }
  const host = name === '' || name === '*' ? '0.0.0.0' : name;
  if (host === undefined || (name === '' && port === undefined)) return refuse('names neither host nor port');
  if (/^[\d.]+$/.test(host) ? isIP(host) !== 4 : !HOST_NAME.test(host)) return refuse('has a bad host');
  return withPort(secure, host, port);
}

function withPort(secure: boolean, host: string, text: string | undefined): Parsed<ListenAddress> {
  const port = text === undefined ? DEFAULT_PORT : Number(text);
  if (port > 65535) return refuse('has a port over 65535');
  return { ok: true, value: { secure, host, port } };
}

function refuse(reason: string): Parsed<ListenAddress> {
  return { ok: false, reason };
}

/** Writes an address in the form of the configuration. */
export function formatListenAddress(address: ListenAddress): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${address.secure ? 'wss' : 'ws'}://${host}:${address.port}`;
}

/** True when only this machine itself can connect. */
export function isLoopback(address: ListenAddress): boolean {
  const host = address.host.toLowerCase();
  if (host === 'localhost' || host === 'localhost.') return true;
  return isIP(host) === 4 ? host.startsWith('127.') : /^(?:0*:)*:?0*1$/.test(host) && isIP(host) === 6;
}
