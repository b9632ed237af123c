import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { mustRun, run } from '../setup/commands.mjs';
import { StepError } from '../setup/progress.mjs';

/** The highest version of the form `<PREFIX>_<n.n.n>` among the symbols that an object needs. */
function highestVersion(symbols, prefix) {
  const versions = [...symbols.matchAll(new RegExp(`\\b${prefix}_(\\d+(?:\\.\\d+)+)`, 'g'))].map((m) => m[1]);
  const compare = (a, b) => a.localeCompare(b, 'en', { numeric: true });
  return versions.sort(compare).at(-1);
}

/** The Debian package that contains a library which this machine's linker resolved. */
async function packageOf(path) {
  for (const candidate of [path, realpathSync(path), path.replace(/^\/lib/, '/usr/lib')]) {
    const { code, stdout } = await run('dpkg-query', ['--search', candidate]);
    if (code === 0) return stdout.split('\n')[0].split(':')[0];
  }
  throw new StepError(`no package of this machine contains ${path}`, {
    remedy: 'build the package on a machine whose libraries come from Debian packages.',
  });
}

/**
 * What the built objects need on a Debian machine: the packages of the libraries they link, and for the C and
 * C++ libraries the oldest version that has the symbols they use.
 * @param {string[]} objects the driver and koffi's binary; libnode too where the package carries it
 * @param {string} libnodeSoname libnode.so.<ABI number>, which Debian packages as libnode<ABI number>
 * @param {boolean} carriesLibnode
 * @returns {Promise<string[]>} entries for the field Depends
 */
export async function packageDependencies(objects, libnodeSoname, carriesLibnode) {
  const entries = new Map();
  for (const object of objects) {
    const needed = [...(await mustRun('objdump', ['-p', object])).matchAll(/NEEDED\s+(\S+)/g)].map(
      (m) => m[1],
    );
    const symbols = await mustRun('objdump', ['-T', object]);
    const resolved = await mustRun('ldd', [object]);
    for (const soname of needed) {
      if (soname === libnodeSoname) {
        if (!carriesLibnode) entries.set(`libnode${soname.split('.').at(-1)}`, '');
        continue;
      }
      const path = new RegExp(`^\\s*${soname.replaceAll(/[.+]/g, '\\$&')} => (\\S+)`, 'm').exec(
        resolved,
      )?.[1];
      if (path === undefined) continue;
      const name = await packageOf(path);
      const version = basename(path).startsWith('libc.so') ? highestVersion(symbols, 'GLIBC') : undefined;
      const known = entries.get(name) ?? '';
      const newer = [known, version ?? ''].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
      entries.set(name, newer);
    }
  }
  return [...entries].map(([name, version]) => (version === '' ? name : `${name} (>= ${version})`)).sort();
}
