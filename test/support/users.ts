import { createHash } from 'node:crypto';

/** A user whose password is kept in the form that is quick to verify. */
export function quickUser(name: string, rights: string, more: object = {}, password = 'secret'): object {
  return { name, password: createHash('md5').update(`${name}:${password}`).digest('hex'), rights, ...more };
}

/** Credentials; on a connection of its own, for one that is kept may be closed just as it is used again. */
export function basic(name = 'admin', password = 'secret'): Record<string, string> {
  const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  return { authorization, connection: 'close' };
}
