import type { IncomingMessage, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { TLSSocket } from 'node:tls';
import type { Settings } from '../config/settings.ts';
import { errorMessage } from '../core/errors.ts';
import type { Protocol } from '../core/protocol.ts';
import type { Logger } from '../logging/logger.ts';
import type { ServerSnapshot } from '../session/stats.ts';
import { allSessions } from '../session/stats.ts';
import type { HttpRooms, Room } from './http-rooms.ts';
import { LogLimit } from './log-limit.ts';
import {
  formatMetrics,
  joinMetrics,
  METRICS_CONTENT_TYPE,
  type MetricsExchange,
  metricFamilies,
} from './metrics.ts';
import { replyText } from './replies.ts';
import { loggedPath, printable, requestPath } from './request-path.ts';
import { RuntimeMonitor } from './runtime-stats.ts';
import { StaticFiles } from './static-files.ts';
import type { WebAccess } from './web-access.ts';

/** Path of the file that tells pages where the websockets are; served beside the static pages. */
const DRIVER_PATH = '/driver.json';
const MISDIRECTED =
  '421 Misdirected Request\nThe driver does not go by this name. Its configuration key server-names lists further names.\n';

export interface RequestRouterOptions {
  settings: Settings;
  log: Logger;
  access: WebAccess;
  stats(): ServerSnapshot;
  protocolAt(path: string): Protocol | undefined;
  clientAddress(request: IncomingMessage): string | undefined;
  /** The legacy REST interface and the JSON API; undefined when there are no sessions to serve. */
  rooms: HttpRooms | undefined;
  /** Other processes serve the same addresses; undefined = none does. */
  metricsExchange?: MetricsExchange | undefined;
}

/** Answers plain HTTP requests. */
export class RequestRouter {
  readonly #options: RequestRouterOptions;
  readonly #files: StaticFiles | undefined;
  readonly #monitor: RuntimeMonitor | undefined;
  readonly #refusals = new LogLimit();

  constructor(options: RequestRouterOptions) {
    const { settings, log } = options;
    this.#options = options;
    if (settings.enableStatic && settings.webRoot !== undefined) {
      this.#files = new StaticFiles(settings.webRoot, log);
    }
    if (settings.enableMetrics || settings.metricsInterface !== undefined) {
      const monitor = new RuntimeMonitor();
      this.#monitor = monitor;
      options.metricsExchange?.provide(() => metricFamilies(options.stats(), monitor.read()));
    }
  }

  start(): void {
    this.#monitor?.start();
  }

  stop(): void {
    this.#monitor?.stop();
  }

  /**
   * Answers one request. Never throws, neither now nor later.
   * @param onlyMetrics the request came to the listener that serves only health and metrics
   */
  handle(request: IncomingMessage, response: ServerResponse, onlyMetrics: boolean): void {
    request.on('error', () => response.destroy());
    response.on('error', () => response.destroy());
    this.#logWhenDone(request, response);
    this.#answer(request, response, onlyMetrics).catch((error: unknown) => {
      const reason = errorMessage(error);
      this.#options.log.err(`request for ${loggedPath(request)} failed: ${printable(reason)}`);
      replyText(request, response, 500);
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse, onlyMetrics: boolean): Promise<void> {
    const path = requestPath(request.url ?? '');
    const foreign = this.#options.access.hostRefusal(request, request.socket instanceof TLSSocket);
    const room = path.ok && !onlyMetrics ? this.#options.rooms?.roomAt(path.value) : undefined;
    if (foreign !== undefined) this.#refuseForeign(request, response, foreign);
    else if (!path.ok) replyText(request, response, 400);
    else if (!onlyMetrics && this.#options.protocolAt(path.value)) {
      replyText(request, response, 426, { Upgrade: 'websocket', Connection: 'Upgrade, close' });
    } else if (room !== undefined) await this.#handOver(await room, request, response, path.value);
    else if (path.value === '/healthz') this.#sendHealth(request, response);
    else if (path.value === '/metrics' && this.#monitor && this.#hasMetrics(onlyMetrics)) {
      await this.#sendMetrics(request, response, this.#monitor);
    } else if (!this.#files || onlyMetrics) replyText(request, response, 404);
    else if (path.value === DRIVER_PATH) this.#sendDriver(request, response);
    else if (isRead(request, response)) await this.#files.serve(request, response, path.value);
  }

  async #handOver(
    room: Room,
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
  ): Promise<void> {
    const remoteAddress = this.#options.clientAddress(request);
    if (remoteAddress === undefined) {
      response.destroy();
      return;
    }
    const secure = request.socket instanceof TLSSocket;
    const isPrivate = this.#options.access.isPrivate(request, secure, remoteAddress);
    await room.handle({ request, response, path, remoteAddress, secure, isPrivate });
  }

  /** A page whose own name was made to lead here must not read anything. */
  #refuseForeign(request: IncomingMessage, response: ServerResponse, reason: string): void {
    if (this.#refusals.isDue(reason)) {
      const address = this.#options.clientAddress(request) ?? 'unknown';
      this.#options.log.info(`request refused: ${printable(reason)} ip=${address}`);
    }
    replyText(request, response, 421, {}, MISDIRECTED);
  }

  /** Metrics are served in one place: on a listener of their own, or else on all listeners. */
  #hasMetrics(onlyMetrics: boolean): boolean {
    return onlyMetrics === (this.#options.settings.metricsInterface !== undefined);
  }

  #sendHealth(request: IncomingMessage, response: ServerResponse): void {
    if (!isRead(request, response)) return;
    const { version, uptimeSeconds, server, host } = this.#options.stats();
    const isAway = host.isAway === true;
    const status = isAway ? 'host away' : 'ok';
    const health = { status, version, uptime: Math.floor(uptimeSeconds), clients: allSessions(server) };
    const headers = { 'Content-Type': 'application/json; charset=utf-8' };
    replyText(request, response, isAway ? 503 : 200, headers, `${JSON.stringify(health)}\n`);
  }

  /** Tells pages where the websockets are. */
  #sendDriver(request: IncomingMessage, response: ServerResponse): void {
    if (!isRead(request, response)) return;
    const { enableWs1, urlWs1, enableWs2, urlWs2 } = this.#options.settings;
    const places = { ws1: enableWs1 ? urlWs1 : null, ws2: enableWs2 ? urlWs2 : null };
    const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' };
    replyText(request, response, 200, headers, `${JSON.stringify(places)}\n`);
  }

  async #sendMetrics(
    request: IncomingMessage,
    response: ServerResponse,
    monitor: RuntimeMonitor,
  ): Promise<void> {
    if (!isRead(request, response)) return;
    const { metricsExchange, stats } = this.#options;
    const families =
      metricsExchange === undefined
        ? metricFamilies(stats(), monitor.read())
        : joinMetrics(await metricsExchange.collect());
    const headers = { 'Content-Type': METRICS_CONTENT_TYPE };
    replyText(request, response, 200, headers, formatMetrics(families));
  }

  #logWhenDone(request: IncomingMessage, response: ServerResponse): void {
    const { log } = this.#options;
    if (!log.enabled('debug')) return;
    const started = performance.now();
    const address = this.#options.clientAddress(request) ?? 'unknown';
    response.once('close', () => {
      const tookMs = Math.round(performance.now() - started);
      const outcome = response.writableFinished ? String(response.statusCode) : 'broken off';
      log.debug(`${request.method} ${loggedPath(request)} ${outcome} ${tookMs} ms ip=${address}`);
    });
  }
}

/** True for GET and HEAD; any other request has been answered here. */
function isRead(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method === 'GET' || request.method === 'HEAD') return true;
  replyText(request, response, 405, { Allow: 'GET, HEAD' });
  return false;
}
