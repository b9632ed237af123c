import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../project.mjs';
import { run } from './commands.mjs';
import { StepError } from './progress.mjs';

function packagesOf(file) {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

const matches = (list, value) =>
  list === undefined ||
  list.includes(value) ||
  (list.every((x) => x.startsWith('!')) && !list.includes(`!${value}`));

/** Optional packages are missing where they are for other platforms, because npm leaves those out. */
function neededHere(entry) {
  if (entry.optional !== true) return true;
  if (entry.libc?.includes('musl')) return false;
  return matches(entry.os, process.platform) && matches(entry.cpu, process.arch);
}

/**
 * Compares node_modules with the lock file.
 * @returns {string | undefined} what is out of step; undefined when nothing is
 */
export function outOfStep(folder = root) {
  const wanted = packagesOf(join(folder, 'package-lock.json')) ?? {};
  const present = packagesOf(join(folder, 'node_modules', '.package-lock.json'));
  if (present === undefined) return 'nothing is installed yet';
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const found = present[path];
    if (found === undefined || !existsSync(join(folder, path, 'package.json'))) {
      if (neededHere(entry)) return `${path} is missing`;
    } else if (found.version !== entry.version) {
      return `${path} is ${found.version}, the lock file has ${entry.version}`;
    }
  }
  const extra = Object.keys(present).find((path) => wanted[path] === undefined);
  return extra === undefined ? undefined : `${extra} is not in the lock file`;
}

/**
 * Runs `npm ci` without install scripts (esbuild, koffi and Biome bring their binaries as packages) when node_modules
 * is out of step with the lock file; returns what was done.
 */
export async function installNodeModules() {
  const reason = outOfStep();
  if (reason === undefined) return 'in step with package-lock.json';
  await npmCi(root);
  return `installed (${reason})`;
}

/** Installs what the lock file of a folder names, without install scripts. */
export async function npmCi(folder, options = []) {
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', ...options];
  const result = await run('npm', args, { cwd: folder });
  if (result.code === 127) {
    throw new StepError('npm is not installed', { remedy: 'install it: `sudo apt-get install npm`.' });
  }
  if (result.code !== 0) {
    throw new StepError(`npm ci ended with code ${result.code}`, {
      output: result.output,
      remedy:
        'check the network and the npm registry set for this machine (`npm ping`), then run this again.',
    });
  }
}
