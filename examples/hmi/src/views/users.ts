import type { VscpClient } from '../../../../src/client/index.ts';

/** A user as the server lists it; lists are texts as the user database has them. */
export interface UserEntry {
  name: string;
  fullname: string;
  rights: string;
  admin: boolean;
  remotes: string;
  events: string;
  note: string;
  /** False: nobody can log in as this user. */
  hasPassword: boolean;
}

/** What is to be set; what is left out stays. */
export interface UserEdit {
  name: string;
  /** A new user: the name must be free, and a password given. */
  create: boolean;
  password?: string;
  fullname?: string;
  rights?: string;
  remotes?: string;
  events?: string;
  note?: string;
}

export async function listUsers(client: VscpClient): Promise<UserEntry[]> {
  const { users } = await client.call('USERS');
  return Array.isArray(users) ? users : [];
}

/** @returns warnings of the server, such as of a weak password */
export async function saveUser(client: VscpClient, { password, ...edit }: UserEdit): Promise<string[]> {
  const secret = password === undefined ? {} : await client.encryptPassword(edit.name, password);
  const { warnings } = await client.call('USERSET', { ...edit, ...secret });
  return Array.isArray(warnings) ? warnings.map(String) : [];
}

export async function removeUser(client: VscpClient, name: string): Promise<void> {
  await client.call('USERDEL', { name });
}
