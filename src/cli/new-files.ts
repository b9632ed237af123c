import { randomBytes } from 'node:crypto';
import { constants, promises as fs } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileErrorReason } from '../config/text-file.ts';
import { CommandError } from './command.ts';

export interface NewFile {
  path: string;
  text: string;
  mode: number;
  /** Whose the file is to be; left out: whoever runs the command. */
  owner?: { uid: number; gid: number };
}

/**
 * Writes a file whole: under a name of its own first, with its mode and owner before it has any content, then
 * renamed. A link that lies in the file's place is replaced and never followed.
 * @param replace false = an existing file is left alone and named in the error
 */
export async function writeNewFile(file: NewFile, replace: boolean): Promise<void> {
  const folder = dirname(file.path);
  const temporary = join(folder, `.new-${randomBytes(8).toString('hex')}`);
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const handle = await fs.open(temporary, flags, 0o600);
    try {
      if (file.owner !== undefined) await handle.chown(file.owner.uid, file.owner.gid);
      await handle.chmod(file.mode);
      await handle.writeFile(file.text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // A hard link fails where the name is taken, a rename replaces it.
    if (replace) await fs.rename(temporary, file.path);
    else await fs.link(temporary, file.path);
  } catch (error) {
    const reason = fileErrorReason(error);
    throw new CommandError(
      `${file.path}: ${reason === 'EEXIST' ? 'exists already; --force replaces it' : reason}`,
    );
  } finally {
    await fs.rm(temporary, { force: true }).catch(() => undefined);
  }
}
