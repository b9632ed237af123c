import { createHash } from 'node:crypto';

/** A user whose password is kept in the form that is quick to verify. */
export function quickUser(name: string, rights: string, more: object = {}, password = 'secret'): object {
  return { name, password: createHash('md5').update(`${name}:${password}`).digest('hex'), rights, ...more };
}
