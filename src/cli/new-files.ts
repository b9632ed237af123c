import { fileErrorReason } from '../config/text-file.ts';
import { type WholeFile, writeWholeFile } from '../state/whole-file.ts';
import { CommandError } from './command.ts';

export type { WholeFile as NewFile } from '../state/whole-file.ts';

/**
 * Writes a file, whole or not at all.
 * @param replace false = leave an existing file alone and name it in the error
 */
export async function writeNewFile(file: WholeFile, replace: boolean): Promise<void> {
  try {
    await writeWholeFile(file, replace);
  } catch (error) {
    const reason = fileErrorReason(error);
    throw new CommandError(
      `${file.path}: ${reason === 'EEXIST' ? 'already exists; --force replaces it' : reason}`,
    );
  }
}
