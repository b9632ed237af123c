import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { BindTarget } from './bind-targets.ts';
import type { HttpLimits } from './limits.ts';
import type { TlsMaterial } from './tls-files.ts';

/** A server with our limits that does not listen yet. With authorities in `tls.ca`, clients must show a certificate. */
export function createListener(limits: HttpLimits, tls: TlsMaterial | undefined): Server {
  const common = {
    noDelay: true,
    maxHeaderSize: limits.maxHeaderSize,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: limits.checkIntervalMs,
  };
  const twoWay = tls !== undefined && tls.ca.length > 0;
  const server = tls
    ? createTlsServer({
        ...common,
        ...tls,
        requestCert: twoWay,
        rejectUnauthorized: twoWay,
        handshakeTimeout: limits.handshakeTimeoutMs,
      })
    : createServer(common);
  server.timeout = limits.idleTimeoutMs;
  return server;
}

/**
 * Resolves when the server listens, rejects with the system's error. Each process that shares an address has a socket of
 * its own there where Node can (22.12 and later), and the system spreads connections over them; an older one does not know
 * `reusePort`, and the process that started the others hands connections out.
 */
export async function startListening(server: Server, target: BindTarget, port: number): Promise<void> {
  const { host, ipv6Only, isShared } = target;
  // With port 0 each would get another port.
  const sharing = isShared && port !== 0 ? { reusePort: true } : {};
  server.listen({ ...(host === undefined ? {} : { host }), port, ipv6Only, ...sharing });
  await once(server, 'listening');
}

/** Where a server listens. */
export function whereIs(server: Server): { address: string; port: number } {
  const where = server.address();
  return where !== null && typeof where === 'object'
    ? { address: where.address, port: where.port }
    : { address: '', port: 0 };
}
