import { Authenticator } from './auth/authenticator.ts';
import type { TokenStore } from './auth/token-store.ts';
import type { User, UserSource } from './auth/user.ts';
import type { Settings } from './config/settings.ts';
import { formatGuid } from './core/guid.ts';
import { GAP_WORD, type Protocol, WORDS } from './core/protocol.ts';
import { TurnQueue } from './core/turn-queue.ts';
import { sseForm } from './dialects/sse-form.ts';
import { ws1Dialect } from './dialects/ws1-dialect.ts';
import { ws2Dialect } from './dialects/ws2-dialect.ts';
import type { History } from './history/history.ts';
import type { BoundAddress } from './http/bind-address.ts';
import { HttpServer } from './http/http-server.ts';
import type { MetricsExchange } from './http/metrics.ts';
import type { Logger } from './logging/logger.ts';
import { RecentProblems } from './logging/recent-problems.ts';
import { capabilitiesOf } from './session/capabilities.ts';
import { type CommandServices, STATUS } from './session/commands.ts';
import type { Dialect } from './session/dialect.ts';
import { EchoGuard } from './session/echo-guard.ts';
import { EventArchive } from './session/event-archive.ts';
import { EventIntake } from './session/event-intake.ts';
import { Gaps } from './session/gaps.ts';
import type { HostLink, HostLinkReader } from './session/host-link.ts';
import { Hub } from './session/hub.ts';
import { PANEL } from './session/panel-commands.ts';
import { createServerStats, type ServerSnapshot } from './session/stats.ts';
import { USERS, type UserAdmin } from './session/user-commands.ts';
import { WallClock } from './session/wall-clock.ts';
import type { PanelStore } from './state/panel-store.ts';
import { COPYRIGHT, DRIVER_NAME, VERSION } from './version.ts';
import { EVENT_JSON_MAX, writeEventObject } from './vscp/event-json.ts';
import { compileFilter } from './vscp/filter.ts';

/** How long clients may take to answer the close frame when the driver closes. */
const CLOSE_GRACE_MS = 700;
const DIALECTS: Record<Protocol, Dialect> = { ws1: ws1Dialect, ws2: ws2Dialect };

export interface ServerOptions {
  settings: Settings;
  link: HostLink;
  /** Users by name as they are now. */
  users: UserSource;
  /** Undefined = there are no tokens. */
  tokens?: TokenStore | undefined;
  /** Undefined = users cannot be edited by clients. */
  userAdmin?: UserAdmin | undefined;
  /** Undefined = the control panel keeps nothing here. */
  panel?: PanelStore | undefined;
  /** Undefined = nothing lasting is kept. */
  history?: History | undefined;
  /** The vscp key: 16 bytes. */
  key: () => Buffer;
  /** The driver's own GUID: 16 bytes. */
  guid: Uint8Array;
  logger: (name: string) => Logger;
  /** Log lines that reached nobody, by destination. */
  lostLogLines?: () => Readonly<Record<string, number>>;
  /** Other processes serve the same addresses; undefined = none does. */
  metricsExchange?: MetricsExchange | undefined;
  /** The last work of an orderly end, before the host learns that everything is closed. */
  onClosed?: () => Promise<void>;
}

/** The websocket server: listeners, sessions, and the way of events between sessions and host. */
export class Server {
  readonly #link: HostLink;
  readonly #hub: Hub;
  readonly #http: HttpServer;
  readonly #onClosed: (() => Promise<void>) | undefined;
  readonly #tokens: TokenStore | undefined;
  readonly #history: History | undefined;
  readonly #authenticator: Authenticator;
  readonly #openedAtMs = performance.now();
  #addresses: readonly BoundAddress[] = [];

