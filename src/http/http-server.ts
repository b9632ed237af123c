import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as TlsServer } from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ListenAddress } from '../config/listen-address.ts';
import type { Settings } from '../config/settings.ts';
import { errorCode, errorMessage } from '../core/errors.ts';
import { TurnQueue } from '../core/turn-queue.ts';
import type { Logger } from '../logging/logger.ts';
import type { ClientHooks } from '../session/client-connection.ts';
import type { HttpSessions } from '../session/http-client.ts';
import type { ServerSnapshot } from '../session/stats.ts';
import { AcceptWatch } from './accept-watch.ts';
import { type BoundAddress, bindAddress, type Listener } from './bind-address.ts';
import { listenUrl, mayComeLater } from './bind-targets.ts';
import { watchConnections } from './doorway.ts';
import { HttpRooms } from './http-rooms.ts';
import { HTTP_LIMITS, type HttpLimits } from './limits.ts';
import { createListener, startListening } from './listener.ts';
import type { MetricsExchange } from './metrics.ts';
import { PendingSockets } from './pending-sockets.ts';
import { replyRaw } from './replies.ts';
import { RequestRouter } from './request-router.ts';
import { loadTlsFiles, type TlsMaterial } from './tls-files.ts';
import { TrustedProxies } from './trusted-proxies.ts';
import { Upgrader } from './upgrade.ts';
import { WebAccess } from './web-access.ts';

export interface HttpServerOptions {
  settings: Settings;
  hooks: ClientHooks;
  log: Logger;
  /** Called for each request for health or metrics. */
  stats(): ServerSnapshot;
  /** Sessions for clients that speak HTTP; without them there is neither REST nor the JSON API. */
  sessions?: HttpSessions;
  /** Spreads new connections over turns of the event loop; made if not given. */
  turns?: TurnQueue;
  /** Other processes serve the same addresses; undefined = none does. */
  metricsExchange?: MetricsExchange | undefined;
  /** Replaces single limits (tests). */
  limits?: Partial<HttpLimits>;
}

/** An address to listen on; with `onlyMetrics` it serves nothing but metrics and health. */
type Place = ListenAddress & { onlyMetrics?: boolean };

/**
 * Number of clients that the bound of connections without a websocket assumes when `max-clients` is
 * unlimited.
 */
const UNLIMITED_CLIENTS = 1_024;

