import type { LogSystem } from '../logging/create-logger.ts';
import type { Logger } from '../logging/logger.ts';
import { FileWatcher } from './file-watcher.ts';
import type { HostContext } from './host-entry.ts';
import { loadSettings } from './load-settings.ts';

export interface LogLevelReloadOptions {
  /** The configuration file, absolute. */
  file: string;
  context: HostContext;
  logs: Pick<LogSystem, 'setLevels'>;
  log: Logger;
  /** For tests; see FileWatcher. */
  debounceMs?: number;
  pollMs?: number;
}

/**
 * Follows the configuration file and takes over its log levels. All other changes take effect only when the
 * driver is opened again. A file with problems changes nothing.
 */
export function watchLogLevels(options: LogLevelReloadOptions): FileWatcher {
  const { file, context, logs, log, debounceMs, pollMs } = options;
  return new FileWatcher({
    paths: [file],
    onChange: async () => {
      const result = await loadSettings(file, context);
      if (!result.ok) {
        for (const problem of result.problems) log.err(`${problem}; the settings read before stay in force`);
        return;
      }
      const { fileLevel, consoleLevel } = result.settings.logging;
      logs.setLevels({ fileLevel, consoleLevel });
      log.info(`${file}: read again; log levels are now ${fileLevel} (file) and ${consoleLevel} (console)`);
    },
    ...(debounceMs === undefined ? {} : { debounceMs }),
    ...(pollMs === undefined ? {} : { pollMs }),
  });
}
