import { constants, promises as fs } from 'node:fs';
import { errorCode, errorMessage } from '../core/errors.ts';
import type { Parsed } from '../vscp/event.ts';

/** Larger configuration and user files are refused: nobody writes one this large. */
export const MAX_TEXT_FILE_BYTES = 1024 * 1024;

const REASONS: Record<string, string> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'is a folder',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'no space left on the disk',
  EROFS: 'read-only file system',
};

/** Says in words why a file operation failed; never throws. */
export function fileErrorReason(error: unknown): string {
  const code = errorCode(error);
  if (code !== undefined) return REASONS[code] ?? code;
  return errorMessage(error);
}

/**
 * Reads a UTF-8 text of bounded size, and drops a byte order mark. Refuses everything but plain files before
 * reading: a named pipe would hang, a device would never end.
 */
export async function readTextFile(path: string, maxBytes = MAX_TEXT_FILE_BYTES): Promise<Parsed<string>> {
  let handle: fs.FileHandle | undefined;
  try {
    handle = await fs.open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await handle.stat();
    if (stat.isDirectory()) return { ok: false, reason: 'is a folder' };
    if (!stat.isFile()) return { ok: false, reason: 'is not a plain file' };
    if (stat.size > maxBytes) return { ok: false, reason: `is larger than ${maxBytes} bytes` };
    return decodeText(await handle.readFile(), maxBytes);
  } catch (error) {
    return { ok: false, reason: fileErrorReason(error) };
  } finally {
    await handle?.close().catch(() => undefined);
  }
}

function decodeText(bytes: Uint8Array, maxBytes: number): Parsed<string> {
  if (bytes.length > maxBytes) return { ok: false, reason: `is larger than ${maxBytes} bytes` };
  try {
    return { ok: true, value: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { ok: false, reason: 'is not UTF-8 text' };
  }
}
