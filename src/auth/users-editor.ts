import { constants, promises as fs } from 'node:fs';
import { applyEdits, findNodeAtLocation, type JSONPath, modify, parseTree } from 'jsonc-parser';
import { readDocument } from '../config/config-source.ts';
import { fileErrorReason, readTextFile } from '../config/text-file.ts';
import { errorCode } from '../core/errors.ts';
import { isObject } from '../core/values.ts';
import { lockFile } from '../state/file-lock.ts';
import { writeWholeFile } from '../state/whole-file.ts';
import { hashPassword, isUnmatchable } from './password.ts';
import { passwordProblem, passwordWeakness } from './password-rules.ts';
import { remoteAllowed } from './remotes.ts';
import { isAdmin } from './rights.ts';
import type { User } from './user.ts';
import { fieldOfKey, listOf, parseUsers, type UserField } from './users-file.ts';

/** The fields of a user that can be set besides the password; each is a text as in the user database. */
export const EDITABLE = ['fullname', 'rights', 'remotes', 'events', 'filter', 'mask', 'note'] as const;
export type EditableField = (typeof EDITABLE)[number];

export interface UserWish {
  name: string;
  /** True = the name has to be free; false = the user has to exist. */
  create: boolean;
  fields: Partial<Record<EditableField, string>>;
  /** Needed for a new user. */
  password?: string;
}

export type EditResult =
  | { ok: true; warnings: string[] }
  /** `bad`: the request is wrong; `last-admin`: nobody could undo it; `file`: the file cannot be edited. */
  | { ok: false; why: 'bad' | 'last-admin' | 'file'; reason: string };

/** A user as it is in the file. */
export interface ListedUser extends Record<EditableField, string> {
  name: string;
  bits: number;
  admin: boolean;
  hasPassword: boolean;
}

function failed(why: 'bad' | 'last-admin' | 'file', reason: string): EditResult {
  return { ok: false, why, reason };
}

/** The users in the file, with their fields as texts. @throws Error if the file cannot be read */
export async function listUsers(path: string): Promise<ListedUser[]> {
  const { document, users } = await readFile(path);
  return (listOf(document) ?? []).filter(isObject).map((entry) => {
    const given = (field: UserField): string => textOf(givenIn(entry, field));
    const user = users.get(given('name').trim());
    const texts = Object.fromEntries(EDITABLE.map((field) => [field, given(field)]));
    return {
      ...(texts as Record<EditableField, string>),
      name: given('name').trim(),
      bits: user?.rights ?? 0,
      admin: user !== undefined && isAdmin(user),
      hasPassword: user !== undefined && !isUnmatchable(user.password),
    };
  });
}

/**
 * Adds or edits one user. Order, formatting and everything else in the file stay as they are.
 * @param address where the request comes from; at least one admin must still be able to log in from there
 */
export function setUser(path: string, wish: UserWish, address?: string): Promise<EditResult> {
  return editFile(path, address, async (text, document) => {
    const { at, entry } = findEntry(document, wish.name);
    if (wish.create && entry !== undefined) return failed('bad', 'name: there is such a user already');
    if (!wish.create && entry === undefined) return failed('bad', 'name: there is no such user');
    if (wish.create && wish.password === undefined) return failed('bad', 'password: expected for a new user');
    const values: Partial<Record<UserField, string>> = { ...wish.fields };
    if (wish.password !== undefined) {
      const problem = passwordProblem(wish.name, wish.password);
      if (problem !== undefined) return failed('bad', `password: ${problem}`);
      values.password = await hashPassword(wish.name, wish.password);
    }
    if (entry === undefined) {
      const fresh = {
        name: wish.name,
        fullname: '',
        rights: 'user',
        remotes: '',
        events: '',
        note: '',
        ...values,
      };
      return insert(text, at, fresh);
    }
    return Object.entries(values).reduce(
      (edited, [field, value]) => put(edited, [...at, keyOf(entry, field as UserField)], value),
      text,
    );
  }).then((result) => withWarnings(result, wish));
}

/** Removes one user. */
export function removeUser(path: string, name: string, address?: string): Promise<EditResult> {
  return editFile(path, address, async (text, document) => {
    const { at, entry } = findEntry(document, name);
    return entry === undefined ? failed('bad', 'name: there is no such user') : cut(text, at);
  });
}

function withWarnings(result: EditResult, { name, password }: UserWish): EditResult {
  const weakness = password === undefined ? undefined : passwordWeakness(name, password);
  if (!result.ok || weakness === undefined) return result;
  return { ok: true, warnings: [...result.warnings, `the password ${weakness}; it is easy to guess`] };
}

