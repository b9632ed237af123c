import { cbc } from '@noble/ciphers/aes';
import { hmac as nobleHmac } from '@noble/hashes/hmac';
import { sha256 } from '@noble/hashes/sha2';

/** Replaces WebCrypto where it is absent; a separate module, loaded only then. */

/** AES-CBC with PKCS#7 padding. */
export function encryptCbc(key: Uint8Array, iv: Uint8Array, plain: Uint8Array): Uint8Array {
  return cbc(key, iv).encrypt(plain);
}

export function decryptCbc(key: Uint8Array, iv: Uint8Array, cipher: Uint8Array): Uint8Array {
  return cbc(key, iv).decrypt(cipher);
}

/** HMAC-SHA256. */
export function hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
  return nobleHmac(sha256, key, data);
}
