import { cbc } from '@noble/ciphers/aes';

/** AES-CBC with PKCS#7 padding for where WebCrypto is absent; a module of its own, loaded only then. */
export function encryptCbc(key: Uint8Array, iv: Uint8Array, plain: Uint8Array): Uint8Array {
  return cbc(key, iv).encrypt(plain);
}
