import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root } from '../project.mjs';
import { mustRun, run } from './commands.mjs';
import { packageFields, unpackPackages } from './debian-packages.mjs';
import { StepError } from './progress.mjs';

/**
 * Debian's libnode reads some of its own modules from files of other packages, by absolute paths compiled in. Some
 * of those packages depend on Debian's nodejs and cannot be installed beside another one. Then a package of
 * this name puts their files at their paths: dpkg knows which package they belong to, removes them with it,
 * and replaces it when the packages they come from are installed one day.
 */
export const FILES_PACKAGE = 'vscpl2drv-websocksrv-libnode-files';

const folder = join(root, '.cache', 'libnode-files');

/**
 * @param {{ prefix: string }} libnode
 * @returns {Promise<string[]>} absolute paths of the files that this libnode reads
 */
export async function builtinFiles(libnode) {
  const script = join(root, 'native-shim', 'libnode-files.mjs');
  const files = (await mustRun(process.execPath, [script, libnode.prefix])).trim();
  return files === '' ? [] : files.split(':');
}

function controlFile(version, carried) {
  const names = carried.map(({ name }) => name).join(', ');
  return `Package: ${FILES_PACKAGE}
Version: ${version}
Architecture: all
Multi-Arch: foreign
Maintainer: vscpl2drv-websocksrv developers <vscpl2drv-websocksrv@example.org>
Conflicts: ${names}
Replaces: ${names}
Files-From: ${carried.map(({ name, version: from }) => `${name} (= ${from})`).join(', ')}
Section: javascript
Priority: optional
Description: files that libnode of vscpl2drv-websocksrv reads
 Made by the set-up of vscpl2drv-websocksrv, for a machine whose Node.js
 conflicts with the packages that these files come from.
`;
}

/** Takes what libnode reads from one unpacked package; returns the paths. */
async function takeFiles(name, files, tree) {
  const unpacked = join(folder, name);
  await unpackPackages([name], unpacked);
  const taken = files.filter((file) => existsSync(join(unpacked, file)));
  if (taken.length === 0) {
    throw new StepError(`${name}, which libnode needs, cannot be installed on this machine`, {
      remedy: `\`apt-get --simulate install ${name}\` says what prevents it.`,
    });
  }
  const copyright = `/usr/share/doc/${FILES_PACKAGE}/${name}.copyright`;
  const copies = [...taken.map((file) => [file, file]), [`/usr/share/doc/${name}/copyright`, copyright]];
  for (const [from, to] of copies) {
    await mkdir(dirname(join(tree, to)), { recursive: true });
    await copyFile(join(unpacked, from), join(tree, to));
  }
  return taken;
}

/** The version is derived from the contents; dpkg compares it with what is on the disk. */
async function isInstalled(version) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: these are dpkg-query's placeholders
  const format = '${db:Status-Status} ${Version}';
  const { stdout } = await run('dpkg-query', ['--show', `--showformat=${format}`, FILES_PACKAGE]);
  if (stdout !== `installed ${version}`) return false;
  const { code, output } = await run('dpkg', ['--verify', FILES_PACKAGE]);
  return code === 0 && output === '';
}

/**
 * Makes the package of files. Needs no root rights and nothing installed.
 * @param {string[]} names packages that libnode depends on but that cannot be installed
 * @returns {Promise<string | undefined>} absolute path of the package; undefined when it is installed and whole
 */
export async function makeFilesPackage(names) {
  await rm(folder, { recursive: true, force: true });
  const tree = join(folder, 'tree');
  const headers = join(folder, 'libnode-dev');
  await unpackPackages(['libnode-dev'], headers);
  const files = await builtinFiles({ prefix: join(headers, 'usr') });
  const carried = [];
  const hash = createHash('sha256');
  for (const name of names) {
    for (const file of await takeFiles(name, files, tree)) hash.update(await readFile(join(tree, file)));
    carried.push({ name, version: (await packageFields(name))?.Version });
  }
  const version = `1+${hash.update(JSON.stringify(carried)).digest('hex').slice(0, 12)}`;
  if (await isInstalled(version)) return undefined;
  await mkdir(join(tree, 'DEBIAN'));
  await writeFile(join(tree, 'DEBIAN', 'control'), controlFile(version, carried));
  // A package must not have modes that come from the user's umask.
  await mustRun('chmod', ['-R', 'u=rwX,go=rX', tree]);
  const file = join(folder, `${FILES_PACKAGE}_${version}_all.deb`);
  await mustRun('dpkg-deb', ['--root-owner-group', '--build', tree, file]);
  return file;
}

/**
 * @returns {Promise<{ name: string, version: string, copyright: string }[]>} where the files of the installed
 * package come from
 */
export async function filesPackageOrigins() {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is dpkg-query's placeholder
  const field = await mustRun('dpkg-query', ['--show', '--showformat=${Files-From}', FILES_PACKAGE]);
  return [...field.matchAll(/(\S+) \(= (\S+)\)/g)].map(([, name, version]) => ({
    name,
    version,
    copyright: `/usr/share/doc/${FILES_PACKAGE}/${name}.copyright`,
  }));
}
