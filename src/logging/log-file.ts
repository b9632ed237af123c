import { constants, promises as fs } from 'node:fs';
import { dirname, parse } from 'node:path';
import { errorCode } from '../core/errors.ts';
import { makeFolder } from './make-folder.ts';
import { checkNotPlanted, isSystemPath, resolveOwnLink } from './own-link.ts';

// O_NONBLOCK: a named pipe without a reader must fail instead of holding a thread for ever.
const OPEN_FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
export const LOG_FILE_MODE = 0o640;

export interface LogFile {
  /** Where the file is: at the path asked for, or where an administrator's link at that path leads. */
  path: string;
  handle: fs.FileHandle;
  inode: number;
  size: number;
  /** False for devices and pipes, which have no size and cannot be renamed, and for anything under /dev. */
  rotatable: boolean;
}

/** Flags that follow no link at the path, except the system's own (/dev/stdout). */
export function logFileFlags(path: string): number {
  return isSystemPath(path) ? OPEN_FLAGS : OPEN_FLAGS | constants.O_NOFOLLOW;
}

/**
 * Opens a log file to append to, and makes it and its folder when they are missing.
 * @throws Error of the system, or one that says that the file or a link to it may be another user's trap
 */
export async function openLogFile(asked: string): Promise<LogFile> {
  await makeFolder(dirname(asked));
  const path = await resolveOwnLink(asked);
  const handle = await fs.open(path, logFileFlags(path), LOG_FILE_MODE);
  try {
    checkNotPlanted(path, handle.fd);
    const stat = await handle.stat();
    const size = stat.isFile() ? stat.size : 0;
    return { path, handle, inode: stat.ino, size, rotatable: stat.isFile() && !isSystemPath(path) };
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw error;
  }
}

/** Renames a file and the older ones beside it, each to the next number, and keeps `maxFiles` of them. */
export async function shiftOldFiles(path: string, maxFiles: number): Promise<void> {
  for (let index = maxFiles; index > 0; index--) {
    const from = index === 1 ? path : oldName(path, index - 1);
    await fs.rename(from, oldName(path, index)).catch((error: unknown) => {
      if (errorCode(error) !== 'ENOENT') throw error;
    });
  }
}

/** `folder/name.log` → `folder/name.3.log`. */
function oldName(path: string, index: number): string {
  const { dir, name, ext } = parse(path);
  return `${dir === '' || dir === '/' ? dir : `${dir}/`}${name}.${index}${ext}`;
}