async function editFile(
  given: string,
  address: string | undefined,
  edit: (text: string, document: unknown) => Promise<string | EditResult>,
): Promise<EditResult> {
  let release: (() => Promise<void>) | undefined;
  try {
    const path = await fs.realpath(given);
    release = await lockFile(path);
    const before = await readFile(path);
    if (!before.text.trimStart().startsWith('{')) {
      return failed('file', `${path}: only a JSON file can be edited here; this one is XML`);
    }
    const edited = await edit(before.text, before.document);
    if (typeof edited !== 'string') return edited;
    const after = await readDocument(edited);
    if (!after.ok) return failed('file', `${path}: ${after.reason}`);
    const parsed = parseUsers(after.value.root);
    const [problem] = parsed.problems;
    if (problem !== undefined) return failed('bad', problem.message);
    if (anyAdmin(before.users, address) && !anyAdmin(parsed.users, address)) {
      return failed('last-admin', 'Nobody could manage users any more.');
    }
    await replace(path, edited);
    return { ok: true, warnings: parsed.warnings.filter((warning) => !before.warnings.includes(warning)) };
  } catch (error) {
    return failed('file', `${given}: ${fileErrorReason(error)}`);
  } finally {
    await release?.();
  }
}

async function readFile(path: string) {
  const text = await readTextFile(path);
  if (!text.ok) throw new Error(text.reason);
  const document = await readDocument(text.value);
  if (!document.ok) throw new Error(document.reason);
  const { users, warnings } = parseUsers(document.value.root);
  return { text: text.value, document: document.value.root as unknown, users, warnings };
}

function anyAdmin(users: ReadonlyMap<string, User>, address: string | undefined): boolean {
  return [...users.values()].some(
    (user) =>
      isAdmin(user) &&
      !isUnmatchable(user.password) &&
      (address === undefined || remoteAllowed(user.remotes, address)),
  );
}

function findEntry(
  document: unknown,
  name: string,
): { at: JSONPath; entry: Record<string, unknown> | undefined } {
  const list = listOf(document) ?? [];
  const index = list.findIndex((entry) => isObject(entry) && textOf(givenIn(entry, 'name')).trim() === name);
  const entry = list[index];
  const isBare = Array.isArray(document);
  return {
    at: [...(isBare ? [] : ['users']), index < 0 ? list.length : index],
    entry: isObject(entry) ? entry : undefined,
  };
}

function givenIn(entry: Record<string, unknown>, field: UserField): unknown {
  return entry[keyOf(entry, field)];
}

/** The key that the entry uses for the field, otherwise the usual one. */
function keyOf(entry: Record<string, unknown>, field: UserField): string {
  return Object.keys(entry).find((key) => fieldOfKey(key) === field) ?? field;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return Array.isArray(value) ? value.map(String).join(',') : String(value);
}

function put(text: string, path: JSONPath, value: unknown): string {
  return applyEdits(text, modify(text, path, value, { formattingOptions: formatOf(text) }));
}

/** Removes an entry of a list with the comma beside it; the parser's own way needs a line for each entry. */
function cut(text: string, path: JSONPath): string {
  const root = parseTree(text);
  const node = root && findNodeAtLocation(root, path);
  if (node === undefined) return text;
  const entries = node.parent?.children ?? [];
  const index = entries.indexOf(node);
  const previous = entries[index - 1];
  const from = previous === undefined ? node.offset : previous.offset + previous.length;
  const next = entries[index + 1];
  const to = previous === undefined && next !== undefined ? next.offset : node.offset + node.length;
  return text.slice(0, from) + text.slice(to);
}

function insert(text: string, path: JSONPath, value: unknown): string {
  const options = { formattingOptions: formatOf(text), isArrayInsertion: true };
  return applyEdits(text, modify(text, path, value, options));
}

function formatOf(text: string): { insertSpaces: boolean; tabSize: number; eol: string } {
  const indent = /\n([ \t]+)\S/.exec(text)?.[1] ?? '  ';
  return {
    insertSpaces: !indent.includes('\t'),
    tabSize: indent.includes('\t') ? 4 : indent.length,
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  };
}

/**
 * Replaces the file by a new one. If the folder cannot be written, overwrites the file in place, by one write
 * that no kill can cut in two.
 */
async function replace(path: string, text: string): Promise<void> {
  const { mode, uid, gid } = await fs.stat(path);
  const owner = process.geteuid?.() === 0 ? { owner: { uid, gid } } : {};
  try {
    await writeWholeFile({ path, text, mode: mode & 0o777, ...owner }, true);
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(errorCode(error) ?? '')) throw error;
    const handle = await fs.open(path, constants.O_RDWR | constants.O_NOFOLLOW);
    try {
      const bytes = Buffer.from(text);
      const { size } = await handle.stat();
      // Readers ignore the line ends after the text; truncate removes them.
      const padded = Buffer.concat([bytes, Buffer.alloc(Math.max(size - bytes.length, 0), '\n')]);
      await handle.write(padded, 0, padded.length, 0);
      await handle.truncate(bytes.length);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
