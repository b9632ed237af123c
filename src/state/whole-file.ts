import { randomBytes } from 'node:crypto';
import { constants, promises as fs } from 'node:fs';
import { dirname, join } from 'node:path';

export interface WholeFile {
  path: string;
  text: string;
  mode: number;
  /** Whose the file is to be; left out: whoever writes it. */
  owner?: { uid: number; gid: number };
}

/** What files are called until they are whole; a process that was killed may leave one. */
const TEMPORARY = /^\.new-[0-9a-f]{16}$/;

/**
 * Writes a file whole: under a name of its own first, with its mode and owner before it has any content, on the
 * disk before it takes the name. Whoever reads meanwhile, and after a loss of power, finds the old or the new one.
 * A link that lies in the file's place is replaced and never followed.
 * @param replace false = an existing file is left alone: EEXIST
 * @throws what the system says
 */
export async function writeWholeFile(file: WholeFile, replace: boolean): Promise<void> {
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
    await syncFolder(folder);
  } finally {
    await fs.rm(temporary, { force: true }).catch(() => undefined);
  }
}

/** Takes away what a killed process left; only where nobody else writes. */
export async function removeTemporaries(folder: string): Promise<void> {
  for (const name of await fs.readdir(folder)) {
    if (TEMPORARY.test(name)) await fs.rm(join(folder, name), { force: true });
  }
}

/** The new name is on the disk too; file systems that cannot do that are left as they are. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await fs.open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
    await handle.sync().finally(() => handle.close());
  } catch {
    // The file itself is whole in any case.
  }
}
