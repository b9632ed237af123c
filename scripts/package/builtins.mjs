import { StepError } from '../setup/progress.mjs';

/**
 * Debian's libnode reads some of its own modules from files of other packages, by absolute paths compiled in, and
 * aborts its process when one is missing. Those packages depend on Debian's nodejs, so a package that carries
 * libnode carries the files too. At Debian's paths they would clash with Debian's packages, so they are below
 * a folder whose name is exactly as long, and the paths within the library are changed byte for byte: nothing
 * in the file moves.
 */
const DEBIAN_FOLDER = '/usr/share/nodejs/';
export const BUILTINS_FOLDER = '/usr/lib/vscpl2ws/';

const NUL = 0;
const COLON = ':'.charCodeAt(0);
/** What comes before and after a path in the binary: it is a string of its own, or one in the shim's list. */
const isBoundary = (byte) => byte === NUL || byte === COLON;

/** @returns {string} where a file that libnode reads is after the redirection */
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
 * Makes a copy of a shared object that looks for libnode's files in another folder.
 * @param {Buffer} contents of libnode, or of the driver, which checks for the files beforehand
 * @param {string[]} files all files that libnode reads
 * @param {string} [folder] absolute, as long as Debian's, with a slash at the end
 * @throws {StepError} when a path is not there exactly once, because it is then unknown what would be changed
 */
export function redirectBuiltins(contents, files, folder = BUILTINS_FOLDER) {
  const copy = Buffer.from(contents);
  for (const file of files) {
    const found = positions(contents, file);
    if (found.length !== 1) {
      throw new StepError(`the path ${file} occurs ${found.length} times in a library instead of once`, {
        remedy: 'this libnode is built differently; the package without libnode can still be made.',
      });
    }
    copy.write(redirected(file, folder), found[0], 'latin1');
  }
  return copy;
}
