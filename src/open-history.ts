import { dirname, join } from 'node:path';
import type { Settings } from './config/settings.ts';
import { History } from './history/history.ts';
import type { ShimSqlite } from './history/shim-sqlite.ts';
import type { Logger } from './logging/logger.ts';
import { compileFilter } from './vscp/filter.ts';

export const HISTORY_FILE = 'history.db';
/** Next to the bundle. */
const THREAD_FILE = 'websocksrv-history.cjs';
const BYTES_PER_MB = 1024 * 1024;

/** The history that the configuration asks for. It is started once the driver is open. */
export function makeHistory(options: {
  settings: Settings;
  stateDir: string;
  shim: ShimSqlite | undefined;
  log: Logger;
  /** File with the thread's program; default: the one next to the bundle. */
  threadFile?: string;
}): History {
  const { settings, stateDir, shim, log } = options;
  return new History({
    ...{ shim, log },
    path: join(stateDir, HISTORY_FILE),
    maxBytes: settings.historyMaxMb * BYTES_PER_MB,
    intervalMs: settings.historyIntervalMs,
    filter: compileFilter(settings.historyFilter),
    threadFile: options.threadFile ?? join(dirname(process.argv[1] ?? ''), THREAD_FILE),
    retention: {
      raw: settings.historyRawDays,
      minute: settings.historyMinuteDays,
      quarter: settings.historyQuarterDays,
      day: settings.historyDayDays,
    },
  });
}