  constructor(options: ServerOptions) {
    const { settings, link } = options;
    const problems = new RecentProblems();
    const logger = (name: string): Logger => problems.listenTo(options.logger(name));
    const stats = createServerStats();
    const sessionLog = logger('session');
    const clock = new WallClock();
    const echoGuard = new EchoGuard(() => performance.now());
    const archive = new EventArchive({
      lastValues: settings.lastValues,
      historySize: settings.historySize,
      format: settings.eventFormat,
      writeEvent: writeEventObject,
      maxEventBytes: EVENT_JSON_MAX,
      lasting: options.history,
    });
    const turns = new TurnQueue();
    this.#authenticator = new Authenticator({
      turns,
      memory: link.keptMemory,
      users: options.users,
      tokens: options.tokens,
      key: options.key,
      authIv: settings.authIv,
      log: logger('auth'),
    });
    const snapshot = (): ServerSnapshot => ({
      version: VERSION,
      uptimeSeconds: (performance.now() - this.#openedAtMs) / 1000,
      server: stats,
      host: link.stats(),
      queuedForClients: this.#hub.queuedEvents,
      problems: problems.lines,
      lostLogLines: options.lostLogLines?.() ?? {},
    });
    const services = this.#createServices(options, { archive, stats, log: sessionLog }, snapshot);
    const intake = new EventIntake({
      link,
      driverGuid: options.guid,
      rxFilter: compileFilter(settings.rxFilter),
      maxDataToHost: settings.maxDataToHost === 'auto' ? link.maxDataOfHost : settings.maxDataToHost,
      echoGuard,
      stats,
      log: sessionLog,
      nowUs: () => clock.nowUs(),
      publish: (event, sender) => this.#hub.publishFromClient(event, sender),
    });
    this.#link = link;
    this.#onClosed = options.onClosed;
    this.#tokens = options.tokens;
    this.#history = options.history;
    if (options.tokens !== undefined) {
      options.tokens.onEnded = (ids, asking) => this.#hub.endTokens(ids, asking);
    }
    this.#hub = new Hub({
      ...settings,
      dialects: DIALECTS,
      sseForm: sseForm(() => `${archive.run}.${archive.current}`),
      services,
      intake,
      echoGuard,
      log: sessionLog,
      trace: settings.debug ? sessionLog : undefined,
      groupSender: link.groupSender,
      nodeNumber: link.nodeNumber,
      setPaused: (paused) => link.setPaused(paused),
      nowMs: () => performance.now(),
    });
    this.#http = new HttpServer({
      settings,
      turns,
      hooks: this.#hub,
      sessions: this.#hub,
      log: logger('http'),
      stats: snapshot,
      metricsExchange: options.metricsExchange,
    });
  }

  /** @throws Error with the reason when the server cannot listen on an address. */
  async listen(): Promise<BoundAddress[]> {
    let isListening = false;
    const reader: HostLinkReader = {
      onEvents: (events) => this.#hub.publishFromHost(events),
      onKept: (events) => this.#hub.takeKept(events, isListening),
      onLost: (events) => this.#hub.services.gaps?.onLost(events),
      onClose: () => {
        this.close().finally(() => this.#link.closed());
      },
    };
    await this.#link.fill?.(reader);
    const addresses = await this.#http.listen();
    this.#addresses = addresses;
    isListening = true;
    this.#link.start(reader);
    return addresses;
  }

  /** Ends all sessions with 1001 and stops listening, within a bounded time. */
  async close(): Promise<void> {
    await Promise.all([this.#http.close(), this.#hub.close(CLOSE_GRACE_MS), this.#history?.close()]);
    await this.#onClosed?.();
  }

  /** Puts an edited user database into force. */
  applyUsers(removed: readonly string[], updated: readonly User[]): void {
    this.#authenticator.forget([...removed, ...updated.map(({ name }) => name)]);
    this.#hub.applyUsers(removed, updated);
    this.#tokens?.usersChanged();
  }

  reloadTls(): Promise<boolean> {
    return this.#http.reloadTls();
  }

  #createServices(
    { settings, link, tokens, userAdmin, panel, history, key, guid }: ServerOptions,
    own: Pick<CommandServices, 'archive' | 'stats' | 'log'>,
    snapshot: () => ServerSnapshot,
  ): CommandServices {
    const isAlone = link.nodeNumber === undefined;
    return {
      ...own,
      gaps: isAlone ? undefined : new Gaps((session, notice) => this.#hub.notify(session, GAP_WORD, notice)),
      authenticator: this.#authenticator,
      tokens,
      userAdmin,
      panel,
      // For the panel's page; a driver that keeps no panel speaks as it always did.
      state: panel && {
        snapshot,
        sessions: () => this.#hub.sessions,
        listeners: () => this.#addresses,
        nowMs: () => performance.now(),
      },
      history,
      key,
      version: VERSION,
      copyright: COPYRIGHT,
      interfaces: [{ name: DRIVER_NAME, guid: formatGuid(guid) }],
      capabilities: capabilitiesOf(settings),
      maxAuthFailures: settings.maxAuthFailures,
      extensions: [
        ...own.archive.extensions,
        ...(history === undefined ? [] : [WORDS.series, WORDS.points]),
        ...(isAlone ? [] : [WORDS.gaps]),
        ...(tokens === undefined ? [] : [WORDS.token]),
        ...(userAdmin === undefined ? [] : [USERS]),
        ...(panel === undefined ? [] : [PANEL, STATUS]),
      ],
      audienceChanged: (session) => this.#hub.audienceChanged(session),
    };
  }
}
