import { cpus, freemem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { driverLibrary, hostProgram, packageJson, releaseDir, root } from '../project.mjs';
import { environmentWithoutNpm, mustRun } from '../setup/commands.mjs';
import { fingerprint, isUpToDate, setStamp } from './stamp.mjs';

const SOURCES = ['native-shim', 'test/native', 'test/native-host'];
/** The targets of binding.gyp that somebody who only runs the driver needs. */
const USED_TARGETS = ['vscpl2drv-websocksrv', 'vscp-l2-host'];
const nativeTests = join(releaseDir, 'native-tests');

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

/** What a compiler needs for a file that includes V8's headers, with room. */
const BYTES_PER_COMPILER = 600e6;

/** As many compilers at once as there are processors and free memory for them. */
const jobs = () => Math.max(1, Math.min(cpus().length, Math.floor(freemem() / BYTES_PER_COMPILER)));

/**
 * Builds the shim and the host program of `npm start` when anything that they are made of has changed.
 * @param {import('../setup/libnode.mjs').Libnode} libnode
 * @param {boolean} withTests also the other host and the test programs: more than half of what there is to compile
 * @returns {Promise<string>} what was done
 */
export async function buildShim(libnode, withTests) {
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
  const scope = withTests ? 'native' : 'shim';
  const outputs = [driverLibrary, hostProgram, ...(withTests ? [nativeTests] : [])];
  if (isUpToDate(scope, buildMark, outputs)) return 'up to date';

  if (!isUpToDate('configure', configureMark, [join(root, 'build', 'Makefile')])) {
    await runNodeGyp('configure', options);
    await setStamp('configure', configureMark);
  }
  await runNodeGyp('build', [...options, `--jobs=${jobs()}`, ...(withTests ? [] : USED_TARGETS)]);
  for (const done of withTests ? ['shim', 'native'] : ['shim']) await setStamp(done, buildMark);
  return `built ${basename(driverLibrary)} against libnode ${libnode.version}`;
}
