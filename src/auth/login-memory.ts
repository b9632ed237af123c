import { createHmac, randomFillSync } from 'node:crypto';
import type { PasswordHash } from './password.ts';

const KEY_SIZE = 32;
/** An entry stands for one password: its first bytes tell whose it is, the others tell which password. */
const TAG_SIZE = 4;
const ENTRY_SIZE = 16;
/** Entries of one row, any of which may hold a password; the latest comes first. */
const ROW_ENTRIES = 8;
const ROW_SIZE = ROW_ENTRIES * ENTRY_SIZE;
/** Used by drivers without memory that outlives the runtime: 4096 entries. */
const DEFAULT_SIZE = KEY_SIZE + 512 * ROW_SIZE;

/**
 * Remembers verified passwords, so that the same login needs no PBKDF2 again when thousands of clients come
 * back at once. An entry holds 96 bits of an HMAC over user, stored hash and password, and 32 bits of an HMAC
 * over the user. The HMAC's key is made here and lies in the same memory. So an edited password is another
 * entry, and the entries are worthless once that memory is gone. Only right passwords are stored.
 *
 * The memory may belong to the shim, which outlives a runtime that has died (HostLink.keptMemory). It is a
 * table of fixed size: the HMAC determines the row, and a new entry pushes the oldest one out of its row.
 */
export class LoginMemory {
  readonly #key: Buffer;
  readonly #rows: Buffer;
  readonly #rowCount: number;

  /** @param bytes the memory; all zero when it is new */
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
    const at = placeIn(row, entry);
    if (at < 0) return false;
    row.copy(entry, 0, at, at + ENTRY_SIZE);
    putFirst(row, entry, at);
    return true;
  }

  remember(user: string, hash: PasswordHash, password: string): void {
    const { entry, row } = this.#find(user, hash, password);
    const at = placeIn(row, entry);
    this.#tagOf(user).copy(entry, 0, 0, TAG_SIZE);
    putFirst(row, entry, at < 0 ? ROW_SIZE - ENTRY_SIZE : at);
  }

  /** Forgets all passwords of these users, in one pass over the table, however many users there are. */
  forget(users: Iterable<string>): void {
    const tags = new Set<number>();
    for (const user of users) tags.add(this.#tagOf(user).readUInt32LE(0));
    if (tags.size === 0) return;
    for (let at = 0; at < this.#rowCount * ROW_SIZE; at += ENTRY_SIZE) {
      if (tags.has(this.#rows.readUInt32LE(at))) this.#rows.fill(0, at, at + ENTRY_SIZE);
    }
  }

  /** The row of a password, and its entry there but for the tag. */
  #find(user: string, hash: PasswordHash, password: string): { entry: Buffer; row: Buffer } {
    const hmac = createHmac('sha256', this.#key).update(hash.kind);
    if (hash.kind === 'md5') hmac.update(hash.digest);
    else hmac.update(hash.salt).update(hash.key);
    const digest = hmac.update(JSON.stringify([user, password])).digest();
    const at = (digest.readUInt32LE(0) % this.#rowCount) * ROW_SIZE;
    return {
      entry: digest.subarray(ENTRY_SIZE, 2 * ENTRY_SIZE),
      row: this.#rows.subarray(at, at + ROW_SIZE),
    };
  }

  #tagOf(user: string): Buffer {
    return createHmac('sha256', this.#key).update('user').update(user).digest();
  }
}

/** Where in its row an entry lies; -1 = it is not there. */
function placeIn(row: Buffer, entry: Buffer): number {
  for (let at = 0; at < ROW_SIZE; at += ENTRY_SIZE) {
    if (row.compare(entry, TAG_SIZE, ENTRY_SIZE, at + TAG_SIZE, at + ENTRY_SIZE) === 0) return at;
  }
  return -1;
}

/** Moves the entries before `at` one place on, and puts this one first. */
function putFirst(row: Buffer, entry: Buffer, at: number): void {
  row.copyWithin(ENTRY_SIZE, 0, at);
  entry.copy(row);
}
