import { join } from 'node:path';
import { LAST_NODE_NUMBER } from '../config/mqtt-types.ts';
import { errorMessage } from '../core/errors.ts';
import { nodeFolder } from '../state/state-folder.ts';
import {
  type CliCommand,
  CommandError,
  type GivenArguments,
  numberOption,
  textOption,
  usageError,
} from './command.ts';
import { CONFIG_HELP, CONFIG_OPTION, readInstallation } from './installation.ts';

const SOURCES = ['raw', 'minute', 'quarter', 'day'];

const help = `Usage: vscpl2drv-websocksrv history info [options]
       vscpl2drv-websocksrv history export [options]
       vscpl2drv-websocksrv history vacuum [options]

Works on the driver's lasting history (key enable-history) on this machine, as root or as the daemon's user.
A running driver lends the file: until the command ends, new values wait in the driver's memory.

info    tells size, number of series, and from when to when there are values
export  writes values to the standard output, comma-separated, with times in UTC
vacuum  gives the room that deleted values have left back to the disk; needs as much free room as the file
        has after it

Options:
${CONFIG_HELP}
  --node-number N        the history of the worker with this number; default: mqtt.node-number
  --source NAME          export: raw (each value, the default), or the sums of each minute, quarter (of an hour)
                         or day
  --from TIME            export: only values from then on, such as 2026-01-31 or 2026-01-31T12:00:00Z
  --to TIME              export: only values before that
  --series ID,...        export: only these series; info lists their numbers with --series all
  -h, --help             this text

Examples:
  vscpl2drv-websocksrv history info --series all
  vscpl2drv-websocksrv history export --source day > days.csv`;

async function run(given: GivenArguments): Promise<number> {
  const [action, ...rest] = given.positionals;
  if ((action !== 'info' && action !== 'export' && action !== 'vacuum') || rest.length > 0)
    throw usageError(history, 'info, export or vacuum is expected');
  const source = textOption(given, 'source') ?? 'raw';
  if (!SOURCES.includes(source))
    throw usageError(history, `--source takes ${SOURCES.join(', ')}, not "${source}"`);
  const span = { from: timeOption(given, 'from', 0), to: timeOption(given, 'to', Number.MAX_SAFE_INTEGER) };
  const { stateDir, mqtt } = await readInstallation(given);
  const node = numberOption(history, given, 'node-number', [0, LAST_NODE_NUMBER]);
  // A node of several keeps its own.
  const isShared = mqtt.url.length > 0;
  if (node !== undefined && !isShared)
    throw new CommandError(
      '--node-number: the configuration names no broker (mqtt.url), so there is one history alone; leave the option out',
    );
  if (stateDir === undefined)
    throw new CommandError('the configuration names no state-dir; there is no history');
  // Loaded here, because only this command needs SQLite.
  const { openHistoryFile } = await import('./history-file.ts').catch((error: unknown) => {
    throw new CommandError(`SQLite cannot be used: ${errorMessage(error)}`);
  });
  const folder = isShared ? nodeFolder(stateDir, node ?? mqtt.nodeNumber) : stateDir;
  const file = await openHistoryFile(join(folder, 'history.db'));
  try {
    const series = textOption(given, 'series');
    if (action === 'info') file.info(series === 'all');
    else if (action === 'vacuum') file.vacuum();
    else await file.export({ ...span, source, series: series === 'all' ? undefined : idsOf(series) });
  } finally {
    file.close();
  }
  return 0;
}

function timeOption(given: GivenArguments, name: string, standIn: number): number {
  const text = textOption(given, name);
  if (text === undefined) return standIn;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw usageError(history, `--${name} takes a time like 2026-01-31, not "${text}"`);
  return ms;
}

function idsOf(text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined;
  const ids = text.split(',').map(Number);
  if (!ids.every((id) => Number.isInteger(id)))
    throw usageError(history, `--series takes numbers with commas between them, not "${text}"`);
  return ids;
}

/** `vscpl2drv-websocksrv history` */
export const history: CliCommand = {
  name: 'history',
  summary: 'look at, export or shrink the lasting history',
  help,
  options: {
    ...CONFIG_OPTION,
    'node-number': { type: 'string' },
    source: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    series: { type: 'string' },
  },
  run,
};
