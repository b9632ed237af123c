import { basename, dirname, join } from 'node:path';
import { driverLibrary, hostProgram, packageJson, root } from '../project.mjs';
import { environmentWithoutNpm, mustRun } from '../setup/commands.mjs';
import { fingerprint, isUpToDate, setStamp } from './stamp.mjs';

const nodeGyp = join(root, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');

/** Runs node-gyp; the nodedir given here has to win over one in somebody's npmrc. */
function runNodeGyp(libnode, args) {
  return mustRun(
    process.execPath,
    [nodeGyp, ...args.slice(0, 1), `--nodedir=${libnode.prefix}`, '--release', ...args.slice(1)],
    { env: environmentWithoutNpm() },
    'read the messages above; a damaged build folder is mended by `rm -rf build`, then `npm run setup`.',
  );
}

/** The gyp variables that binding.gyp takes from here. */
function gypVariables(libnode) {
  return [
    `-Dlibnode_lib_dir=${dirname(libnode.library)}`,
    `-Dlibnode_include_dir=${join(libnode.prefix, 'include')}`,
    `-Ddriver_version=${packageJson().version}`,
  ];
}

/**
 * Builds the shim and the host program for trying and testing, when anything they are made of has changed.
 * @param {import('../setup/libnode.mjs').Libnode} libnode
 * @returns {Promise<string>} what was done
 */
export async function buildShim(libnode) {
  const variables = gypVariables(libnode);
  const settings = { variables, libnode, compiler: process.env.CXX ?? '', flags: process.env.CXXFLAGS ?? '' };
  const configureMark = fingerprint(['binding.gyp', 'node_modules/node-gyp/package.json'], settings);
  const buildMark = fingerprint(['binding.gyp', 'native-shim', 'test/native-host'], configureMark);
  if (isUpToDate('shim', buildMark, [driverLibrary, hostProgram])) return 'up to date';

  if (!isUpToDate('configure', configureMark, [join(root, 'build', 'Makefile')])) {
    await runNodeGyp(libnode, ['configure', '--', ...variables]);
    await setStamp('configure', configureMark);
  }
  await runNodeGyp(libnode, ['build']);
  await setStamp('shim', buildMark);
  return `built ${basename(driverLibrary)} against libnode ${libnode.version}`;
}
