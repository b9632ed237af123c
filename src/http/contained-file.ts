import type { Stats } from 'node:fs';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { errorCode, errorMessage } from '../core/errors.ts';

export type ContainedFile =
  /** An open regular file; the caller closes the handle. */
  | { kind: 'file'; handle: FileHandle; stats: Stats }
  | { kind: 'folder' }
  | { kind: 'none' }
  /** Something is there, but it may not be shown or cannot be read. */
  | { kind: 'refused'; reason: string }
  /** The system failed. */
  | { kind: 'failed'; reason: string };

/** Errors that say that the file is not there. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG']);
/** Errors for which a file is refused, with the reason. */
const REFUSED: Record<string, string> = {
  EACCES: 'no permission to read it or a folder above it',
  EPERM: 'no permission to read it or a folder above it',
  ELOOP: 'its links lead in a circle',
  ENXIO: 'not a regular file',
};

/** The open never waits (FIFO) and never gets a controlling terminal; the last step must not be a link. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Opens a file under `root` for reading. Links are followed as long as they end inside the root, including
 * the folders `..data` and `..<date>` that serve to exchange whole sets of files at once. Dot files (behind
 * links too), special files and everything outside the root are refused. Never throws.
 *
 * After opening, the real path is checked once more, so that somebody who may write to the root cannot lead
 * out of it by exchanging a folder or link meanwhile.
 * @param segments plain names (neither `.`, `..` nor holding a slash)
 */
export async function openContained(root: string, segments: readonly string[]): Promise<ContainedFile> {
  let handle: FileHandle | undefined;
  try {
    const realRoot = await realpath(root);
    const path = await realpath(join(realRoot, ...segments));
    const hidden = hiddenReason(realRoot, path);
    if (hidden !== undefined) return { kind: 'refused', reason: hidden };
    const found = await lstat(path);
    if (found.isDirectory()) return { kind: 'folder' };
    if (!found.isFile()) return { kind: 'refused', reason: 'not a regular file' };
    handle = await open(path, OPEN_FLAGS);
    const stats = await handle.stat();
    const pathNow = await realpath(path);
    const again = await lstat(pathNow);
    if (pathNow !== path || again.ino !== stats.ino || again.dev !== stats.dev) {
      await handle.close();
      return { kind: 'refused', reason: 'exchanged while it was opened' };
    }
    return { kind: 'file', handle, stats };
  } catch (error) {
    await handle?.close().catch(() => undefined);
    const code = errorCode(error) ?? '';
    if (ABSENT.has(code)) return { kind: 'none' };
    const reason = REFUSED[code];
    if (reason !== undefined) return { kind: 'refused', reason };
    return { kind: 'failed', reason: errorMessage(error) };
  }
}

/** Why a file may not be shown; undefined when it may. */
function hiddenReason(realRoot: string, path: string): string | undefined {
  if (path === realRoot) return undefined;
  const prefix = realRoot.endsWith(sep) ? realRoot : realRoot + sep;
  if (!path.startsWith(prefix)) return `its link leads out of web-root, to ${path}`;
  const names = path.slice(prefix.length).split(sep);
  return names.some((name) => /^\.(?!\.)/.test(name)) ? 'its link leads to a dot file' : undefined;
}
