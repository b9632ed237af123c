import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { Settings } from '../config/settings.ts';
import { type Protocol, SUB_PROTOCOLS } from '../core/protocol.ts';
import type { Logger } from '../logging/logger.ts';
import type { ClientHooks } from '../session/client-connection.ts';
import type { HttpLimits } from './limits.ts';
import { LogLimit } from './log-limit.ts';
import { replyRaw } from './replies.ts';
import { loggedPath, printable, requestPath, samePath } from './request-path.ts';
import type { TrustedProxies } from './trusted-proxies.ts';
import type { WebAccess } from './web-access.ts';

export interface UpgraderOptions {
  settings: Settings;
  hooks: ClientHooks;
  log: Logger;
  limits: HttpLimits;
  proxies: TrustedProxies;
  access: WebAccess;
  /** The socket is a websocket now. */
  released(socket: Socket): void;
}

/** Routes upgrade requests to the two protocols, or refuses them with an HTTP status. */
export class Upgrader {
  readonly #options: UpgraderOptions;
  readonly #refusals = new LogLimit();
  readonly #servers: Record<Protocol, WebSocketServer>;

  constructor(options: UpgraderOptions) {
    this.#options = options;
    this.#servers = { ws1: this.#webSocketServer('ws1'), ws2: this.#webSocketServer('ws2') };
  }

  /** The protocol behind a request's path; undefined when there is none or it is disabled. */
  protocolAt(path: string): Protocol | undefined {
    const { settings } = this.#options;
    if (settings.enableWs1 && samePath(path, settings.urlWs1)) return 'ws1';
    if (settings.enableWs2 && samePath(path, settings.urlWs2)) return 'ws2';
    return undefined;
  }

  /** Address of a request's client; undefined when the client is already gone. */
  clientAddress(request: IncomingMessage): string | undefined {
    const peer = request.socket.remoteAddress;
    return peer === undefined
      ? undefined
      : this.#options.proxies.clientAddress(peer, request.headers['x-forwarded-for']);
  }

  /** Handles one upgrade request. Never throws; `socket` has an error listener already. */
  handle(request: IncomingMessage, socket: Socket, head: Buffer, secure: boolean): void {
    const path = requestPath(request.url ?? '');
    const protocol = path.ok ? this.protocolAt(path.value) : undefined;
    const remoteAddress = this.clientAddress(request);
    if (remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    if (protocol === undefined) {
      this.#refuse(request, socket, path.ok ? 404 : 400, remoteAddress);
      return;
    }
    const foreign = this.#options.access.upgradeRefusal(request, secure);
    if (foreign !== undefined) {
      this.#refuseForeign(request, socket, foreign, remoteAddress);
      return;
    }
    if (!this.#options.hooks.hasRoom(remoteAddress)) {
      this.#refuse(request, socket, 503, remoteAddress);
      return;
    }
    const onTimeout = () => socket.destroy();
    socket.setTimeout(this.#options.limits.closeTimeoutMs, onTimeout);
    socket.setNoDelay(true);
    // The answer and the greeting behind it leave in one write.
    socket.cork();
    try {
      this.#servers[protocol].handleUpgrade(request, socket, head, (ws) => {
        socket.setTimeout(0);
        socket.removeListener('timeout', onTimeout);
        this.#options.released(socket);
        this.#options.hooks.accept({ ws, socket, protocol, remoteAddress });
      });
    } finally {
      socket.uncork();
    }
  }

  /** The log says why a page does not work, at a limited rate: a page must not flood the log. */
  #refuseForeign(request: IncomingMessage, socket: Socket, reason: string, remoteAddress: string): void {
    if (this.#refusals.isDue(reason)) {
      this.#options.log.info(`websocket refused: ${printable(reason)} ip=${remoteAddress}`);
    }
    this.#refuse(request, socket, 403, remoteAddress);
  }

  #refuse(request: IncomingMessage, socket: Socket, status: number, remoteAddress: string): void {
    const { log } = this.#options;
    if (log.enabled('debug')) {
      const origin = request.headers.origin;
      const from = origin === undefined ? '' : ` origin=${printable(origin)}`;
      log.debug(`upgrade of ${loggedPath(request)} refused: ${status} ip=${remoteAddress}${from}`);
    }
    replyRaw(socket, status);
  }

  #webSocketServer(protocol: Protocol): WebSocketServer {
    const { limits, settings } = this.#options;
    // The sub-protocol is echoed when a client offers it; clients need not offer any.
    const wanted = SUB_PROTOCOLS[protocol];
    const options = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: settings.maxMessageSize,
      maxFragments: limits.maxFragments,
      maxBufferedChunks: limits.maxBufferedChunks,
      closeTimeout: limits.closeTimeoutMs,
      handleProtocols: (offered: Set<string>): string | false => (offered.has(wanted) ? wanted : false),
    };
    return new WebSocketServer(options);
  }
}
