import { join } from 'node:path';
import { libnodeDir } from '../project.mjs';
import { builtinFiles, FILES_PACKAGE, filesPackageOrigins } from '../setup/builtin-files.mjs';
import { mustRun, run } from '../setup/commands.mjs';
import { StepError } from '../setup/progress.mjs';

/** The package of the C++ driver, which ours replaces. */
export const REPLACED_PACKAGE = 'vscpl2drv-websocksrv';

/**
 * One way to get libnode to where the driver is installed.
 * @typedef {object} Flavour
 * @property {string} name
 * @property {string} packageName
 * @property {boolean} carriesLibnode
 * @property {string} about a paragraph of the package's description
 */

/** @type {Flavour[]} */
export const FLAVOURS = [
  {
    name: 'system',
    packageName: `${REPLACED_PACKAGE}-node`,
    carriesLibnode: false,
    about: ` This package runs on the Node.js library of the Debian release and gets its
 security updates. Beside a Node.js from elsewhere it may not be installable:
 ${REPLACED_PACKAGE}-node-bundled is for such machines.`,
  },
  {
    name: 'bundled',
    packageName: `${REPLACED_PACKAGE}-node-bundled`,
    carriesLibnode: true,
    about: ` This package carries the Node.js library itself, for machines with a Node.js
 from elsewhere (NodeSource, n, nvm) or none. Security updates of that library
 come with new versions of this package only.`,
  },
];

/** @returns {Flavour[]} the one of that name, or all */
export function chosenFlavours(name) {
  if (name === undefined) return FLAVOURS;
  const chosen = FLAVOURS.filter((flavour) => flavour.name === name);
  if (chosen.length > 0) return chosen;
  const names = FLAVOURS.map((flavour) => flavour.name).join(' or ');
  throw new StepError(`--flavour is ${names}, not ${name}`);
}

async function owner(file) {
  const { code, stdout } = await run('dpkg-query', ['--search', file]);
  if (code === 0) return stdout.split(':')[0];
  throw new StepError(`no package of this machine contains ${file}, which libnode reads`, {
    remedy: 'install the packages that libnode depends on: `apt-cache depends libnode-dev` leads to them.',
  });
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: this is dpkg-query's placeholder
const installedVersion = (name) => mustRun('dpkg-query', ['--show', '--showformat=${Version}', name]);

async function libnodeVersion(libnode, packageName) {
  if (libnode.kind === 'system') return installedVersion(packageName);
  const changelog = join(libnodeDir, 'usr/share/doc', packageName, 'changelog.Debian.gz');
  const text = await mustRun('gzip', ['--decompress', '--stdout', changelog]);
  return /^\S+ \((\S+)\)/.exec(text)?.[1] ?? libnode.version;
}

/**
 * What a package that carries libnode takes from Debian.
 * @param {import('../setup/libnode.mjs').Libnode} libnode
 * @returns {Promise<{ library: string, soname: string, files: string[],
 *   packages: { name: string, version: string, copyright: string }[] }>} `files`: those libnode reads by their
 *   absolute paths; `packages`: where all of it comes from, with the files of their licences
 */
export async function carriedLibnode(libnode) {
  const files = await builtinFiles(libnode);
  const name = `libnode${libnode.soname.split('.').at(-1)}`;
  const base = libnode.kind === 'system' ? '/usr' : join(libnodeDir, 'usr');
  const copyright = (folder, package_) => join(folder, 'share/doc', package_, 'copyright');
  const packages = [{ name, version: await libnodeVersion(libnode, name), copyright: copyright(base, name) }];
  for (const other of new Set(await Promise.all(files.map(owner)))) {
    if (other === FILES_PACKAGE) {
      packages.push(...(await filesPackageOrigins()));
      continue;
    }
    packages.push({
      name: other,
      version: await installedVersion(other),
      copyright: copyright('/usr', other),
    });
  }
  return { library: libnode.library, soname: libnode.soname, files, packages };
}
