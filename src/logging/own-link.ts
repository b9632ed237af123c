import { promises as fs, fstatSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode } from '../core/errors.ts';

const WRITABLE_BY_OTHERS = 0o002;
const MAX_LINKS = 10;

/**
 * Finds where a file that will be written really is. It follows a link in its place when it is the
 * administrator's own: made by root or by our own user, in a folder that others may not write to. Any other
 * link could lead a daemon with more rights to a file of somebody else's choice.
 * @returns a path whose last part is not a link (anything under /dev and /proc stays as it is)
 * @throws Error when the link may have been planted
 */
export async function resolveOwnLink(path: string): Promise<string> {
  let place = path;
  for (let links = 0; links <= MAX_LINKS; links++) {
    if (isSystemPath(place)) return place;
    const found = await fs.lstat(place).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (found === undefined || !found.isSymbolicLink()) return place;
    const folder = await fs.realpath(dirname(place));
    const { mode } = await fs.stat(folder);
    if ((mode & WRITABLE_BY_OTHERS) !== 0 || !isOurs(found.uid)) {
      throw new Error(`${place} is a link that another user may have put there`);
    }
    const target = await fs.readlink(place);
    place = target.startsWith('/') ? target : join(folder, target);
  }
  throw new Error(`${path}: too many links`);
}

/**
 * Refuses a file that another user put where we would make one, in order to read our output, or as a second
 * name of one of our files.
 */
export function checkNotPlanted(path: string, fd: number): void {
  const stats = fstatSync(fd);
  if (!stats.isFile() || isSystemPath(path)) return;
  if ((statSync(dirname(path)).mode & WRITABLE_BY_OTHERS) === 0) return;
  if (!isOurs(stats.uid) || stats.nlink > 1) {
    throw new Error(`${path} may be another user's, in a folder that everybody may write to`);
  }
}

/** Devices and the descriptors of the process: /dev/stdout leads to whatever the host was started with. */
export function isSystemPath(path: string): boolean {
  return /^\/(?:dev|proc)\//.test(path);
}

function isOurs(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.();
}