/**
 * All listeners of the driver: http and https, websocket upgrades, static files, health and metrics.
 * Nothing a peer does makes it throw; only `listen` reports errors.
 */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #limits: HttpLimits;
  readonly #pending: PendingSockets;
  readonly #turns: TurnQueue;
  readonly #upgrader: Upgrader;
  readonly #router: RequestRouter;
  readonly #access: WebAccess;
  readonly #acceptWatch: AcceptWatch;
  /** Responses under way per socket; such a socket cannot become a websocket. */
  readonly #answering = new WeakMap<Socket, number>();
  readonly #retries = new Set<NodeJS.Timeout>();
  #listeners: Listener[] = [];
  #closed = false;
  #reloading: Promise<unknown> = Promise.resolve();

  constructor(options: HttpServerOptions) {
    const { settings, hooks, log } = options;
    this.#options = options;
    this.#turns = options.turns ?? new TurnQueue();
    this.#limits = { ...HTTP_LIMITS, ...options.limits };
    this.#pending = new PendingSockets(
      this.#limits.spareConnections + (settings.maxClients || UNLIMITED_CLIENTS),
    );
    this.#acceptWatch = new AcceptWatch(log, this.#limits.acceptCheckMs);
    const proxies = new TrustedProxies(settings.trustedProxies);
    this.#access = new WebAccess({ ...settings, proxies });
    this.#upgrader = new Upgrader({
      settings,
      hooks,
      log,
      limits: this.#limits,
      proxies,
      access: this.#access,
      released: (socket) => this.#pending.release(socket),
    });
    this.#router = new RequestRouter({
      settings,
      log,
      stats: options.stats,
      access: this.#access,
      protocolAt: (path) => this.#upgrader.protocolAt(path),
      clientAddress: (request) => this.#upgrader.clientAddress(request),
      rooms: this.#createRooms(options),
      metricsExchange: options.metricsExchange,
    });
  }

  /**
   * Listens on all configured addresses, or on none.
   * @returns the bound addresses; two for `localhost`
   * @throws Error whose message names the configuration key and the address or file
   */
  async listen(): Promise<BoundAddress[]> {
    const { interfaces } = this.#options.settings;
    const bound: BoundAddress[] = [];
    try {
      const tls = this.#needsTls() ? await this.#loadTls() : undefined;
      for (const address of interfaces) bound.push(...(await this.#listenOrWait(address, tls)));
      const { metricsInterface } = this.#options.settings;
      if (metricsInterface !== undefined) {
        await this.#listenOrWait({ ...metricsInterface, onlyMetrics: true }, tls);
      }
      await this.#access.start(this.ports);
      if (this.#closed) throw new Error('closed while it was opened');
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#router.start();
    this.#acceptWatch.start();
    return bound;
  }

  #createRooms({ settings, log, sessions, stats }: HttpServerOptions): HttpRooms | undefined {
    if (sessions === undefined) return undefined;
    return new HttpRooms({
      ...{ settings, log, sessions, stats },
      access: this.#access,
      released: (socket) => this.#pending.release(socket),
      nowMs: () => performance.now(),
    });
  }

  /** The ports that the server listens on now. */
  get ports(): number[] {
    return [...new Set(this.#listeners.map(({ bound }) => bound.port))];
  }

  /**
   * Stops accepting at once and closes all connections that are not websockets. It does not touch sessions:
   * whoever took them over closes them.
   */
  async close(): Promise<void> {
    this.#closed = true;
    this.#router.stop();
    for (const timer of this.#retries) clearTimeout(timer);
    this.#retries.clear();
    this.#acceptWatch.stop();
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const { server } of listeners) if (server.listening) server.close();
    await this.#pending.closeAll();
  }

  /**
   * Reads the TLS files again for new connections; existing connections stay. When something is wrong with
   * the new files it is logged, and the old ones stay in force.
   * @returns true when the new files are in force
   */
  reloadTls(): Promise<boolean> {
    const next = this.#reloading.then(() => this.#replaceTls());
    this.#reloading = next;
    return next;
  }

  async #replaceTls(): Promise<boolean> {
    const { settings, log } = this.#options;
    const servers = this.#listeners
      .map(({ server }) => server)
      .filter((server): server is TlsServer => server instanceof TlsServer);
    if (settings.tls === undefined || servers.length === 0) return false;
    const { problems, warnings, material } = await loadTlsFiles(settings.tls);
    for (const warning of warnings) log.warn(warning);
    if (material === undefined) {
      log.err(`the new TLS files cannot be used, the old ones stay in force: ${problems.join('; ')}`);
      return false;
    }
    for (const server of servers) server.setSecureContext(material);
    log.info('TLS files read again');
    return true;
  }

  async #loadTls(): Promise<TlsMaterial> {
    const { settings, log } = this.#options;
    if (settings.tls === undefined) throw new Error('tls.cert, tls.key: needed for a wss:// interface');
    const { problems, warnings, material } = await loadTlsFiles(settings.tls);
    for (const warning of warnings) log.warn(warning);
    if (material === undefined) throw new Error(problems.join('; '));
    return material;
  }

  #needsTls(): boolean {
    const { interfaces, metricsInterface } = this.#options.settings;
    return interfaces.some(({ secure }) => secure) || metricsInterface?.secure === true;
  }

  /** Listens; tries again later when the address is not available yet and the configuration says so. */
  async #listenOrWait(place: Place, tls: TlsMaterial | undefined): Promise<BoundAddress[]> {
    const { settings, log } = this.#options;
    try {
      return await this.#listenOn(place, tls);
    } catch (error) {
      if (settings.bindRetryMs === 0 || !(error instanceof Error) || !mayComeLater(error.cause)) throw error;
      log.warn(`${error.message}; trying again every ${settings.bindRetryMs / 1000} s`);
      this.#retryLater(place);
      return [];
    }
  }

  #retryLater(place: Place): void {
    const timer = setTimeout(async () => {
      this.#retries.delete(timer);
      try {
        const bound = await this.#listenOn(place, place.secure ? await this.#loadTls() : undefined);
        if (this.#closed) {
          await this.close();
          return;
        }
        for (const { address, port, secure } of bound) {
          this.#options.log.info(`listens on ${listenUrl({ host: address, port, secure })} now`);
        }
        await this.#access.start(this.ports);
      } catch (error) {
        this.#options.log.debug(errorMessage(error));
        if (!this.#closed) this.#retryLater(place);
      }
    }, this.#options.settings.bindRetryMs);
    this.#retries.add(timer);
  }

  async #listenOn(place: Place, tls: TlsMaterial | undefined): Promise<BoundAddress[]> {
    const { settings, metricsExchange } = this.#options;
    const listeners = await bindAddress(place, settings.interfaces, metricsExchange !== undefined, () =>
      this.#createServer(place.secure ? tls : undefined, place.onlyMetrics === true),
    );
    for (const listener of listeners) {
      listener.server.on('error', (error) => {
        if (this.#acceptWatch.failed(error)) this.#rest(listener);
      });
      this.#listeners.push(listener);
    }
    return listeners.map(({ bound }) => bound);
  }

  /** Does not listen for a while, so that those who are connected are served. */
  #rest(listener: Listener): void {
    const { server, target, bound } = listener;
    if (server.listening) server.close();
    const timer = setTimeout(async () => {
      this.#retries.delete(timer);
      try {
        await startListening(server, target, bound.port);
        if (this.#closed) server.close();
      } catch {
        if (!this.#closed) this.#rest(listener);
      }
    }, this.#limits.acceptCheckMs);
    this.#retries.add(timer);
  }

  #createServer(tls: TlsMaterial | undefined, onlyMetrics: boolean): Server {
    const server = createListener(this.#limits, tls);
    watchConnections(server, { turns: this.#turns, pending: this.#pending, log: this.#options.log });
    const onRequest = (request: IncomingMessage, response: ServerResponse) =>
      this.#onRequest(request, response, onlyMetrics);
    server.on('request', onRequest);
    server.on('checkContinue', onRequest);
    server.on('upgrade', (request, socket, head) => {
      if (onlyMetrics) replyRaw(socket, 404);
      else this.#onUpgrade(request, socket, head, tls !== undefined);
    });
    server.on('clientError', (error, socket) => this.#onClientError(error, socket));
    return server;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse, onlyMetrics: boolean): void {
    const { socket } = request;
    this.#answering.set(socket, (this.#answering.get(socket) ?? 0) + 1);
    response.once('close', () => this.#answering.set(socket, (this.#answering.get(socket) ?? 1) - 1));
    this.#router.handle(request, response, onlyMetrics);
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, secure: boolean): void {
    if (!(socket instanceof Socket) || (this.#answering.get(socket) ?? 0) > 0) {
      // The upgrade was pipelined behind a request; that request's answer would end up between the frames.
      socket.destroy();
      return;
    }
    this.#turns.add(() => {
      if (!socket.destroyed) this.#upgrade(request, socket, head, secure);
    });
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer, secure: boolean): void {
    try {
      this.#upgrader.handle(request, socket, head, secure);
    } catch (error) {
      this.#options.log.err(`upgrade failed: ${errorMessage(error)}`);
      socket.destroy();
    }
  }

  #onClientError(error: Error, socket: Duplex): void {
    this.#options.log.debug(`bad request: ${error.message}`);
    const code = errorCode(error);
    const isAnswering = socket instanceof Socket && (this.#answering.get(socket) ?? 0) > 0;
    if (code === 'ECONNRESET' || isAnswering) socket.destroy();
    else if (code === 'HPE_HEADER_OVERFLOW') replyRaw(socket, 431);
    else replyRaw(socket, code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400);
  }
}
