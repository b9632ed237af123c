import { StepError } from '../setup/progress.mjs';

/**
 * Debian's libnode reads some of its own modules from files of other packages, by absolute paths compiled in, and
 * aborts its process when one is missing. Those packages depend on Debian's nodejs, so a package that carries
 * libnode carries the files too. At Debian's paths they would clash with Debian's packages; so they lie below a
 * folder whose name is exactly as long, and the paths within the library are changed byte for byte: nothing in
 * the file moves.
 */
const DEBIAN_FOLDER = '/usr/share/nodejs/';
export const BUILTINS_FOLDER = '/usr/lib/vscpl2ws/';

const NUL = 0;
const COLON = ':'.charCodeAt(0);
/** What stands before and after a path that is used as one: a string of its own, or one in the shim's list. */
const isBoundary = (byte) => byte === NUL || byte === COLON;

/** @returns {string} where a file that libnode reads lies once redirected */
export function redirected(file, folder = BUILTINS_FOLDER) {
  if (!file.startsWith(DEBIAN_FOLDER) || folder.length !== DEBIAN_FOLDER.length) {
    throw new StepError(`libnode reads ${file}, which cannot be redirected to ${folder}`);
  }
  return `${folder}${file.slice(DEBIAN_FOLDER.length)}`;
}

function positions(contents, path) {
  const found = [];
  for (let at = contents.indexOf(path); at >= 0; at = contents.indexOf(path, at + 1)) {
    if (isBoundary(contents[at - 1]) && isBoundary(contents[at + path.length])) found.push(at);
  }
  return found;
}

/**
 * A copy of a shared object that looks for libnode's files in another folder.
 * @param {Buffer} contents libnode, or the driver, which checks for them beforehand
 * @param {string[]} files all that libnode reads
 * @param {string} [folder] absolute, as long as Debian's, with a slash at the end
 * @throws {StepError} when one of the paths is not there exactly once: then nobody knows what would be changed
 */
export function redirectBuiltins(contents, files, folder = BUILTINS_FOLDER) {
  const copy = Buffer.from(contents);
  for (const file of files) {
    const found = positions(contents, file);
    if (found.length !== 1) {
      throw new StepError(`the path ${file} is ${found.length} times in a library instead of once`, {
        remedy: 'this libnode is built differently; the package without libnode can still be made.',
      });
    }
    copy.write(redirected(file, folder), found[0], 'latin1');
  }
  return copy;
}
