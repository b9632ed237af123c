import { UserDatabase } from './auth/user-database.ts';
import type { EditResult } from './auth/users-editor.ts';
import { FileWatcher } from './config/file-watcher.ts';
import { readVscpKey } from './config/key-file.ts';
import { formatListenAddress } from './config/listen-address.ts';
import { loadSettings } from './config/load-settings.ts';
import { watchLogLevels } from './config/log-level-reload.ts';
import { defaultSettings } from './config/read-settings.ts';
import type { Settings, TlsSettings } from './config/settings.ts';
import { errorMessage } from './core/errors.ts';
import type { History } from './history/history.ts';
import type { HostConnection, ShimLink } from './host/shim-link.ts';
import type { MetricsExchange } from './http/metrics.ts';
import { createLogger, type LogSystem } from './logging/create-logger.ts';
import type { State } from './open-state.ts';
import { Server } from './server.ts';
import type { HostLink } from './session/host-link.ts';
import type { UserAdmin } from './session/user-commands.ts';
import { VERSION } from './version.ts';

/** How often nodes that share events look at the users: an edit reaches all within two seconds. */
const NODES_POLL_MS = 1000;

/** Reasons why the driver cannot open, one line each. */
class OpenProblems extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** What opened the driver: the shim's connection, or a stand-in that runs under plain Node. */
export interface DriverHost extends Omit<HostConnection, 'link'> {
  link: HostLink & Pick<ShimLink, 'configure' | 'onNotice' | 'onDeath'> & Partial<Pick<ShimLink, 'sqlite'>>;
  /** The log, where whoever opens the driver has made it already. */
  logs?: LogSystem;
  /** False = no daemon opens the driver; then it needs the keys that only `serve` uses. */
  isDaemon?: boolean;
  /** Other processes serve the same addresses; undefined = none does. */
  metricsExchange?: MetricsExchange;
}

/** Something that runs until the driver closes. */
interface Closable {
  close(): void;
}

/**
 * Opens the driver for one handle: configuration, log, users, key, listeners. If something prevents that, it
 * logs the reason and tells the host, whose VSCPOpen then fails. Never rejects.
 */
export async function openDriver(host: DriverHost): Promise<void> {
  const { guid, libraryPath, isDaemon = true } = host;
  const context = { guid, libraryPath, isDaemon };
  const loaded = await loadSettings(host.configText, context);
  const logs =
    host.logs ??
    createLogger(loaded.ok ? loaded.settings.logging : (loaded.logging ?? defaultSettings().logging));
  const log = logs.logger('driver');
  host.link.onDeath((reason) => {
    log.critical(`the runtime ends unexpectedly: ${reason}`);
    logs.flushSync();
  });
  for (const warning of loaded.warnings) log.warn(warning);
  if (host.codeCache !== undefined) log.debug(`code cache: ${host.codeCache}`);
  const watchers: Closable[] = [];
  try {
    if (!loaded.ok) throw new OpenProblems(loaded.problems);
    if (host.restartReason !== undefined) log.err(`the runtime was started again: ${host.restartReason}`);
    if (loaded.file !== undefined) watchers.push(watchLogLevels({ file: loaded.file, context, logs, log }));
    await openServer(host, loaded.settings, logs, watchers);
  } catch (error) {
    const reason = errorMessage(error);
    const problems = error instanceof OpenProblems ? error.problems : [reason];
    for (const watcher of watchers) watcher.close();
    for (const problem of problems) log.critical(problem);
    await logs.close();
    host.link.failed(problems.join('\n'));
  }
}

