import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root } from '../project.mjs';

const stampFolder = join(root, 'build', 'stamps');

function filesBelow(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

/**
 * Returns a text that changes when the inputs of a build step change.
 * @param {string[]} paths files and folders, relative to the checkout
 * @param {unknown} settings whatever else the step depends on
 */
export function fingerprint(paths, settings) {
  const hash = createHash('sha256').update(JSON.stringify(settings));
  for (const file of paths.flatMap((path) => filesBelow(join(root, path)))) {
    hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

/** True when the step has already succeeded with this fingerprint and what it made is still there. */
export function isUpToDate(step, mark, outputs) {
  const file = join(stampFolder, step);
  return existsSync(file) && readFileSync(file, 'utf8') === mark && outputs.every((path) => existsSync(path));
}

export async function setStamp(step, mark) {
  const file = join(stampFolder, step);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, mark);
}
