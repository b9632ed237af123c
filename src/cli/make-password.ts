import { hashPassword } from '../auth/password.ts';
import { type Command, CommandError, EXIT, type GivenArguments, textOption, usageError } from './command.ts';
import { askHidden, printLine, readStdinLine } from './terminal.ts';

const help = `Usage: vscpl2drv-websocksrv mkpasswd USER [options]

Asks for a password twice, without showing it, and prints its hash (PBKDF2, salt;hash) for the key
"password" of USER in the user database. The hash holds the name too: it works for USER alone.

Options:
  --json            print a whole entry for a users.json
  --xml             print a whole entry for a users.xml
  --rights RIGHTS   rights in that entry, comma separated (default: user)
  --stdin           read the password from the first line of the standard input
  -h, --help        this text

Examples:
  vscpl2drv-websocksrv mkpasswd anna
  vscpl2drv-websocksrv mkpasswd panel --json --rights receive-events,websockets`;

async function run(given: GivenArguments): Promise<number> {
  const [user, ...rest] = given.positionals;
  if (user === undefined || rest.length > 0) throw usageError(makePassword, 'one USER is expected');
  if (user === '' || /[:;\p{Cc}]/u.test(user)) {
    throw usageError(makePassword, 'a user name holds no ":", no ";" and no control characters');
  }
  const password = given.values.stdin === true ? await readStdinLine() : await askTwice(user);
  if (password === '') throw new CommandError('the password is empty');
  const hash = await hashPassword(user, password);
  const rights = textOption(given, 'rights') ?? 'user';
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

async function askTwice(user: string): Promise<string> {
  const first = await askHidden(`Password for ${user}: `);
  if ((await askHidden('Once more: ')) !== first) throw new CommandError('the two do not match');
  return first;
}

function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

export const makePassword: Command = {
  name: 'mkpasswd',
  summary: 'make the password hash of a user',
  help,
  options: {
    json: { type: 'boolean' },
    xml: { type: 'boolean' },
    rights: { type: 'string' },
    stdin: { type: 'boolean' },
  },
  run,
};
