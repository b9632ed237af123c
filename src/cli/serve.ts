import cluster from 'node:cluster';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type CliCommand, CommandError, type GivenArguments, numberOption, usageError } from './command.ts';
import { printNote } from './terminal.ts';

const help = `Usage: vscpl2drv-websocksrv serve CONFIG [options]

Runs the server without a daemon: it gets its events from an MQTT broker (key mqtt.url) and publishes those of
its clients there. Several such servers on the same topics serve as one. The command runs until SIGTERM or
SIGINT ends it.

CONFIG is the path of a JSON or XML file, the same as for the driver, or the JSON or XML text itself.

Options:
  --workers N  that many processes on the same addresses; their node numbers are mqtt.node-number and the
               following ones (1 to 256; default: this process alone)
  -h, --help   this text

Exit code: 0 = ended by a signal, 1 = could not start, or not end in order,
2 = wrong use of this command.

Examples:
  vscpl2drv-websocksrv check /etc/vscp/node1.json
  vscpl2drv-websocksrv serve /etc/vscp/node1.json
  vscpl2drv-websocksrv serve /etc/vscp/node1.json --workers 4`;

const WORKERS_RANGE = [1, 256] as const;

/** The server is a file of its own, which the other commands do not need; in a build it is in a folder below. */
const SERVER = ['./serve.cjs', './Release/serve.cjs'];

async function run(given: GivenArguments): Promise<number> {
  const [config, ...rest] = given.positionals;
  if (config === undefined || rest.length > 0) throw usageError(serve, 'one CONFIG is expected');
  const file = SERVER.map((path) => new URL(path, import.meta.url)).find((url) => existsSync(url));
  if (file === undefined)
    throw new CommandError('serve.cjs is missing beside this command; install it again');
  const workers = numberOption(serve, given, 'workers', WORKERS_RANGE);
  // Workers run this same command.
  if (workers !== undefined && cluster.isPrimary) cluster.setupPrimary();
  // The history finds its own part beside the program.
  process.argv[1] = fileURLToPath(file);
  const server = (await import(file.href)) as typeof import('../serve.ts');
  // Connections that do not end by themselves must not keep the program.
  process.exit(await server.serve(config, workers, printNote));
}

export const serve: CliCommand = {
  name: 'serve',
  summary: 'run the server without a daemon, fed by an MQTT broker',
  help,
  options: { workers: { type: 'string' } },
  run,
};
