import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

let count = 0;

/**
 * Writes a file only when its content differs, and atomically: a server or another build that reads it
 * meanwhile sees the old or the new file, never half of one.
 * @param {string} path
 * @param {Uint8Array} content
 * @returns {Promise<boolean>} whether it was written
 */
export async function writeChanged(path, content) {
  const old = await readFile(path).catch(() => undefined);
  if (old?.equals(content)) return false;
  await mkdir(dirname(path), { recursive: true });
  const fresh = `${path}.${process.pid}-${count++}`;
  await writeFile(fresh, content);
  await rename(fresh, path);
  return true;
}
