import { promises as fs } from 'node:fs';
import { dirname } from 'node:path';

const READ = 0o004;
const WRITE = 0o002;
/** In a folder with this bit (/tmp), only their owners can replace files. */
const STICKY = 0o1000;

async function modeOf(path: string): Promise<number> {
  return fs.stat(path).then(
    ({ mode }) => mode,
    () => 0,
  );
}

/**
 * What every user of the machine may do with a file that decides who gets in. Each warning continues a
 * sentence that begins with the file's name. A file that does not exist gives no warnings about itself.
 * @param isSecret whether reading it does harm as well
 */
export async function rightsOfOthers(file: string, isSecret: boolean): Promise<string[]> {
  const [mode, folderMode] = await Promise.all([modeOf(file), modeOf(dirname(file))]);
  const warnings: string[] = [];
  if (isSecret && (mode & READ) !== 0) {
    warnings.push('can be read by every user of this machine; chmod o-rwx it');
  }
  if ((mode & WRITE) !== 0) warnings.push('can be changed by every user of this machine; chmod o-w it');
  if (mode !== 0 && (folderMode & WRITE) !== 0 && (folderMode & STICKY) === 0) {
    warnings.push('can be replaced by every user of this machine; chmod o-w its folder');
  }
  return warnings;
}