async function openServer(
  host: DriverHost,
  settings: Settings,
  logs: LogSystem,
  watchers: Closable[],
): Promise<void> {
  const log = logs.logger('driver');
  const key = await readVscpKey(settings);
  if (!key.ok) throw new OpenProblems([`key-file: ${key.reason}`]);
  const { nodeNumber } = host.link;
  const users = new UserDatabase({
    path: settings.pathUsers,
    log: logs.logger('users'),
    // Nodes that share the file over a network disk get no notifications.
    ...(nodeNumber === undefined ? {} : { pollMs: NODES_POLL_MS }),
  });
  watchers.push(users);
  // The watch begins before the first read, so that it misses no edit in between.
  await users.watch();
  const read = await users.load();
  for (const warning of read.warnings) log.warn(warning);
  if (!read.ok) throw new OpenProblems(read.problems);
  const state = await openTokens(host, settings, users, logs);
  if (state !== undefined) watchers.push({ close: () => void state.close() });
  host.link.configure(settings);
  const history = await prepareHistory(host, settings, state, logs);
  const server = new Server({
    settings,
    link: host.link,
    users,
    tokens: state?.tokens,
    panel: state?.panel,
    history,
    // A driver without a state folder writes nothing but its log.
    userAdmin: state === undefined ? undefined : userAdminOf(settings.pathUsers, users),
    key: () => key.key,
    guid: host.guid,
    logger: (name) => logs.logger(name),
    lostLogLines: () => ({ ...logs.lostLines() }),
    metricsExchange: host.metricsExchange,
    onClosed: async () => {
      for (const watcher of watchers) watcher.close();
      await state?.close();
      log.info('closed');
      await logs.close();
    },
  });
  users.on('change', ({ removed, updated }) => server.applyUsers(removed, updated));
  if (settings.tls !== undefined) watchers.push(await watchTls(settings.tls, server));
  for (const { address, port, secure } of await server.listen()) {
    log.info(`version ${VERSION} listens on ${formatListenAddress({ host: address, port, secure })}`);
  }
  // The shim's messages come after the line that an administrator looks for.
  host.link.onNotice((level, text) => log[level](text));
  host.link.opened();
  history?.start();
}

/** Loaded with the first command that needs it. */
function userAdminOf(path: string, users: UserDatabase): UserAdmin {
  const editor = () => import('./auth/users-editor.ts');
  const inForce = async (result: EditResult): Promise<EditResult> => {
    if (result.ok) await users.reload();
    return result;
  };
  return {
    list: async () => (await editor()).listUsers(path),
    set: async (wish, address) => inForce(await (await editor()).setUser(path, wish, address)),
    remove: async (name, address) => inForce(await (await editor()).removeUser(path, name, address)),
  };
}

/** Loads what a driver without `enable-history` never needs. */
async function prepareHistory(
  { link }: DriverHost,
  settings: Settings,
  state: State | undefined,
  logs: LogSystem,
): Promise<History | undefined> {
  const { enableHistory, stateDir } = settings;
  if (!enableHistory || state === undefined) return undefined;
  const log = logs.logger('history');
  if (!state.isWritable) {
    log.err(`no history is kept: state-dir ${stateDir} cannot be written`);
    return undefined;
  }
  const { makeHistory } = await import('./open-history.ts');
  return makeHistory({ settings, stateDir: state.ownFolder, shim: link.sqlite, log });
}

/** Loads what a driver without `state-dir` never needs. */
async function openTokens(
  { link, restartReason }: DriverHost,
  { stateDir }: Settings,
  users: UserDatabase,
  logs: LogSystem,
): Promise<State | undefined> {
  if (stateDir === undefined) return undefined;
  const { openState } = await import('./open-state.ts');
  return openState({
    path: stateDir,
    users,
    log: logs.logger('state'),
    isRestart: restartReason !== undefined,
    node: link.nodeNumber,
  });
}

/** Takes over renewed TLS files from now on. */
async function watchTls({ cert, key, ca, crl }: TlsSettings, server: Server): Promise<Closable> {
  const watcher = new FileWatcher({
    paths: [cert, key, ca, crl].filter((path) => path !== undefined),
    onChange: async () => {
      await server.reloadTls();
    },
  });
  await watcher.ready;
  return watcher;
}
