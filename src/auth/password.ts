import { createHash, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Parsed } from '../vscp/event.ts';

/** Stored form of a password: PBKDF2-HMAC-SHA256 or MD5 over the text `user:password`. */
export type PasswordHash = { kind: 'pbkdf2'; salt: Buffer; key: Buffer } | { kind: 'md5'; digest: Buffer };

const ITERATIONS = 70_000;
const SALT_SIZE = 16;
const KEY_SIZE = 32;
const PBKDF2_FORM = /^([0-9a-f]{32});([0-9a-f]{64})$/i;
const MD5_FORM = /^[0-9a-f]{32}$/i;

const derive = promisify(pbkdf2);

/** Reads `salt;hash` (PBKDF2) or 32 hex digits (MD5). The reason for a refusal does not repeat the text. */
export function parsePasswordHash(text: string): Parsed<PasswordHash> {
  const trimmed = text.trim();
  const [, salt, key] = PBKDF2_FORM.exec(trimmed) ?? [];
  if (salt !== undefined && key !== undefined) {
    return {
      ok: true,
      value: { kind: 'pbkdf2', salt: Buffer.from(salt, 'hex'), key: Buffer.from(key, 'hex') },
    };
  }
  if (MD5_FORM.test(trimmed))
    return { ok: true, value: { kind: 'md5', digest: Buffer.from(trimmed, 'hex') } };
  return {
    ok: false,
    reason: 'a password hash is 32 hex digits, ";" and 64 hex digits, or 32 hex digits (MD5)',
  };
}

const NO_SALT = Buffer.alloc(SALT_SIZE);

/** A hash that no password has. Verified when there is no such user, at the same cost as a real hash. */
export const UNMATCHABLE_HASH: PasswordHash = { kind: 'pbkdf2', salt: NO_SALT, key: Buffer.alloc(KEY_SIZE) };

/** Whether no password matches the hash: the samples in the packages have such hashes. */
export function isUnmatchable(hash: PasswordHash): boolean {
  return hash.kind === 'pbkdf2' && hash.key.every((byte) => byte === 0);
}

/** Whether both are the hash of the same password, of the same kind and with the same salt. */
export function samePasswordHash(a: PasswordHash, b: PasswordHash): boolean {
  if (a.kind === 'md5') return b.kind === 'md5' && timingSafeEqual(a.digest, b.digest);
  return b.kind === 'pbkdf2' && timingSafeEqual(a.salt, b.salt) && timingSafeEqual(a.key, b.key);
}

/** Whether the password is the user's. Does the same work for either kind of hash and for either outcome. */
export async function verifyPassword(hash: PasswordHash, user: string, password: string): Promise<boolean> {
  const text = `${user}:${password}`;
  const key = await derive(
    text,
    hash.kind === 'pbkdf2' ? hash.salt : NO_SALT,
    ITERATIONS,
    KEY_SIZE,
    'sha256',
  );
  if (hash.kind === 'md5') return timingSafeEqual(createHash('md5').update(text).digest(), hash.digest);
  return timingSafeEqual(key, hash.key) && hash !== UNMATCHABLE_HASH;
}

/** `salt;hash` in upper-case hex for the user database, with a fresh salt. */
export async function hashPassword(user: string, password: string): Promise<string> {
  const salt = randomBytes(SALT_SIZE);
  const key = await derive(`${user}:${password}`, salt, ITERATIONS, KEY_SIZE, 'sha256');
  return `${salt.toString('hex')};${key.toString('hex')}`.toUpperCase();
}
