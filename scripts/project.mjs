import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the checkout, absolute. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * The folder of what is built, which must work when copied elsewhere: library, bundle, koffi, and libnode
 * where it is our own.
 */
export const releaseDir = join(root, 'build', 'Release');

/** Where libnode is unpacked when it cannot be installed beside the machine's own Node.js. */
export const libnodeDir = join(root, '.libnode');

export const driverLibrary = join(releaseDir, 'libvscpl2drv-websocksrv.so');
export const hostProgram = join(releaseDir, 'vscp-l2-host');
export const bundleFile = join(releaseDir, 'websocksrv.cjs');
export const historyBundleFile = join(releaseDir, 'websocksrv-history.cjs');
/** V8's code cache of the bundle; see build/code-cache.mjs. */
export const codeCacheFile = join(releaseDir, 'websocksrv.cache');

/** package.json as it is; it is read again at each call so that nobody changes another caller's copy. */
export function packageJson() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
}

/**
 * @param {string} name program name
 * @returns {string | undefined} its absolute path; also searches folders that are not in an ordinary user's
 *   PATH
 */
export function findProgram(name) {
  const folders = (process.env.PATH ?? '').split(':').concat('/usr/bin', '/usr/sbin', '/sbin');
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}
