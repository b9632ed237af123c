import { createHmac, randomFillSync } from 'node:crypto';
import type { PasswordHash } from './password.ts';

const KEY_SIZE = 32;
/** One of the passwords: what tells whose it is, and what tells that it is it. */
const TAG_SIZE = 4;
const ENTRY_SIZE = 16;
/** Entries that one password may be in; the latest is the first. */
const ROW_ENTRIES = 8;
const ROW_SIZE = ROW_ENTRIES * ENTRY_SIZE;
/** For drivers without memory that outlives the runtime: 4096 entries. */
const DEFAULT_SIZE = KEY_SIZE + 512 * ROW_SIZE;

/**
 * Passwords that were verified, so that the same login needs no PBKDF2 again when thousands of clients come back at
 * once. What is kept is 96 bits of an HMAC over user, stored hash and password, and 32 bits of one over the user,
 * by a key that is made here and lies in the same memory: an edited password is another entry, and nothing of it is
 * good for anything once that memory is gone. Only what was right is in it.
 *
 * The memory may be that of the shim, which outlives a runtime that has died (HostLink.keptMemory). It is a table of
 * fixed size: a row is found by the HMAC, and what comes new pushes the oldest of its row out.
 */
export class LoginMemory {
  readonly #key: Buffer;
  readonly #rows: Buffer;
  readonly #rowCount: number;

  /** @param bytes where it is; all zero when it is new */
  constructor(bytes: Uint8Array = new Uint8Array(DEFAULT_SIZE)) {
    const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#key = whole.subarray(0, KEY_SIZE);
    this.#rows = whole.subarray(KEY_SIZE);
    this.#rowCount = Math.floor(this.#rows.length / ROW_SIZE);
    if (this.#rowCount < 1) throw new Error('no room to remember logins in');
    if (this.#key.every((byte) => byte === 0)) randomFillSync(this.#key);
  }

  knows(user: string, hash: PasswordHash, password: string): boolean {
    const { entry, row } = this.#find(user, hash, password);
    return indexIn(row, entry) >= 0;
  }

  remember(user: string, hash: PasswordHash, password: string): void {
    const { entry, row } = this.#find(user, hash, password);
    const found = indexIn(row, entry);
    const at = (found < 0 ? ROW_ENTRIES - 1 : found) * ENTRY_SIZE;
    row.copyWithin(ENTRY_SIZE, 0, at);
    entry.copy(row);
  }

  /** Forgets all passwords of a user. */
  forget(user: string): void {
    const tag = this.#tagOf(user);
    for (let at = 0; at < this.#rowCount * ROW_SIZE; at += ENTRY_SIZE) {
      if (this.#rows.compare(tag, 0, TAG_SIZE, at, at + TAG_SIZE) === 0)
        this.#rows.fill(0, at, at + ENTRY_SIZE);
    }
  }

  #find(user: string, hash: PasswordHash, password: string): { entry: Buffer; row: Buffer } {
    const hmac = createHmac('sha256', this.#key).update(hash.kind);
    if (hash.kind === 'md5') hmac.update(hash.digest);
    else hmac.update(hash.salt).update(hash.key);
    const digest = hmac.update(JSON.stringify([user, password])).digest();
    const at = (digest.readUInt32LE(0) % this.#rowCount) * ROW_SIZE;
    const entry = digest.subarray(ENTRY_SIZE, 2 * ENTRY_SIZE);
    this.#tagOf(user).copy(entry, 0, 0, TAG_SIZE);
    return { entry, row: this.#rows.subarray(at, at + ROW_SIZE) };
  }

  #tagOf(user: string): Buffer {
    return createHmac('sha256', this.#key).update('user').update(user).digest();
  }
}

/** Place of an entry in a row; -1 = it is not there. */
function indexIn(row: Buffer, entry: Buffer): number {
  for (let index = 0; index < ROW_ENTRIES; index++) {
    const at = index * ENTRY_SIZE;
    if (row.compare(entry, 0, ENTRY_SIZE, at, at + ENTRY_SIZE) === 0) return index;
  }
  return -1;
}
