import { KEY_DIGITS } from '../core/protocol.ts';
import { BadInputError } from '../core/vscp-error.ts';

interface AesKey {
  readonly type: string;
}

/** What is used of the platform's WebCrypto; absent on pages that came over plain http from another host. */
interface Subtle {
  importKey(
    format: 'raw',
    key: Uint8Array,
    algorithm: 'AES-CBC',
    extractable: false,
    usages: ['encrypt'],
  ): Promise<AesKey>;
  encrypt(
    algorithm: { name: 'AES-CBC'; iv: Uint8Array },
    key: AesKey,
    plain: Uint8Array,
  ): Promise<ArrayBuffer>;
}

function platformSubtle(): Subtle | undefined {
  return (globalThis as { crypto?: { subtle?: Subtle } }).crypto?.subtle;
}

function fromHex(what: string, hex: string): Uint8Array {
  const digits = hex.replace(/\s/g, '').slice(0, KEY_DIGITS);
  if (digits.length < KEY_DIGITS || !/^[0-9a-f]+$/i.test(digits)) {
    throw new BadInputError(`${what} must be at least ${KEY_DIGITS} hex digits`);
  }
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();
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
  const key = fromHex('The key', keyHex);
  const iv = fromHex('The iv', ivHex);
  const plain = new TextEncoder().encode(`${user}:${password}`);
  if (subtle) {
    const aesKey = await subtle.importKey('raw', key, 'AES-CBC', false, ['encrypt']);
    return toHex(new Uint8Array(await subtle.encrypt({ name: 'AES-CBC', iv }, aesKey, plain)));
  }
  const { encryptCbc } = await import('./aes.ts');
  return toHex(encryptCbc(key, iv, plain));
}
