import { decryptLogin } from '../auth/login-crypto.ts';
import type { EditableField, EditResult, ListedUser, UserWish } from '../auth/users-editor.ts';
import { readUserName } from '../auth/users-file.ts';
import { GENERAL_ERROR, NOT_ALLOWED, SYNTAX_ERROR } from '../core/protocol.ts';
import type { Command, CommandServices } from './commands.ts';
import type { CommandArgs, NegativeReply, Reply } from './dialect.ts';
import type { Session } from './session.ts';
import { NEEDS_PASSWORD } from './token-commands.ts';

/** Edits the user database; a change is in force when the promise resolves. */
export interface UserAdmin {
  list(): Promise<ListedUser[]>;
  set(wish: UserWish, address: string): Promise<EditResult>;
  remove(name: string, address: string): Promise<EditResult>;
}

/** Name of the extension. */
export const USERS = 'USERS';
const FIELDS: readonly EditableField[] = [
  'fullname',
  'rights',
  'remotes',
  'events',
  'filter',
  'mask',
  'note',
];
const CODES = { bad: SYNTAX_ERROR, 'last-admin': NOT_ALLOWED, file: GENERAL_ERROR } as const;

type Run = (
  session: Session,
  args: CommandArgs,
  services: CommandServices,
  admin: UserAdmin,
) => Promise<Reply>;

/** Makes what a command for admins does, with `withPassword` only for those who logged in with a password. */
function forAdmins(withPassword: boolean, run: Run): Command['run'] {
  return (session, args, services) => {
    const { userAdmin } = services;
    if (userAdmin === undefined) return { ok: false, code: NOT_ALLOWED };
    if (withPassword && session.token !== undefined) return NEEDS_PASSWORD;
    return run(session, args, services, userAdmin);
  };
}

function refusal(result: Extract<EditResult, { ok: false }>): NegativeReply {
  return { ok: false, code: CODES[result.why], detail: result.reason };
}

async function list(_s: Session, _a: CommandArgs, _c: CommandServices, admin: UserAdmin): Promise<Reply> {
  const users = await admin.list();
  return { ok: true, args: { users: users.map((user) => ({ ...user })) } };
}

async function set(
  session: Session,
  args: CommandArgs,
  services: CommandServices,
  admin: UserAdmin,
): Promise<Reply> {
  const wish = readWish(args, services.key());
  if (typeof wish === 'string') return { ok: false, code: SYNTAX_ERROR, detail: wish };
  const result = await admin.set(wish, session.remoteAddress);
  if (!result.ok) return refusal(result);
  services.log.info(`user ${wish.create ? 'added' : 'edited'}: ${wish.name} by ${session.describe()}`);
  const user = (await admin.list()).find(({ name }) => name === wish.name);
  return { ok: true, args: { user: user === undefined ? null : { ...user }, warnings: result.warnings } };
}

/** The wish, or what is wrong with it. */
function readWish(args: CommandArgs, key: Buffer): UserWish | string {
  const name = readUserName(args.value('name'));
  if (!name.ok) return `name: the user ${name.reason}`;
  const fields: UserWish['fields'] = {};
  for (const field of FIELDS) {
    const value = args.value(field);
    if (value === undefined || value === null) continue;
    if (typeof value !== 'string') return `${field}: a text expected`;
    fields[field] = value;
  }
  const wish = { name: name.value, create: args.value('create') === true, fields };
  const crypto = args.value('crypto');
  if (crypto === undefined || crypto === null) return wish;
  const opened = decryptLogin(key, String(args.value('iv')), String(crypto));
  if (!opened.ok || opened.value.user !== name.value)
    return 'crypto: expected name:password, encrypted as in AUTH';
  return { ...wish, password: opened.value.password };
}

async function remove(
  session: Session,
  args: CommandArgs,
  services: CommandServices,
  admin: UserAdmin,
): Promise<Reply> {
  const name = readUserName(args.value('name'));
  if (!name.ok) return { ok: false, code: SYNTAX_ERROR, detail: `name: the user ${name.reason}` };
  const result = await admin.remove(name.value, session.remoteAddress);
  if (!result.ok) return refusal(result);
  services.log.info(`user removed: ${name.value} by ${session.describe()}`);
  return { ok: true };
}

const COMMON = { only: 'ws2', extension: USERS, adminOnly: true } as const;

/** The commands with which admins manage users. */
export const USER_COMMANDS: readonly Command[] = [
  { ...COMMON, words: [USERS], replyWord: USERS, run: forAdmins(false, list) },
  { ...COMMON, words: ['USERSET'], replyWord: 'USERSET', run: forAdmins(true, set) },
  { ...COMMON, words: ['USERDEL'], replyWord: 'USERDEL', run: forAdmins(true, remove) },
];
