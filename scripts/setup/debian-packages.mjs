import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../project.mjs';
import { mustRun, run } from './commands.mjs';
import { StepError } from './progress.mjs';

/** Makes the messages English, so that they can be parsed, and prevents questions. */
const APT_ENVIRONMENT = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
const APT_OPTIONS = ['-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Lock::Timeout=120'];
const INSTALL_OPTIONS = ['--yes', '--no-install-recommends', '-o', 'Dpkg::Options::=--force-confold'];

export function hasApt() {
  return findProgram('apt-get') !== undefined && findProgram('dpkg-deb') !== undefined;
}

export function isRoot() {
  return process.getuid?.() === 0;
}

const apt = (program, args, options = {}) => run(program, args, { env: APT_ENVIRONMENT, ...options });

/**
 * @param {string} name
 * @returns {Promise<Record<string, string> | undefined>} the fields of the version that would be installed;
 *   undefined when the package lists do not have it
 */
export async function packageFields(name) {
  const { code, stdout } = await apt('apt-cache', ['show', '--no-all-versions', name]);
  if (code !== 0 || stdout.trim() === '') return undefined;
  const fields = {};
  for (const line of stdout.split('\n\n')[0].split('\n')) {
    const match = /^([A-Za-z0-9-]+): (.*)$/.exec(line);
    if (match !== null) fields[match[1]] = match[2];
  }
  return fields;
}

/** The names in a Depends field; of alternatives, the first. */
export function dependencyNames(field = '') {
  return field
    .split(',')
    .map(
      (part) =>
        part
          .split('|')[0]
          .trim()
          .split(/[\s(:]/)[0],
    )
    .filter((name) => name !== '');
}

/**
 * What installing these packages would do, without doing it (no root needed).
 * @returns {Promise<{ possible: boolean, fresh: string[] }>} `fresh`: packages that are not installed yet;
 *   not possible when a package is unknown or another one would have to be removed
 */
export async function simulateInstall(names) {
  const args = ['--simulate', '--no-remove', '--no-upgrade', '--no-install-recommends', 'install', ...names];
  const { code, stdout } = await apt('apt-get', args);
  const fresh = [...stdout.matchAll(/^Inst (\S+)/gm)].map((match) => match[1]);
  return { possible: code === 0, fresh };
}

/** The names of those packages that are not installed. */
export async function notInstalled(names) {
  if (names.length === 0) return [];
  // biome-ignore lint/suspicious/noTemplateCurlyInString: these are dpkg-query's placeholders
  const format = '${Package} ${db:Status-Status}\\n';
  const { stdout } = await run('dpkg-query', ['--show', `--showformat=${format}`, ...names]);
  const present = new Set(
    stdout
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return names.filter((name) => !present.has(name));
}

/** Fetches the package lists. Needs root rights. */
export async function refreshLists() {
  if (!isRoot()) {
    throw new StepError('the package lists of this machine are missing or out of date', {
      remedy: 'a person with root rights runs\n\n    sudo apt-get update\n\nthen run this command again.',
    });
  }
  await mustRun(
    'apt-get',
    [...APT_OPTIONS, 'update'],
    { env: APT_ENVIRONMENT },
    'check the network and the package sources in /etc/apt.',
  );
}

/**
 * For a package file made here: it should replace an older or damaged one, and its versions have no order.
 */
const fileOptions = (names) =>
  names.some((name) => name.endsWith('.deb')) ? ['--reinstall', '--allow-downgrades'] : [];

/** The command a person has to run where this script may not. */
export function installCommand(names) {
  const words = ['--yes', '--no-install-recommends', ...fileOptions(names), ...names];
  return `sudo apt-get update && sudo apt-get install ${words.join(' ')}`;
}

/**
 * Installs packages; refreshes the package lists only when they turn out to be out of date. Needs root
 * rights.
 * @param {string[]} names of packages, or absolute paths of .deb files
 */
export async function installPackages(names) {
  if (names.length === 0) return;
  if (!isRoot()) {
    throw new StepError(`packages are missing and only root may install them: ${names.join(' ')}`, {
      remedy: `a person with root rights runs\n\n    ${installCommand(names)}\n\nthen run this command again.`,
    });
  }
  const args = [
    ...APT_OPTIONS,
    ...INSTALL_OPTIONS,
    ...fileOptions(names),
    '--no-remove',
    'install',
    ...names,
  ];
  const first = await apt('apt-get', args);
  if (first.code === 0) return;
  await refreshLists();
  await mustRun('apt-get', args, { env: APT_ENVIRONMENT }, `install them by hand: ${installCommand(names)}`);
}

/**
 * Downloads packages and unpacks them below `folder` without installing them. Needs no root rights.
 * @param {string[]} names
 * @param {string} folder is created
 */
export async function unpackPackages(names, folder) {
  const downloads = join(folder, 'download');
  await mkdir(downloads, { recursive: true });
  const download = () => apt('apt-get', [...APT_OPTIONS, 'download', ...names], { cwd: downloads });
  let result = await download();
  if (result.code !== 0 && isRoot()) {
    await refreshLists();
    result = await download();
  }
  if (result.code !== 0) {
    throw new StepError(`apt-get download ${names.join(' ')} ended with code ${result.code}`, {
      output: result.output,
      remedy: 'check the network; if a version was not found, run `sudo apt-get update` first.',
    });
  }
  for (const file of await readdir(downloads)) {
    if (file.endsWith('.deb')) await mustRun('dpkg-deb', ['--extract', join(downloads, file), folder]);
  }
  await rm(downloads, { recursive: true });
}
