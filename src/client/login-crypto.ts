import { KEY_DIGITS } from '../core/protocol.ts';
import { fromHex, toHex } from './bytes.ts';

interface CryptoKey {
  readonly type: string;
}

/**
 * The part of the platform's WebCrypto that is used; pages that came over plain http from another host have
 * none.
 */
export interface Subtle {
  importKey(
    format: 'raw',
    key: Uint8Array,
    algorithm: 'AES-CBC' | { name: 'HMAC'; hash: 'SHA-256' },
    extractable: false,
    usages: ('encrypt' | 'decrypt' | 'sign')[],
  ): Promise<CryptoKey>;
  encrypt(
    algorithm: { name: 'AES-CBC'; iv: Uint8Array },
    key: CryptoKey,
    plain: Uint8Array,
  ): Promise<ArrayBuffer>;
  decrypt(
    algorithm: { name: 'AES-CBC'; iv: Uint8Array },
    key: CryptoKey,
    cipher: Uint8Array,
  ): Promise<ArrayBuffer>;
  sign(algorithm: 'HMAC', key: CryptoKey, data: Uint8Array): Promise<ArrayBuffer>;
}

function platformSubtle(): Subtle | undefined {
  return (globalThis as { crypto?: { subtle?: Subtle } }).crypto?.subtle;
}

/** The 16 bytes of a vscp key. @throws BadInputError */
export function readKey(keyHex: string): Uint8Array {
  return fromHex('The key', keyHex, KEY_DIGITS);
}

/**
 * The `crypto` argument of AUTH: AES-128-CBC over `user:password` with PKCS#7 padding, in hex.
 * @param keyHex at least 32 hex digits, of which the first 32 count
 * @param ivHex the session's sid: 32 hex digits
 * @param subtle for tests; `null` forces the library that stands in for WebCrypto
 */
export async function encryptLogin(
  user: string,
  password: string,
  keyHex: string,
  ivHex: string,
  subtle: Subtle | null | undefined = platformSubtle(),
): Promise<string> {
  const key = readKey(keyHex);
  const iv = fromHex('The iv', ivHex, KEY_DIGITS);
  const plain = new TextEncoder().encode(`${user}:${password}`);
  if (subtle) {
    const aesKey = await subtle.importKey('raw', key, 'AES-CBC', false, ['encrypt']);
    return toHex(new Uint8Array(await subtle.encrypt({ name: 'AES-CBC', iv }, aesKey, plain)));
  }
  const { encryptCbc } = await import('./stand-in.ts');
  return toHex(encryptCbc(key, iv, plain));
}

/** Decrypts a new token's secret from the reply to TOKEN. @throws when it was not encrypted with that key */
export async function decryptSecret(
  keyHex: string,
  ivHex: string,
  cipherHex: string,
  subtle: Subtle | null | undefined = platformSubtle(),
): Promise<Uint8Array> {
  const key = readKey(keyHex);
  const iv = fromHex('The iv', ivHex, KEY_DIGITS);
  const cipher = fromHex('The secret', cipherHex, cipherHex.length);
  if (subtle) {
    const aesKey = await subtle.importKey('raw', key, 'AES-CBC', false, ['decrypt']);
    return new Uint8Array(await subtle.decrypt({ name: 'AES-CBC', iv }, aesKey, cipher));
  }
  const { decryptCbc } = await import('./stand-in.ts');
  return decryptCbc(key, iv, cipher);
}

/** HMAC-SHA256 over a text. */
export async function hmacSha256(
  key: Uint8Array,
  text: string,
  subtle: Subtle | null | undefined = platformSubtle(),
): Promise<Uint8Array> {
  const data = new TextEncoder().encode(text);
  if (subtle) {
    const hmacKey = await subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    return new Uint8Array(await subtle.sign('HMAC', hmacKey, data));
  }
  const { hmac } = await import('./stand-in.ts');
  return hmac(key, data);
}
