import { isObject } from '../core/values.ts';
import type { Parsed } from '../vscp/event.ts';
import type { FilterMask } from '../vscp/filter.ts';
import { filterFromJson } from '../vscp/filter-text.ts';
import { parseEventRules } from './event-rules.ts';
import { isUnmatchable, parsePasswordHash } from './password.ts';
import { parseRemotes } from './remotes.ts';
import { parseRights, RIGHT_REST, RIGHT_WEBSOCKETS } from './rights.ts';
import { hasSamplePassword } from './sample-passwords.ts';
import type { User } from './user.ts';

/** A fault in the user database that keeps it from being used. */
export interface UserProblem {
  /** Name of the user, or `#3` for the third entry if that has none. */
  user: string;
  /** A whole sentence that names the user; contains no hashes. */
  message: string;
}

export interface UsersFile {
  /** The users without problems, by name. */
  users: Map<string, User>;
  problems: UserProblem[];
  warnings: string[];
}

export type UserField = keyof Entry;

/** Keys of an entry, and the field that each stands for. */
const FIELD_OF_KEY: ReadonlyMap<string, UserField> = new Map<string, UserField>([
  ['name', 'name'],
  ['user', 'name'],
  ['password', 'password'],
  ['credentials', 'password'],
  ['fullname', 'fullname'],
  ['full-name', 'fullname'],
  ['note', 'note'],
  ['rights', 'rights'],
  ['remotes', 'remotes'],
  ['events', 'events'],
  ['allow-events', 'events'],
  ['filter', 'filter'],
  ['mask', 'mask'],
]);
const BAD_NAME = /[:;\p{Cc}\p{Cs}]/u;
const NAME_MAX = 200;

/** The fields of one user as given. */
export interface Entry {
  name?: unknown;
  password?: unknown;
  fullname?: unknown;
  note?: unknown;
  rights?: unknown;
  remotes?: unknown;
  events?: unknown;
  filter?: unknown;
  mask?: unknown;
}

/** The field that a key of an entry stands for. */
export function fieldOfKey(key: string): UserField | undefined {
  return FIELD_OF_KEY.get(key.toLowerCase().replaceAll('_', '-'));
}

