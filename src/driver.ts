import { readFile } from 'node:fs/promises';
import { parseKeyFile } from './auth/login-crypto.ts';
import { FileWatcher } from './config/file-watcher.ts';
import { loadSettings } from './config/load-settings.ts';
import type { Settings } from './config/settings.ts';
import { UserDatabase } from './config/user-database.ts';
import type { HostConnection } from './host/shim-link.ts';
import { createLogger, type LoggerFactory } from './logging/create-logger.ts';
import { DEFAULT_LOGGING } from './logging/logging-settings.ts';
import { Server } from './server.ts';
import { VERSION } from './version.ts';

/**
 * Opens the driver for one handle: configuration, log, users, key, listeners. Whatever stands in the way
 * is logged and told to the host, whose VSCPOpen then fails.
 */
export async function openDriver(host: HostConnection, defaultKeyHex: string): Promise<void> {
  const loaded = await loadSettings(host.configText, { guid: host.guid, libraryPath: host.libraryPath });
  const logging = createLogger(loaded.ok ? loaded.settings.logging : DEFAULT_LOGGING);
  const log = logging.logger('driver');
  const fail = async (problems: readonly string[]): Promise<void> => {
    for (const problem of problems) log.critical(problem);
    await logging.close();
    host.link.failed(problems.join('\n'));
  };
  for (const warning of loaded.warnings) log.warn(warning);
  if (!loaded.ok) return fail(loaded.problems);
  try {
    if (host.restartReason !== undefined) log.err(`the runtime was started again: ${host.restartReason}`);
    await start(host, loaded.settings, loaded.file, logging, defaultKeyHex);
  } catch (error) {
    return fail([error instanceof Error ? error.message : String(error)]);
  }
}

async function start(
  host: HostConnection,
  settings: Settings,
  configFile: string | undefined,
  logging: LoggerFactory,
  defaultKeyHex: string,
): Promise<void> {
  const log = logging.logger('driver');
  const key = await readKey(settings, defaultKeyHex);
  const users = new UserDatabase(settings.pathUsers, logging.logger('users'));
  await users.load();
  host.configure(settings);
  const server = new Server({
    settings,
    link: host.link,
    users,
    key: () => key,
    guid: host.guid,
    logger: (name) => logging.logger(name),
    onClosed: async () => {
      for (const stop of stops) stop();
      log.info('closed');
      await logging.close();
    },
  });
  const addresses = await server.listen();
  const stops = watchFiles(host, settings, configFile, logging, users, server);
  for (const { address, port, secure } of addresses) {
    log.info(`version ${VERSION} listens on ${secure ? 'wss' : 'ws'}://${address}:${port}`);
  }
  host.link.opened();
}

async function readKey(settings: Settings, defaultKeyHex: string): Promise<Buffer> {
  if (settings.keyFile === undefined) return Buffer.from(defaultKeyHex, 'hex');
  const text = await readFile(settings.keyFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`key-file: ${settings.keyFile}: cannot be read: ${error.code ?? error.message}`);
  });
  const key = parseKeyFile(text);
  if (!key.ok) throw new Error(`key-file: ${settings.keyFile}: ${key.reason}`);
  return key.value;
}
