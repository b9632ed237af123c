import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { findProgram, libnodeDir } from '../project.mjs';
import { builtinFiles, FILES_PACKAGE, makeFilesPackage } from './builtin-files.mjs';
import { mustRun, run } from './commands.mjs';
import {
  dependencyNames,
  hasApt,
  installPackages,
  notInstalled,
  packageFields,
  refreshLists,
  simulateInstall,
  unpackPackages,
} from './debian-packages.mjs';
import { StepError } from './progress.mjs';

/** The oldest Node on which the driver's JavaScript runs. */
const OLDEST_MAJOR = 18;

/**
 * A libnode to build against.
 * @typedef {object} Libnode
 * @property {'system' | 'unpacked'} kind `unpacked`: it is in the project and is copied with the build
 * @property {string} library absolute path of the shared object itself, libnode.so.<ABI number>
 * @property {string} soname its file name
 * @property {string} prefix headers are in `<prefix>/include/node`; node-gyp calls it nodedir
 * @property {string} version Node version, such as 18.20.4
 */

/** Reads to which Node the headers below `prefix` belong. */
function headerVersion(prefix) {
  const file = join(prefix, 'include', 'node', 'node_version.h');
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  const number = (name) => new RegExp(`#define ${name} (\\d+)`).exec(text)?.[1] ?? '0';
  const parts = ['NODE_MAJOR_VERSION', 'NODE_MINOR_VERSION', 'NODE_PATCH_VERSION'].map(number);
  return { version: parts.join('.'), major: Number(parts[0]), abi: number('NODE_MODULE_VERSION') };
}

/** Pairs headers with the library of the same ABI; headers alone may belong to another Node. */
function matchLibrary(kind, prefix, libraries) {
  const headers = headerVersion(prefix);
  if (headers === undefined) return undefined;
  const soname = `libnode.so.${headers.abi}`;
  const library = libraries.find((path) => basename(path) === soname);
  if (library === undefined || !existsSync(join(dirname(library), 'libnode.so'))) return undefined;
  if (headers.major < OLDEST_MAJOR) {
    throw new StepError(`libnode ${headers.version} in ${dirname(library)} is too old`, {
      remedy: `libnode ${OLDEST_MAJOR} or later is needed: Debian 12, Raspberry Pi OS 12 or later have it.`,
    });
  }
  return { kind, library, soname, prefix, version: headers.version };
}

async function systemLibnode() {
  const { stdout } = await run(findProgram('ldconfig') ?? 'ldconfig', ['-p']);
  const libraries = [...stdout.matchAll(/=> (\S*\/libnode\.so\.\d+)$/gm)].map((match) => match[1]);
  return matchLibrary('system', '/usr', libraries);
}

