import { hashWeakness } from '../auth/password-rules.ts';
import type { User } from '../auth/user.ts';
import { readUsers } from '../auth/user-database.ts';
import type { HostContext } from '../config/host-entry.ts';
import { describeSettings } from '../config/key-views.ts';
import { isLoopback } from '../config/listen-address.ts';
import { loadSettings } from '../config/load-settings.ts';
import type { Settings } from '../config/settings.ts';
import { checkTlsFiles } from '../http/tls-files.ts';
import { parseGuidText } from '../vscp/guid.ts';
import { type CliCommand, EXIT, type GivenArguments, textOption, usageError } from './command.ts';
import { printLine, printNote } from './terminal.ts';

const help = `Usage: vscpl2drv-websocksrv check CONFIG [options]

Reads a configuration, with the user database and the TLS files that it names, exactly as the driver does when
the daemon opens it. Prints all problems, all warnings, and the settings that would be in force. The command
opens no port and changes nothing.

CONFIG is the value of the daemon's path-config: the path of a JSON or XML file, or the JSON or XML text
itself. It may also be the daemon's own vscpd.conf or vscpd.json; --guid or --library then tells which entry
is the driver's.

Options:
  --json            print the result as one JSON object
  --quiet           print only problems and warnings
  --guid GUID       the driver's GUID in the daemon's configuration
  --library PATH    the driver's library in the daemon's configuration
  -h, --help        this text

Exit code: 0 = the driver would open, 1 = it would not, 2 = wrong use of this command.

Examples:
  vscpl2drv-websocksrv check /etc/vscp/websocksrv.json
  vscpl2drv-websocksrv check /etc/vscp/vscpd.conf --library libvscpl2drv-websocksrv.so`;

export interface Checked {
  problems: string[];
  warnings: string[];
  settings?: Settings;
  users: string[];
}

async function run(given: GivenArguments): Promise<number> {
  const [config, ...rest] = given.positionals;
  if (config === undefined || rest.length > 0) throw usageError(check, 'one CONFIG is expected');
  const checked = await checkAll(config, given);
  if (given.values.json === true) printJson(checked);
  else printText(checked, given.values.quiet === true);
  return checked.problems.length === 0 ? EXIT.ok : EXIT.failed;
}

async function checkAll(config: string, given: GivenArguments): Promise<Checked> {
  const guid = parseGuidText(textOption(given, 'guid') ?? '-');
  if (!guid.ok) throw usageError(check, `--guid takes 16 hex bytes with ":" between them`);
  const libraryPath = textOption(given, 'library');
  return checkConfiguration(
    config,
    libraryPath === undefined ? { guid: guid.value } : { guid: guid.value, libraryPath },
  );
}

/** Reads a configuration and all files that it names, as the driver does when it opens. */
export async function checkConfiguration(
  config: string,
  context: HostContext = { guid: new Uint8Array(16) },
): Promise<Checked> {
  const loaded = await loadSettings(config, context);
  if (!loaded.ok) return { problems: loaded.problems, warnings: loaded.warnings, users: [] };
  const { settings } = loaded;
  const users = await readUsers(settings.pathUsers);
  const tls = settings.tls === undefined ? undefined : await checkTlsFiles(settings.tls);
  const weak = await checkPasswords(settings, users.ok ? [...users.users.values()] : []);
  return {
    settings,
    problems: [...(users.ok ? [] : users.problems), ...(tls?.problems ?? []), ...weak.problems],
    warnings: [...loaded.warnings, ...users.warnings, ...(tls?.warnings ?? []), ...weak.warnings],
    users: users.ok ? [...users.users.keys()] : [],
  };
}

/**
 * Finds passwords that are easily guessed: a problem where a stranger can reach the driver, else a warning.
 */
async function checkPasswords(
  { interfaces }: Settings,
  users: readonly User[],
): Promise<Pick<Checked, 'problems' | 'warnings'>> {
  const found: string[] = [];
  for (const { name, password } of users) {
    const weakness = await hashWeakness(name, password);
    if (weakness !== undefined)
      found.push(`user "${name}": the password ${weakness}; set another one (mkpasswd)`);
  }
  const isOpen = interfaces.some((address) => !isLoopback(address));
  return isOpen ? { problems: found, warnings: [] } : { problems: [], warnings: found };
}

function printText({ problems, warnings, settings, users }: Checked, quiet: boolean): void {
  for (const problem of problems) printNote(`problem: ${problem}`);
  for (const warning of warnings) printNote(`warning: ${warning}`);
  if (quiet) return;
  if (settings !== undefined) {
    for (const [key, value] of Object.entries(describeSettings(settings))) {
      printLine(`${key.padEnd(28)}${Array.isArray(value) ? value.join(', ') : value}`);
    }
    printLine(`${'users'.padEnd(28)}${users.join(', ')}`);
  }
  printNote(problems.length === 0 ? 'The driver would open.' : 'The driver would not open.');
}

function printJson({ problems, warnings, settings, users }: Checked): void {
  const inForce = settings === undefined ? null : describeSettings(settings);
  printLine(
    JSON.stringify({ ok: problems.length === 0, problems, warnings, settings: inForce, users }, null, 2),
  );
}

export const check: CliCommand = {
  name: 'check',
  summary: 'check a configuration, its users and TLS files',
  help,
  options: {
    json: { type: 'boolean' },
    quiet: { type: 'boolean' },
    guid: { type: 'string' },
    library: { type: 'string' },
  },
  run,
};