/** The list of entries: from `[…]`, `{users:[…]}`, or decoded XML: `{users:{user:[…]}}` and `{user:…}`. */
export function listOf(document: unknown): unknown[] | undefined {
  if (Array.isArray(document)) return document;
  if (!isObject(document)) return undefined;
  for (const key of ['users', 'user']) {
    if (!Object.hasOwn(document, key)) continue;
    const inner = document[key];
    if (Array.isArray(inner)) return inner;
    // An element without content decodes to an empty text.
    if (inner === '' || inner === null) return [];
    return key === 'user' ? [inner] : listOf(inner);
  }
  return Object.keys(document).length === 0 ? [] : undefined;
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

/** Sorts the keys of an entry into its fields; notes keys that are unknown or given twice. */
function readEntry(given: Record<string, unknown>): { entry: Entry; notes: string[] } {
  const entry: Entry = {};
  const notes: string[] = [];
  for (const [key, value] of Object.entries(given)) {
    const field = fieldOfKey(key);
    if (field === undefined) notes.push(`unknown key ${quoted(key)}`);
    else if (entry[field] !== undefined)
      notes.push(`${field} is given more than once, ${quoted(key)} does not count`);
    else entry[field] = value ?? undefined;
  }
  return { entry, notes };
}

/** Checks the name of a user, and removes the white space around it. */
export function readUserName(given: unknown): Parsed<string> {
  const name = typeof given === 'string' ? given.trim() : '';
  if (name === '') return { ok: false, reason: 'has no name' };
  if (BAD_NAME.test(name)) return { ok: false, reason: 'has a name with ":", ";" or control characters' };
  if (name.length > NAME_MAX) return { ok: false, reason: `has a name of more than ${NAME_MAX} characters` };
  return { ok: true, value: name };
}

function textOf(value: unknown): Parsed<string> {
  if (value === undefined) return { ok: true, value: '' };
  return typeof value === 'string' ? { ok: true, value } : { ok: false, reason: 'expected a text' };
}

function passwordOf(value: unknown): ReturnType<typeof parsePasswordHash> {
  return typeof value === 'string'
    ? parsePasswordHash(value)
    : { ok: false, reason: 'expected a password hash' };
}

function filterOf(entry: Entry): Parsed<FilterMask> {
  return filterFromJson({ filter: entry.filter ?? '', mask: entry.mask ?? '' });
}

/** The user of an entry. Reports the problems of all its fields, not only the first. */
function userOf(entry: Entry, name: string, id: number, problem: (text: string) => void): User | undefined {
  let complete = true;
  const take = <T>(field: string, parsed: Parsed<T>): T | undefined => {
    if (parsed.ok) return parsed.value;
    complete = false;
    problem(`${field}: ${parsed.reason}`);
    return undefined;
  };
  const password = take('password', passwordOf(entry.password));
  const fullname = take('fullname', textOf(entry.fullname));
  const note = take('note', textOf(entry.note));
  const rights = take('rights', parseRights(entry.rights));
  const remotes = take('remotes', parseRemotes(entry.remotes));
  const events = take('events', parseEventRules(entry.events));
  const filter = take('filter', filterOf(entry));
  if (!complete || !password || !rights || !filter || !remotes || !events) return undefined;
  return {
    id,
    name,
    fullname: fullname ?? '',
    note: note ?? '',
    rights: rights.bits,
    maySetGuid: rights.maySetGuid,
    remotes,
    events,
    filter,
    password,
  };
}

function warnAbout(user: User, warnings: string[]): void {
  if (user.password.kind === 'md5') {
    warnings.push(`user ${quoted(user.name)}: the password is stored as MD5, which is weak; set a new one`);
  }
  if (isUnmatchable(user.password)) {
    warnings.push(
      `user ${quoted(user.name)}: has no password yet, and cannot log in; make one with vscpl2drv-websocksrv mkpasswd`,
    );
  }
  if (hasSamplePassword(user)) {
    warnings.push(
      `user ${quoted(user.name)}: the password is that of a sample, and works on this machine only; set a new one`,
    );
  }
  if ((user.rights & (RIGHT_WEBSOCKETS | RIGHT_REST)) === 0) {
    warnings.push(`user ${quoted(user.name)}: has neither the right websockets nor rest, and cannot log in`);
  }
}

/**
 * Reads a decoded user database (configuration, "users"). Never throws. The result leaves out users with
 * problems; the caller decides whether to use the others.
 *
 * @param document the decoded JSON or XML; attributes and child elements of XML are both keys.
 */
export function parseUsers(document: unknown): UsersFile {
  const result: UsersFile = { users: new Map(), problems: [], warnings: [] };
  const list = listOf(document);
  if (list === undefined) {
    result.problems.push({ user: '', message: 'expected a list of users under "users"' });
    return result;
  }
  const seen = new Set<string>();
  list.forEach((given, index) => {
    readUser(given, index + 1, seen, result);
  });
  return result;
}

function readUser(
  given: unknown,
  id: number,
  seen: Set<string>,
  { users, problems, warnings }: UsersFile,
): void {
  const place = `#${id}`;
  if (!isObject(given)) {
    problems.push({ user: place, message: `user ${place} is not an object` });
    return;
  }
  const { entry, notes } = readEntry(given);
  const label =
    typeof entry.name === 'string' && entry.name.trim() !== '' ? quoted(entry.name.trim()) : place;
  warnings.push(...notes.map((note) => `user ${label}: ${note}`));
  const name = readUserName(entry.name);
  if (!name.ok) {
    problems.push({ user: place, message: `user ${label} ${name.reason}` });
    return;
  }
  if (seen.has(name.value)) {
    problems.push({ user: name.value, message: `user ${label} is given more than once` });
    return;
  }
  seen.add(name.value);
  const user = userOf(entry, name.value, id, (text) => {
    problems.push({ user: name.value, message: `user ${label}: ${text}` });
  });
  if (user === undefined) return;
  users.set(user.name, user);
  warnAbout(user, warnings);
}
