import { VERSION } from '../version.ts';
import { CommandError, EXIT, readArguments } from './command.ts';
import { COMMANDS } from './commands.ts';
import { printLine, printNote } from './terminal.ts';

const HELP = `Usage: vscpl2drv-websocksrv COMMAND [arguments]

Helper for administrators of the VSCP websocket driver.

Commands:
${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`).join('\n')}

Each command explains itself: vscpl2drv-websocksrv COMMAND --help
Options:
  --version    print the version
  -h, --help   this text`;

async function run([name, ...rest]: string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    printLine(HELP);
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  if (name === '--version') {
    printLine(VERSION);
    return EXIT.ok;
  }
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) throw new CommandError(`there is no command "${name}"\n\n${HELP}`, EXIT.usage);
  const given = readArguments(command, rest);
  if (given.values.help === true) {
    printLine(command.help);
    return EXIT.ok;
  }
  return command.run(given);
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  printNote(`vscpl2drv-websocksrv: ${error.message}`);
  process.exitCode = error.exitCode;
}
