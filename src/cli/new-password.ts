import { passwordProblem, passwordWeakness } from '../auth/password-rules.ts';
import { readUserName } from '../auth/users-file.ts';
import { readTextFile } from '../config/text-file.ts';
import { type CliCommand, CommandError, type GivenArguments, textOption, usageError } from './command.ts';
import { askHidden, printNote, readStdinLine } from './terminal.ts';

/** The options that give a password without a terminal, for every command that needs one. */
export const PASSWORD_OPTIONS: CliCommand['options'] = {
  'password-file': { type: 'string' },
  stdin: { type: 'boolean' },
};

export const PASSWORD_HELP = `  --password-file FILE   read the password from the first line of FILE
  --stdin                read the password from the first line of the standard input`;

/** The password from the options or the environment; undefined when the command has to ask a person. */
export async function givenPassword(given: GivenArguments): Promise<string | undefined> {
  const file = textOption(given, 'password-file');
  if (file !== undefined) return (await readOptionFile('--password-file', file)).split(/\r?\n/)[0] ?? '';
  if (given.values.stdin === true) return readStdinLine();
  return process.env.VSCP_PASSWORD;
}

/** The text of a file that an option names. */
export async function readOptionFile(option: string, file: string): Promise<string> {
  const text = await readTextFile(file);
  if (!text.ok) throw new CommandError(`${option} ${file}: ${text.reason}`);
  return text.value;
}

/** Refuses a name that no user database can hold. */
export function checkUserName(command: Pick<CliCommand, 'name'>, user: string): void {
  const name = readUserName(user);
  if (!name.ok) throw usageError(command, `the user "${user}" ${name.reason}`);
  if (name.value !== user) throw usageError(command, 'a user name has no white space around it');
}

/** Gets a new password for a user that a login accepts; a person who types it is asked twice. */
export async function newPassword(given: GivenArguments, user: string): Promise<string> {
  const password = (await givenPassword(given)) ?? (await askTwice(user));
  const problem = passwordProblem(user, password);
  if (problem !== undefined) throw new CommandError(problem);
  return password;
}

async function askTwice(user: string): Promise<string> {
  const first = await askHidden(`Password for ${user}: `);
  if ((await askHidden('Once more: ')) !== first) throw new CommandError('the two do not match');
  return first;
}

export function warnIfWeak(user: string, password: string): void {
  const weakness = passwordWeakness(user, password);
  if (weakness !== undefined) printNote(`warning: the password ${weakness}; it is easy to guess`);
}
