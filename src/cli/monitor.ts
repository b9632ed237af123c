import type { EventFilter } from '../client/filter.ts';
import type { VscpClient, VscpEvent } from '../client/node.ts';
import { errorMessage } from '../core/errors.ts';
import {
  type CliCommand,
  CommandError,
  EXIT,
  type GivenArguments,
  numberOption,
  textOption,
  usageError,
} from './command.ts';
import { CONNECT_HELP, CONNECT_OPTIONS, connectOrFail, createClient } from './connect.ts';
import { formatEventLine, formatEventObject } from './event-line.ts';
import { formatInfluxLine } from './influx-line.ts';
import { printLine, printNote, visible } from './terminal.ts';

const help = `Usage: vscpl2drv-websocksrv monitor URL [options]

Logs in and prints every event as it comes, one line each, until you interrupt it. Connects again by itself
when the connection is lost.

${CONNECT_HELP}

Options:
  --format FORMAT        text (default), json (an object per line, for programs), or influx: measurements in the
                         line protocol of InfluxDB, other events are left out
  --json                 the same as --format json
  --class N              only events of this class
  --type N               only events of this type
  --guid GUID            only events of this GUID
  --count N              end after N lines
  -h, --help             this text

Output as text: time, class:type, their names, GUID, [data], and the value of a measurement.
Exit code: 0 = interrupted or --count reached, 1 = no connection or login refused, 2 = wrong use.

Examples:
  vscpl2drv-websocksrv monitor localhost --user admin
  vscpl2drv-websocksrv monitor wss://house.example -u anna --class 10 --json | jq .value
  vscpl2drv-websocksrv monitor localhost -u grafana --password-file /etc/telegraf/vscp --format influx`;

/** Writes an event as one line; undefined = this event is left out. */
type Formatter = (event: VscpEvent) => string | undefined;

const FORMATS: Readonly<Record<string, Formatter>> = {
  text: formatEventLine,
  json: formatEventObject,
  influx: (event) => formatInfluxLine(event, Date.now()),
};

async function run(given: GivenArguments): Promise<number> {
  const [url, ...rest] = given.positionals;
  if (url === undefined || rest.length > 0) throw usageError(monitor, 'one URL is expected');
  const filter = readFilter(given);
  const format = readFormat(given);
  const count =
    numberOption(monitor, given, 'count', [1, Number.MAX_SAFE_INTEGER]) ?? Number.POSITIVE_INFINITY;
  const client = await createClient(monitor, url, given, true);
  const interrupt = (): void => client.disconnect();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  process.stdout.on('error', interrupt);
  try {
    await connectOrFail(client);
    tellLosses(client);
    await print(client, filter, count, format);
    return EXIT.ok;
  } finally {
    client.disconnect();
  }
}

function readFormat(given: GivenArguments): Formatter {
  const name = textOption(given, 'format') ?? (given.values.json === true ? 'json' : 'text');
  const format = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
  if (format === undefined) {
    throw usageError(monitor, `--format takes one of ${Object.keys(FORMATS).join(', ')}, not "${name}"`);
  }
  if (given.values.json === true && name !== 'json') {
    throw usageError(monitor, `--json and --format ${name} exclude each other`);
  }
  return format;
}

function readFilter(given: GivenArguments): EventFilter | undefined {
  const vscpClass = numberOption(monitor, given, 'class', [0, 65535]);
  const vscpType = numberOption(monitor, given, 'type', [0, 65535]);
  const guid = textOption(given, 'guid');
  if (vscpClass === undefined && vscpType === undefined && guid === undefined) return undefined;
  return {
    ...(vscpClass === undefined ? {} : { vscpClass }),
    ...(vscpType === undefined ? {} : { vscpType }),
    ...(guid === undefined ? {} : { guid }),
  };
}

function tellLosses(client: VscpClient): void {
  client.on('state', ({ state, error, retryInMs }) => {
    if (state === 'waiting')
      printNote(
        `${visible(error?.message ?? 'Connection lost')}; next attempt in ${(retryInMs ?? 0) / 1000} s`,
      );
    else if (state === 'online') printNote('Connected again.');
  });
}

async function print(
  client: VscpClient,
  filter: EventFilter | undefined,
  count: number,
  format: Formatter,
): Promise<void> {
  const events = client.events();
  let printed = 0;
  try {
    if (filter !== undefined) await client.setFilter(filter);
    await client.open();
    for await (const event of events) {
      const line = format(event);
      if (line === undefined) continue;
      printLine(visible(line));
      if (++printed >= count) return;
    }
  } catch (error) {
    throw new CommandError(visible(errorMessage(error)));
  } finally {
    if (events.dropped > 0)
      printNote(`${events.dropped} events were not printed: they came faster than the output took them.`);
  }
}

export const monitor: CliCommand = {
  name: 'monitor',
  summary: 'print the events of a driver as they come',
  help,
  options: {
    ...CONNECT_OPTIONS,
    format: { type: 'string' },
    json: { type: 'boolean' },
    class: { type: 'string' },
    type: { type: 'string' },
    guid: { type: 'string' },
    count: { type: 'string' },
  },
  run,
};
