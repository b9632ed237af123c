import type { Stats } from 'node:fs';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { errorCode } from './system-error.ts';

export type ContainedFile =
  /** An open regular file; the caller closes the handle. */
  | { kind: 'file'; handle: FileHandle; stats: Stats }
  | { kind: 'folder' }
  /** Nothing there that may be shown. */
  | { kind: 'none'; reason: string }
  /** The system failed. */
  | { kind: 'failed'; reason: string };

/** Errors that say that the file is not there, or not for us. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EACCES', 'EPERM', 'ENXIO']);

/** Never waits (FIFO) and never becomes a controlling terminal; the last step must not be a link. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Opens a file under `root` for reading. Links are followed as long as they end inside the root; dot
 * files, also behind links, special files and everything outside count as absent. Never throws.
 *
 * What was opened is looked at once more by its real path: a folder or link exchanged meanwhile by
 * somebody who may write to the root does not lead out of it.
 * @param segments plain names (neither `.`, `..` nor holding a slash)
 */
export async function openContained(root: string, segments: readonly string[]): Promise<ContainedFile> {
  let handle: FileHandle | undefined;
  try {
    const realRoot = await realpath(root);
    const path = await realpath(join(realRoot, ...segments));
    if (!isShown(realRoot, path)) return { kind: 'none', reason: 'outside of web-root, or a dot file' };
    const found = await lstat(path);
    if (found.isDirectory()) return { kind: 'folder' };
    if (!found.isFile()) return { kind: 'none', reason: 'not a regular file' };
    handle = await open(path, OPEN_FLAGS);
    const stats = await handle.stat();
    const pathNow = await realpath(path);
    const again = await lstat(pathNow);
    if (pathNow !== path || again.ino !== stats.ino || again.dev !== stats.dev) {
      await handle.close();
      return { kind: 'none', reason: 'exchanged while it was opened' };
    }
    return { kind: 'file', handle, stats };
  } catch (error) {
    await handle?.close().catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    return ABSENT.has(errorCode(error)) ? { kind: 'none', reason } : { kind: 'failed', reason };
  }
}

function isShown(realRoot: string, path: string): boolean {
  if (path === realRoot) return true;
  const prefix = realRoot.endsWith(sep) ? realRoot : realRoot + sep;
  return (
    path.startsWith(prefix) &&
    !path
      .slice(prefix.length)
      .split(sep)
      .some((name) => name.startsWith('.'))
  );
}
