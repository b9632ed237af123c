import { fileErrorReason } from '../config/text-file.ts';
import { type WholeFile, writeWholeFile } from '../state/whole-file.ts';
import { CommandError } from './command.ts';

export type { WholeFile as NewFile } from '../state/whole-file.ts';

/**
 * Writes a file whole.
 * @param replace false = an existing file is left alone and named in the error
 */
export async function writeNewFile(file: WholeFile, replace: boolean): Promise<void> {
  try {
    await writeWholeFile(file, replace);
  } catch (error) {
    const reason = fileErrorReason(error);
    throw new CommandError(
      `${file.path}: ${reason === 'EEXIST' ? 'exists already; --force replaces it' : reason}`,
    );
  }
}
