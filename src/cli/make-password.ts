import { hashPassword } from '../auth/password.ts';
import { parseRights } from '../auth/rights.ts';
import { type CliCommand, EXIT, type GivenArguments, textOption, usageError } from './command.ts';
import { checkUserName, newPassword, PASSWORD_HELP, PASSWORD_OPTIONS, warnIfWeak } from './new-password.ts';
import { printLine } from './terminal.ts';

const help = `Usage: vscpl2drv-websocksrv mkpasswd USER [options]

Asks for a password twice, without showing it, and prints its hash (PBKDF2, salt;hash) for the key
"password" of USER in the user database. The hash includes the name, so it works only for USER.

Options:
  --json                 print a whole entry for a users.json
  --xml                  print a whole entry for a users.xml
  --rights RIGHTS        rights in that entry, separated by commas (default: user)
${PASSWORD_HELP}
  -h, --help             this text

Without --password-file and --stdin, the command takes the password from the environment variable
VSCP_PASSWORD, or asks for it.

Examples:
  vscpl2drv-websocksrv mkpasswd anna
  vscpl2drv-websocksrv mkpasswd panel --json --rights receive-events,websockets`;

async function run(given: GivenArguments): Promise<number> {
  const [user, ...rest] = given.positionals;
  if (user === undefined || rest.length > 0) throw usageError(makePassword, 'one USER is expected');
  checkUserName(makePassword, user);
  const rights = textOption(given, 'rights') ?? 'user';
  const known = parseRights(rights);
  if (!known.ok) throw usageError(makePassword, `--rights: ${known.reason}`);
  const password = await newPassword(given, user);
  warnIfWeak(user, password);
  const hash = await hashPassword(user, password);
  if (given.values.json === true) {
    printLine(
      JSON.stringify(
        { name: user, fullname: '', password: hash, rights, remotes: '', events: '', note: '' },
        null,
        2,
      ),
    );
  } else if (given.values.xml === true) {
    printLine(
      `<user name="${xmlText(user)}" fullname="" password="${hash}" rights="${xmlText(rights)}" note=""/>`,
    );
  } else {
    printLine(hash);
  }
  return EXIT.ok;
}

function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

export const makePassword: CliCommand = {
  name: 'mkpasswd',
  summary: 'make the password hash of a user',
  help,
  options: {
    json: { type: 'boolean' },
    xml: { type: 'boolean' },
    rights: { type: 'string' },
    ...PASSWORD_OPTIONS,
  },
  run,
};