function unpackedRecord() {
  const file = join(libnodeDir, 'packages.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

async function unpackedLibnode() {
  const record = unpackedRecord();
  if (record === undefined) return undefined;
  if ((await notInstalled(record.dependencies)).length > 0) return undefined;
  const folders = [join(libnodeDir, 'usr', 'lib')];
  for (const entry of readdirSync(folders[0], { withFileTypes: true })) {
    if (entry.isDirectory()) folders.push(join(folders[0], entry.name));
  }
  const libraries = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  const libnode = matchLibrary('unpacked', join(libnodeDir, 'usr'), libraries);
  if (libnode === undefined) return undefined;
  return (await builtinFiles(libnode)).every((file) => existsSync(file)) ? libnode : undefined;
}

/**
 * @returns {Promise<Libnode | undefined>} the libnode that is ready for use; the system's own is preferred to
 *   the one unpacked in the project
 */
export async function findLibnode() {
  return (await systemLibnode()) ?? (await unpackedLibnode());
}

/**
 * How this machine gets a libnode.
 * @typedef {object} LibnodePlan
 * @property {string[]} install packages to install
 * @property {string[]} unpack packages to unpack in the project
 * @property {string[]} dependencies what has to be installed so that the unpacked libnode can be used
 * @property {string[]} carry dependencies that cannot be installed: their files come in a package made here
 */

/**
 * Divides what an unpacked libnode depends on into packages that can be installed here and those of which
 * only the files can be used.
 */
async function planDependencies(dependencies) {
  const all = await simulateInstall(dependencies);
  if (all.possible) return { install: all.fresh, dependencies, carry: [] };
  const carry = [];
  for (const name of await notInstalled(dependencies)) {
    if (!(await simulateInstall([name])).possible) carry.push(name);
  }
  const others = dependencies.filter((name) => !carry.includes(name));
  const { possible, fresh } = await simulateInstall(others);
  if (!possible || carry.length === 0) {
    throw new StepError('what libnode depends on cannot be installed on this machine', {
      remedy: `\`apt-get --simulate install ${others.join(' ')}\` says what prevents it.`,
    });
  }
  return { install: fresh, dependencies: [...others, FILES_PACKAGE], carry };
}

/**
 * Finds out how this machine can get a libnode: installed beside everything else, or, where another package
 * prevents that (NodeSource's nodejs conflicts with it), unpacked in the project with only its dependencies
 * installed. Package names come from the package lists because they contain version numbers.
 * @returns {Promise<LibnodePlan>}
 */
export async function planLibnode() {
  if (!hasApt()) {
    throw new StepError('no libnode was found, and this machine has no apt-get to install one', {
      remedy:
        'install Node as a shared library (libnode.so) with its headers in /usr/include/node, version ' +
        `${OLDEST_MAJOR} or later, by hand; Debian 12, Raspberry Pi OS 12 and later have it as libnode-dev.`,
    });
  }
  let development = await packageFields('libnode-dev');
  if (development === undefined) {
    await refreshLists();
    development = await packageFields('libnode-dev');
  }
  if (development === undefined) {
    throw new StepError('the package sources of this machine have no libnode-dev', {
      remedy:
        'Debian 12, Raspberry Pi OS 12 or later is needed, with the section main in its package sources.',
    });
  }
  const beside = await simulateInstall(['libnode-dev']);
  if (beside.possible) return { install: ['libnode-dev'], unpack: [], dependencies: [], carry: [] };

  const needs = dependencyNames(development.Depends);
  const library = needs.find((name) => /^libnode\d+/.test(name));
  if (library === undefined) {
    throw new StepError('libnode-dev names no libnode package among its dependencies', {
      remedy: 'look at `apt-cache show libnode-dev`.',
    });
  }
  const dependencies = dependencyNames((await packageFields(library))?.Depends);
  const unpack = [library, 'libnode-dev', ...needs.filter((name) => name.startsWith('libuv'))];
  return { unpack, ...(await planDependencies(dependencies)) };
}

/**
 * Makes the package of files where a plan needs one and adds it to what gets installed, so that a person
 * without root rights is asked only once.
 * @param {LibnodePlan} plan
 */
export async function makeCarried(plan) {
  const file = await makeFilesPackage(plan.carry);
  if (file === undefined) return `files of ${plan.carry.join(' ')} are installed`;
  plan.install = [...plan.install, file];
  return `files of ${plan.carry.join(' ')} packed`;
}

/** Unpacks libnode into the project and checks that every library it links is there. */
export async function unpackLibnode(plan) {
  const folder = `${libnodeDir}.new`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await unpackPackages(plan.unpack, folder);
  const unresolved = await notInstalled(plan.dependencies);
  const record = { dependencies: plan.dependencies.filter((name) => !unresolved.includes(name)) };
  await writeFile(join(folder, 'packages.json'), `${JSON.stringify(record, null, 2)}\n`, { mode: 0o644 });
  await rm(libnodeDir, { recursive: true, force: true });
  await rename(folder, libnodeDir);
}

/** Throws when the dynamic linker does not find something that the library needs. */
export async function checkLibraryLoads(libnode) {
  const missing = (await mustRun('ldd', [libnode.library]))
    .split('\n')
    .filter((line) => line.includes('not found'))
    .map((line) => line.trim());
  if (missing.length === 0) return;
  throw new StepError(`${libnode.soname} cannot be loaded`, {
    output: missing.join('\n'),
    remedy: 'install the packages of the libraries named above.',
  });
}

/** Installs or unpacks what a plan says and returns the resulting libnode. */
export async function carryOutPlan(plan) {
  await installPackages(plan.install);
  if (plan.unpack.length > 0) await unpackLibnode(plan);
  const libnode = await findLibnode();
  if (libnode === undefined) {
    throw new StepError('libnode was set up but cannot be found', {
      remedy: `remove ${libnodeDir} and run \`npm run setup\` again.`,
    });
  }
  await checkLibraryLoads(libnode);
  return libnode;
}
