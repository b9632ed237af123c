import { GUID_SIZE } from '../core/guid.ts';

const ENTRIES = 1024;

/**
 * Gives equal GUIDs the same array, since an installation has some hundred GUIDs and sends each of them for
 * ever. This is a direct-mapped table, so neither its size nor the cost of a look-up grows.
 */
export class GuidCache {
  readonly #words = new Uint32Array(ENTRIES * 4);
  readonly #guids: (Uint8Array | undefined)[] = new Array(ENTRIES).fill(undefined);

  /**
   * The GUID at `byteOffset` (a multiple of 4) of a memory that is seen as words and as bytes. The returned
   * array is shared: nobody may change it.
   */
  take(words: Uint32Array, bytes: Uint8Array, byteOffset: number): Uint8Array {
    const at = byteOffset >> 2;
    const a = words[at] as number;
    const b = words[at + 1] as number;
    const c = words[at + 2] as number;
    const d = words[at + 3] as number;
    let hash = Math.imul(a ^ Math.imul(b, 31) ^ Math.imul(c, 1031) ^ d, 0x9e3779b1);
    hash = (hash ^ (hash >>> 15)) & (ENTRIES - 1);
    const entry = hash * 4;
    const own = this.#words;
    const known = this.#guids[hash];
    if (known && own[entry] === a && own[entry + 1] === b && own[entry + 2] === c && own[entry + 3] === d) {
      return known;
    }
    const guid = bytes.slice(byteOffset, byteOffset + GUID_SIZE);
    own[entry] = a;
    own[entry + 1] = b;
    own[entry + 2] = c;
    own[entry + 3] = d;
    this.#guids[hash] = guid;
    return guid;
  }
}
