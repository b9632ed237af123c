import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { TextDecoder } from 'node:util';
import { type Parsed, refused } from '../vscp/event.ts';

export interface Credentials {
  user: string;
  password: string;
}

const BLOCK_SIZE = 16;
const MAX_BLOCKS = 16;
const HEX = /^[0-9a-f]+$/i;

/** The plain text without its padding: PKCS#7 if that is valid, otherwise zero bytes. */
function stripPadding(plain: Buffer): Buffer {
  const count = plain[plain.length - 1] ?? 0;
  if (count >= 1 && count <= BLOCK_SIZE && plain.subarray(-count).every((byte) => byte === count)) {
    return plain.subarray(0, -count);
  }
  const zero = plain.indexOf(0);
  return zero < 0 ? plain : plain.subarray(0, zero);
}

/** The first block of a login's cipher text, in upper case. */
export function firstBlockOf(cryptoHex: string): string {
  return cryptoHex
    .trim()
    .slice(0, BLOCK_SIZE * 2)
    .toUpperCase();
}

/** Whether a text is the hex form of one AES block. */
export function isIvText(ivHex: string): boolean {
  return ivHex.length === BLOCK_SIZE * 2 && HEX.test(ivHex);
}

function decryptBlocks(key: Buffer, ivHex: string, cryptoHex: string): Buffer {
  const decipher = createDecipheriv('aes-128-cbc', key, Buffer.from(ivHex, 'hex')).setAutoPadding(false);
  return Buffer.concat([decipher.update(Buffer.from(cryptoHex, 'hex')), decipher.final()]);
}

/**
 * Decrypts the `user:password` of a login: AES-128-CBC over 1 to 16 blocks, padded with zero bytes, blanks or
 * PKCS#7. The password is everything after the first colon.
 *
 * @param key 16 bytes.
 */
export function decryptLogin(key: Buffer, ivHex: string, cryptoHex: string): Parsed<Credentials> {
  const iv = ivHex.trim();
  const cipher = cryptoHex.trim();
  if (!isIvText(iv)) return refused('bad iv');
  const blocks = cipher.length / (BLOCK_SIZE * 2);
  if (!Number.isInteger(blocks) || blocks < 1 || blocks > MAX_BLOCKS || !HEX.test(cipher)) {
    return refused('bad cipher text');
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true })
      .decode(stripPadding(decryptBlocks(key, iv, cipher)))
      .trim();
  } catch {
    return refused('not decipherable');
  }
  const colon = text.indexOf(':');
  if (colon < 1) return refused('not decipherable');
  return { ok: true, value: { user: text.slice(0, colon), password: text.slice(colon + 1) } };
}

/**
 * Tells a client, before it logs in, whether it has the same vscp key: 8 hex digits. They reveal no more
 * about the key than a recorded login does.
 */
export function keyCheckOf(key: Buffer): string {
  return createHmac('sha256', key).update('vscp key').digest('hex').slice(0, 8).toUpperCase();
}

/** Encrypts a token's secret for the client: AES-128-CBC with PKCS#7 padding, both texts in hex. */
export function encryptSecret(key: Buffer, secret: Buffer): { iv: string; secret: string } {
  const iv = randomBytes(BLOCK_SIZE);
  const cipher = createCipheriv('aes-128-cbc', key, iv);
  const hex = (bytes: Buffer): string => bytes.toString('hex').toUpperCase();
  return { iv: hex(iv), secret: hex(Buffer.concat([cipher.update(secret), cipher.final()])) };
}
