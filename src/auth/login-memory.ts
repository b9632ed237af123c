import { createHmac, randomBytes } from 'node:crypto';
import type { PasswordHash } from './password.ts';

const MAX_REMEMBERED = 4096;

/**
 * Passwords that were verified, so that the same login needs no PBKDF2 again when thousands of clients come back at
 * once. What is kept is an HMAC over user, stored hash and password, keyed by this process alone: an edited
 * password is another entry, and the memory says nothing to whoever reads it later. Only what was right is in it.
 */
export class LoginMemory {
  readonly #key = randomBytes(32);
  /** The latest at the end. */
  readonly #entries = new Set<string>();
  readonly #max: number;

  constructor(max = MAX_REMEMBERED) {
    this.#max = max;
  }

  /** Does the same work whether it is there or not. */
  knows(user: string, hash: PasswordHash, password: string): boolean {
    const entry = this.#entryOf(user, hash, password);
    return this.#entries.has(entry);
  }

  remember(user: string, hash: PasswordHash, password: string): void {
    const entry = this.#entryOf(user, hash, password);
    this.#entries.delete(entry);
    this.#entries.add(entry);
    if (this.#entries.size <= this.#max) return;
    for (const oldest of this.#entries) {
      this.#entries.delete(oldest);
      return;
    }
  }

  #entryOf(user: string, hash: PasswordHash, password: string): string {
    const hmac = createHmac('sha256', this.#key).update(hash.kind);
    if (hash.kind === 'md5') hmac.update(hash.digest);
    else hmac.update(hash.salt).update(hash.key);
    return hmac.update(JSON.stringify([user, password])).digest('base64');
  }
}
