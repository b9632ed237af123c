import { promises as fs } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from '../core/errors.ts';

const FOLDER_MODE = 0o750;

/**
 * Makes a folder and those above it, 0750. Node's recursive mkdir would loop for ever where it can make none
 * (`/proc`).
 */
export async function makeFolder(folder: string): Promise<void> {
  const make = (): Promise<unknown> =>
    fs.mkdir(folder, { mode: FOLDER_MODE }).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
  try {
    await make();
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await make();
  }
}
