import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from '../setup/commands.mjs';

/** Maps Debian's names of processors to those of Node.js. */
const PROCESSORS = { amd64: 'x64', arm64: 'arm64', armhf: 'armv7l' };
/** What the binary for a processor needs beyond the others. */
const MORE_LIBRARIES = { armhf: ', libatomic1' };
const NODE_MAJOR = 20;
const NPM_MAJOR = 10;

/**
 * A Node.js from elsewhere as NodeSource packs it: one package `nodejs` with npm in it, which conflicts with
 * Debian's own and with npm, and which packages for other processors cannot depend on (no Multi-Arch).
 */
const control = (version, arch) => `Package: nodejs
Version: ${version}-1nodesource1
Architecture: ${arch}
Maintainer: Nobody <nobody@example.org>
Depends: libc6 (>= 2.28), libstdc++6 (>= 5.2), python3, ca-certificates${MORE_LIBRARIES[arch] ?? ''}
Provides: nodejs-dev, nodejs-doc, nodejs-legacy (= ${version}-1nodesource1), npm
Conflicts: nodejs-dev, nodejs-doc, nodejs-legacy, npm
Replaces: nodejs-dev (<= 0.8.22), nodejs-legacy, npm (<= 1.2.14)
Description: Stands for a Node.js that is not Debian's
`;

/**
 * Unpacks packages of the npm registry into folders: `{ 'name@version': folder }`. Returns the names of their
 * files.
 */
async function layOutPackages(folders, downloads) {
  await mkdir(downloads, { recursive: true });
  const files = [];
  for (const [name, folder] of Object.entries(folders)) {
    const file = (await mustRun('npm', ['pack', '--silent', '--pack-destination', downloads, name])).trim();
    await mkdir(folder, { recursive: true });
    const options = ['--strip-components=1', '--no-same-owner', '--file', join(downloads, file)];
    await mustRun('tar', ['--extract', ...options, '--directory', folder]);
    files.push(file);
  }
  return files;
}

/** Where npm goes below a prefix such as `…/usr`: `{ 'name@version': folder }` for layOutPackages. */
const npmIn = (prefix) => ({ [`npm@${NPM_MAJOR}`]: join(prefix, 'lib', 'node_modules', 'npm') });

async function linkNpm(prefix) {
  await mkdir(join(prefix, 'bin'), { recursive: true });
  for (const name of ['npm', 'npx']) {
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(prefix, 'bin', name));
  }
}

/** Installs npm from the registry in a root that has a Node.js: Debian's npm brings 500 packages with it. */
export async function placeNpm(bare) {
  const prefix = join(bare.folder, 'usr', 'local');
  const downloads = join(bare.folder, 'root', 'npm-download');
  const [file] = await layOutPackages(npmIn(prefix), downloads);
  await linkNpm(prefix);
  await rm(downloads, { recursive: true });
  return file;
}

/** Puts Node.js and npm from the npm registry where NodeSource's package has them. Returns Node's version. */
async function layOut(arch, folder, tree) {
  const usr = join(tree, 'usr');
  const node = `node-linux-${PROCESSORS[arch]}@${NODE_MAJOR}`;
  const [file] = await layOutPackages({ [node]: usr, ...npmIn(usr) }, folder);
  await linkNpm(usr);
  return /(\d+\.\d+\.\d+)\.tgz$/.exec(file)[1];
}

/**
 * Installs a working Node.js in the root that looks to apt like NodeSource's.
 * @param {string} arch Debian's name of the root's processor
 */
export async function placeForeignNode(bare, arch, aptOptions) {
  const folder = '/root/foreign-node';
  const outside = join(bare.folder, folder);
  const tree = join(outside, 'tree');
  await mkdir(join(tree, 'DEBIAN'), { recursive: true });
  const version = await layOut(arch, outside, tree);
  await writeFile(join(tree, 'DEBIAN', 'control'), control(version, arch));
  await bare.mustRun('dpkg-deb', [
    '--root-owner-group',
    '-Znone',
    '--build',
    `${folder}/tree`,
    `${folder}/nodejs.deb`,
  ]);
  await bare.mustRun('apt-get', [...aptOptions, 'update']);
  await bare.mustRun('apt-get', [...aptOptions, 'install', `${folder}/nodejs.deb`]);
  await rm(outside, { recursive: true });
  return `nodejs ${version} as NodeSource declares it`;
}
