import type { IncomingMessage } from 'node:http';
import { addressIsLoopback } from '../auth/remotes.ts';
import type { ListenAddress } from '../config/listen-address.ts';
import { normalOrigin } from '../config/origin-entry.ts';
import { AllowedOrigins } from './allowed-origins.ts';
import { type NamedHost, OwnNames, parseHost } from './own-names.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

export interface WebAccessOptions {
  allowedOrigins: readonly string[];
  serverNames: readonly string[];
  interfaces: readonly ListenAddress[];
  proxies: TrustedProxies;
}

/**
 * Keeps foreign web pages out. A browser names the page's origin when it opens a websocket, and the name
 * under which it reached the server with every request; a page can forge neither. Other programs name no
 * origin and are not restricted.
 */
export class WebAccess {
  readonly #allowed: AllowedOrigins;
  readonly #names: OwnNames;
  readonly #proxies: TrustedProxies;
  /** The ports that the server listens on, as texts. */
  #ports: ReadonlySet<string> = new Set();

  constructor({ allowedOrigins, serverNames, interfaces, proxies }: WebAccessOptions) {
    this.#allowed = new AllowedOrigins(allowedOrigins);
    // `*` among the addresses means all of them; only among the names does it mean any.
    const listening = interfaces.map(({ host }) => host).filter((host) => host !== '*');
    this.#names = new OwnNames([...serverNames, ...listening]);
    this.#proxies = proxies;
  }

  /** Call this once all listeners are up. */
  async start(ports: readonly number[]): Promise<void> {
    this.#ports = new Set(ports.map(String));
    await this.#names.read();
  }

  /** Why a page may not open a websocket; undefined when it may, or when there is no page. */
  upgradeRefusal(request: IncomingMessage, secure: boolean): string | undefined {
    const { origin, 'sec-websocket-origin': older } = request.headers;
    const origins = [origin, ...(Array.isArray(older) ? older : [older])];
    for (const given of origins) {
      // Some libraries send the header without a value; no page does.
      if (given === undefined || given.trim() === '' || this.#allowed.allows(given)) continue;
      const reason = this.#foreign(given, request, secure);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  /**
   * Why a plain request is refused (it was sent to a name that is not ours); undefined when it is not
   * refused.
   */
  hostRefusal(request: IncomingMessage, secure: boolean): string | undefined {
    const { host } = request.headers;
    if (host === undefined || host === '' || this.#isNameProven(request, secure)) return undefined;
    const named = parseHost(host);
    if (named === undefined) return 'malformed Host header';
    return this.#names.knows(named.name) ? undefined : unknownName(named.name);
  }

  /**
   * Whether nobody on the network can read along: TLS here or at a trusted proxy, or a client on this
   * machine.
   */
  isPrivate(request: IncomingMessage, secure: boolean, remoteAddress: string): boolean {
    const isOverTls = [request.headers['x-forwarded-proto']].flat().join().trim().toLowerCase() === 'https';
    return secure || addressIsLoopback(remoteAddress) || (isOverTls && this.#isFromProxy(request));
  }

  #foreign(given: string, request: IncomingMessage, secure: boolean): string | undefined {
    const page = parseOrigin(given);
    const foreign = `origin ${given} is not the driver's own and not listed in allowed-origins`;
    if (page === undefined || (secure && page.scheme !== 'https:')) return foreign;
    const hosts = this.#hostsOf(request).flatMap((text) => parseHost(text, page.scheme) ?? []);
    // Many proxies are set up to pass the name on without its port.
    const isAnyPort = hosts.every(({ port }) => port === '') && this.#isFromProxy(request);
    const isOwn = hosts.some((host) =>
      this.#isOwnPage(page, isAnyPort ? { ...host, port: page.port } : host),
    );
    if (!isOwn) return foreign;
    if (this.#isNameProven(request, secure) || this.#names.knows(page.name)) return undefined;
    return unknownName(page.name);
  }

  /**
   * Whether the page came from where its websocket leads: the same name and port, or another listener of
   * ours.
   */
  #isOwnPage(page: Page, host: NamedHost): boolean {
    const isPort = page.port === host.port || this.#ports.has(page.port || DEFAULT_PORTS[page.scheme] || '');
    return isPort && (page.name === host.name || this.#names.bothMeanUs(page.name, host.name));
  }

  /**
   * The names under which the client reached us, or behind trusted proxies under which it reached the
   * proxies.
   */
  #hostsOf(request: IncomingMessage): string[] {
    const { host, 'x-forwarded-host': forwarded } = request.headers;
    const own = host === undefined ? [] : [host];
    if (forwarded === undefined || !this.#isFromProxy(request)) return own;
    return [...own, ...[forwarded].flat().join(',').split(',')].map((name) => name.trim());
  }

  /**
   * Whether somebody else has made sure that the name is ours: the browser, which checks the certificate over
   * TLS (here or at a trusted proxy), or the proxy, which was told to forward requests for that name.
   */
  #isNameProven(request: IncomingMessage, secure: boolean): boolean {
    if (secure) return true;
    const { 'x-forwarded-host': host, 'x-forwarded-proto': protocol } = request.headers;
    const isProven = host !== undefined || [protocol].flat().join().trim().toLowerCase() === 'https';
    return isProven && this.#isFromProxy(request);
  }

  #isFromProxy(request: IncomingMessage): boolean {
    const peer = request.socket.remoteAddress;
    return peer !== undefined && this.#proxies.trusts(peer);
  }
}

interface Page extends NamedHost {
  scheme: string;
}

const DEFAULT_PORTS: Record<string, string> = { 'http:': '80', 'https:': '443' };

function parseOrigin(text: string): Page | undefined {
  const normal = normalOrigin(text.trim().toLowerCase());
  const [, scheme, authority] = /^(https?:)\/\/(.+)$/.exec(normal ?? '') ?? [];
  if (scheme === undefined || authority === undefined) return undefined;
  const host = parseHost(authority, scheme);
  return host && { ...host, scheme };
}

function unknownName(name: string): string {
  return `"${name}" is not a name of this machine and not listed in server-names`;
}
