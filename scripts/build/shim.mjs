import { basename, dirname, join } from 'node:path';
import { driverLibrary, hostProgram, packageJson, root } from '../project.mjs';
import { environmentWithoutNpm, mustRun } from '../setup/commands.mjs';
import { fingerprint, isUpToDate, setStamp } from './stamp.mjs';

const SOURCES = ['native-shim', 'test/native', 'test/native-host'];

const nodeGyp = join(root, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');

/** Runs node-gyp; the nodedir given here has to override one in somebody's npmrc. */
function runNodeGyp(command, options) {
  return mustRun(
    process.execPath,
    [nodeGyp, command, ...options],
    { env: environmentWithoutNpm() },
    'read the messages above; `rm -rf build`, then `npm run setup` repairs a damaged build folder.',
  );
}

/**
 * Builds the shim and the host program for trying and testing when anything that they are made of has
 * changed.
 * @param {import('../setup/libnode.mjs').Libnode} libnode
 * @returns {Promise<string>} what was done
 */
export async function buildShim(libnode) {
  const options = [`--nodedir=${libnode.prefix}`, `--libnode_lib_dir=${dirname(libnode.library)}`];
  const { version } = packageJson();
  const environment = [process.env.CXX, process.env.CXXFLAGS, process.env.LDFLAGS].map((x) => x ?? '');
  const configureMark = fingerprint(['binding.gyp', 'node_modules/node-gyp/package.json'], {
    options,
    libnode,
    version,
    environment,
  });
  const buildMark = fingerprint(SOURCES, configureMark);
  if (isUpToDate('shim', buildMark, [driverLibrary, hostProgram])) return 'up to date';

  if (!isUpToDate('configure', configureMark, [join(root, 'build', 'Makefile')])) {
    await runNodeGyp('configure', options);
    await setStamp('configure', configureMark);
  }
  await runNodeGyp('build', options);
  await setStamp('shim', buildMark);
  return `built ${basename(driverLibrary)} against libnode ${libnode.version}`;
}
