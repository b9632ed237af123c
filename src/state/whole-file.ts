import { randomBytes } from 'node:crypto';
import { constants, promises as fs } from 'node:fs';
import { dirname, join } from 'node:path';

export interface WholeFile {
  path: string;
  text: string;
  mode: number;
  /** Owner of the new file; left out = the user that writes it. */
  owner?: { uid: number; gid: number };
}

/** Names of files that are not whole yet; a process that was killed may leave one. */
const TEMPORARY = /^\.new-[0-9a-f]{16}$/;

/**
 * Writes a file whole. It is first written under a temporary name, gets its mode and owner before it has any
 * content, and is on the disk before it takes its name. Whoever reads it meanwhile, or after a loss of power,
 * finds the old or the new one. A link in the file's place is replaced and never followed.
 * @param replace false = do not touch an existing file, and fail with EEXIST
 * @throws the error of the system
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
    // A hard link fails if the name is taken; a rename replaces the file.
    if (replace) await fs.rename(temporary, file.path);
    else await fs.link(temporary, file.path);
    await syncFolder(folder);
  } finally {
    await fs.rm(temporary, { force: true }).catch(() => undefined);
  }
}

/**
 * Removes the files that a killed process left.
 * @param minAgeMs age of a file that nobody writes any more; 0 where nobody else writes to the folder
 */
export async function removeTemporaries(folder: string, minAgeMs = 0): Promise<void> {
  for (const name of await fs.readdir(folder)) {
    if (!TEMPORARY.test(name)) continue;
    const path = join(folder, name);
    const { mtimeMs } = await fs.stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (minAgeMs === 0 || Date.now() - mtimeMs > minAgeMs) await fs.rm(path, { force: true });
  }
}

/** Puts the new name on the disk too; does nothing on file systems that cannot do that. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await fs.open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
    await handle.sync().finally(() => handle.close());
  } catch {
    // The file itself is whole in any case.
  }
}
