import { parseRights } from '../auth/rights.ts';
import {
  EDITABLE,
  type EditableField,
  type EditResult,
  listUsers,
  removeUser,
  setUser,
} from '../auth/users-editor.ts';
import { errorMessage } from '../core/errors.ts';
import {
  type CliCommand,
  CommandError,
  EXIT,
  type GivenArguments,
  textOption,
  usageError,
} from './command.ts';
import { CONFIG_HELP, CONFIG_OPTION, readInstallation } from './installation.ts';
import { checkUserName, newPassword, PASSWORD_HELP, PASSWORD_OPTIONS } from './new-password.ts';
import { printLine, printNote, visible } from './terminal.ts';

const help = `Usage: vscpl2drv-websocksrv user list [options]
       vscpl2drv-websocksrv user add NAME [options]
       vscpl2drv-websocksrv user edit NAME [options]
       vscpl2drv-websocksrv user remove NAME [options]

Lists and edits the user database (JSON) of the driver on this machine. The file keeps its order, formatting
and unknown fields. A running driver takes over the change at once. You cannot remove the last user with all
rights.

Options:
${CONFIG_HELP}
  --rights RIGHTS        groups and rights, separated by commas (default of a new user: user):
                           admin                             everything, including managing users
                           user                              log in, see and send events
                           user,set-filter                   the same, and choose what to see
                           websockets,receive-events         only look on
  --fullname TEXT        name to show
  --remotes LIST         addresses: +10.0.0.0/8 allows, -10.0.0.5 refuses
  --events LIST          classes and types: TX;30:* for sending, RX;10:* for seeing
  --filter TEXT          what a session starts with: priority,class,type,guid
  --mask TEXT            which bits of the filter count
  --note TEXT            anything
  --password             edit: ask for a new password
${PASSWORD_HELP}
  -h, --help             this text

Examples:
  vscpl2drv-websocksrv user add anna --rights user,set-filter
  vscpl2drv-websocksrv user edit anna --password`;

async function run(given: GivenArguments): Promise<number> {
  const [action, name, ...rest] = given.positionals;
  const { pathUsers } = await settingsFor(action, name, rest, given);
  if (action === 'list' || name === undefined) return list(pathUsers);
  const result =
    action === 'remove'
      ? await removeUser(pathUsers, name)
      : await change(pathUsers, action === 'add', name, given);
  report(result, `${name}: ${{ add: 'added', edit: 'changed', remove: 'removed' }[action ?? ''] ?? ''}`);
  return EXIT.ok;
}

async function settingsFor(
  action: string | undefined,
  name: string | undefined,
  rest: string[],
  given: GivenArguments,
): Promise<{ pathUsers: string }> {
  const needsName = action === 'add' || action === 'edit' || action === 'remove';
  if (!needsName && action !== 'list') throw usageError(user, 'list, add, edit or remove is expected');
  if (needsName !== (name !== undefined) || rest.length > 0) {
    throw usageError(user, needsName ? 'one NAME is expected' : 'list takes no name');
  }
  if (name !== undefined) checkUserName(user, name);
  return readInstallation(given);
}

async function change(
  path: string,
  create: boolean,
  name: string,
  given: GivenArguments,
): Promise<EditResult> {
  const fields: Partial<Record<EditableField, string>> = {};
  for (const field of EDITABLE) {
    const value = textOption(given, field);
    if (value !== undefined) fields[field] = value;
  }
  const rights = parseRights(fields.rights);
  if (!rights.ok) throw usageError(user, `--rights: ${rights.reason}`);
  const { values } = given;
  const wantsPassword = create || values.password === true || values.stdin === true;
  if (!wantsPassword && values['password-file'] === undefined) return setUser(path, { name, create, fields });
  return setUser(path, { name, create, fields, password: await newPassword(given, name) });
}

async function list(path: string): Promise<number> {
  const users = await listUsers(path).catch((error: unknown) => {
    throw new CommandError(`${path}: ${errorMessage(error)}`);
  });
  for (const { name, rights, fullname, remotes, hasPassword } of users) {
    const more = [fullname, remotes, hasPassword ? '' : 'no password'].filter((text) => text !== '');
    printLine(
      `${visible(name).padEnd(20)} ${visible(rights).padEnd(30)} ${visible(more.join('  '))}`.trimEnd(),
    );
  }
  return EXIT.ok;
}

function report(result: EditResult, done: string): void {
  if (!result.ok) {
    const hint = result.why === 'last-admin' ? ' Give another user the rights "admin" first.' : '';
    throw new CommandError(`${result.reason}${hint}`);
  }
  for (const warning of result.warnings) printNote(`warning: ${warning}`);
  printNote(done);
}

export const user: CliCommand = {
  name: 'user',
  summary: 'list, add, edit and remove users',
  help,
  options: {
    ...CONFIG_OPTION,
    ...PASSWORD_OPTIONS,
    password: { type: 'boolean' },
    ...Object.fromEntries(EDITABLE.map((field) => [field, { type: 'string' } as const])),
  },
  run,
};
