import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { root as checkout, packageJson } from '../project.mjs';
import { mustRun } from '../setup/commands.mjs';
import { StepError, step } from '../setup/progress.mjs';
import { withBareRoot } from './bare-root.mjs';
import { enableEmulation, timeFactor } from './emulation.mjs';
import { placeForeignNode, placeNpm } from './foreign-node.mjs';
import { carriedEnvironment } from './machine-settings.mjs';
import { DEBIAN_NODE, EMULATED_TESTS, MACHINE_TESTS, MACHINES, ROOT_PACKAGES } from './rows.mjs';

/** Where the checkout is in the root that builds. */
const CLONE = '/root/vscpl2drv-websocksrv';
/** Where the C host is in the root in which the package is installed. */
const HOST = '/usr/local/bin/vscp-l2-host';
const LOG = '/var/log/vscp/websocksrv.log';
const PASSWORD = 'not-that-of-a-sample';
/** What belongs to the administrator: removing the package must leave it. */
const CONFIG = '/etc/vscp/websocksrv.json';
const APT = ['--yes', '--no-install-recommends', '-o', 'Dpkg::Use-Pty=0'];

/** Makes a clone of what is committed here, as a user would have it. */
async function clone(bare) {
  await mustRun('git', ['clone', '--quiet', '--no-hardlinks', checkout, join(bare.folder, CLONE)]);
  const changed = await mustRun('git', ['status', '--porcelain']);
  return changed === '' ? 'done' : 'done, without what is not committed here';
}

/** The compilers run through ccache where it is installed. */
const PATH = `/usr/lib/ccache:${carriedEnvironment().PATH}`;
/**
 * On an emulated processor, tests that repeat something to meet rare orders of events repeat it less often.
 */
const FEWER_ROUNDS = { CYCLES: '6', EXIT_ROUNDS: '4', STOP_ROUNDS: '1' };

/** The environment of commands in the clone. @param {import('./rows.mjs').Machine} machine */
function cloneOptions({ arch }) {
  const factor = timeFactor(arch);
  const env = { PATH, TIME_FACTOR: String(factor), ...(factor === 1 ? {} : FEWER_ROUNDS) };
  return { cwd: CLONE, env };
}

/**
 * Runs test files in the root as `npm test` does, but without the set-up for all tests, which would fetch a
 * browser.
 */
async function runTests(bare, words, options) {
  const listed = await mustRun('git', ['-C', join(bare.folder, CLONE), 'ls-files', 'test/*.test.ts']);
  const files = listed.split('\n').filter((path) => words.some((word) => path.includes(word)));
  return bare.mustRun('node', ['--import', 'tsx', 'scripts/test/run-files.mjs', ...files], options);
}

/** The closing lines of a test run as one line. */
function counts(output) {
  const count = (name) => new RegExp(`^# ${name} (\\d+)`, 'm').exec(output)?.[1] ?? '?';
  const skipped = count('skipped');
  return `${count('pass')} passed, ${count('fail')} failed${skipped === '0' ? '' : `, ${skipped} skipped`}`;
}

/** Copies the packages and the C host out of the root that built them. */
async function keepProducts(bare, folder) {
  const built = join(bare.folder, CLONE, 'build');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const packages = readdirSync(built).filter((name) => name.endsWith('.deb'));
  if (packages.length === 0) throw new StepError('npm run package made no package');
  for (const name of packages) await copyFile(join(built, name), join(folder, name));
  await copyFile(join(built, 'Release', basename(HOST)), join(folder, basename(HOST)));
  return packages;
}

const placeStep = (bare, { arch }) =>
  step('A Node.js from elsewhere', () => placeForeignNode(bare, arch, APT));

/**
 * Goes from a bare root to packages; puts them and the C host into `folder`. Returns the packages' file
 * names.
 */
function buildAndTest(machine, folder) {
  const packages = [...ROOT_PACKAGES, ...(machine.foreignNode ? [] : [DEBIAN_NODE])];
  const options = cloneOptions(machine);
  return withBareRoot({ ...machine, packages }, async (bare) => {
    if (machine.foreignNode) await placeStep(bare, machine);
    else await step('npm from the registry', () => placeNpm(bare));
    await step('Clone', () => clone(bare));
    const npm = (...args) => bare.mustRun('npm', ['run', ...args], options);
    await step('npm start, a login, Ctrl-C', async () => {
      await bare.mustRun('node', ['--test', 'scripts/machines/first-steps.test.mjs'], options);
      return `done, Node ${(await bare.mustRun('node', ['--version'])).trim()}`;
    });
    await step('npm run setup, again', async () => {
      await npm('setup');
      return 'done';
    });
    await step('npm run build, for the tests', async () => {
      await npm('build');
      return 'done';
    });
    const tested = async (words) => counts(await runTests(bare, words, options));
    const tests = timeFactor(machine.arch) === 1 ? MACHINE_TESTS : EMULATED_TESTS;
    await step('Native and host tests', () => tested(tests.machine));
    await step('Conformance of ws1 and ws2', () => tested(tests.conformance));
    return step('npm run package', async () => {
      await npm('package');
      const packages = await keepProducts(bare, folder);
      return [packages.join(' '), packages];
    });
  });
}

/** Makes a program that starts the C host in the root, for a caller that does not know about roots. */
async function hostProgram(bare, folder) {
  await copyFile(join(folder, basename(HOST)), join(bare.folder, HOST));
  await chmod(join(bare.folder, HOST), 0o755);
  const words = bare.command(HOST, []).map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  const program = join(folder, 'enter-host');
  await writeFile(program, `#!/bin/sh\nexec env -i PATH="$PATH" ${words.join(' ')} "$@"\n`, { mode: 0o755 });
  return program;
}

/**
 * Does what docs/install.md says to do after the installation, without questions; returns the entry for the
 * daemon that the command prints, with paths of the root.
 */
async function initialise(bare) {
  const script = `printf '%s\\n' '${PASSWORD}' > /root/panel-password
vscpl2drv-websocksrv init --yes --listen 127.0.0.1:0 --password-file /root/panel-password
vscpl2drv-websocksrv check ${CONFIG} >&2`;
  const text = await bare.mustRun('sh', ['-ec', script]);
  const [entry] = /\{[^{}]*"path-driver"[^{}]*\}/.exec(text) ?? [];
  if (entry === undefined) throw new StepError(`init printed no entry for the daemon: ${text}`);
  return JSON.parse(entry);
}

/** Installs one package in a fresh root, logs in over both protocols, and removes it. */
function installAndLogIn(machine, folder, deb) {
  const carriesLibnode = deb.includes('bundled');
  return withBareRoot({ ...machine, packages: [] }, async (bare) => {
    if (carriesLibnode) await placeStep(bare, machine);
    await copyFile(join(folder, deb), join(bare.folder, 'root', deb));
    const packageName = deb.split('_')[0];
    await step(`apt-get install ./${deb}`, async () => {
      await bare.mustRun('apt-get', [...APT, 'update']);
      await bare.mustRun('apt-get', [...APT, '--no-remove', 'install', `/root/${deb}`]);
      return 'installed';
    });
    await step('init, its entry for the daemon, login over ws1 and ws2', async () => {
      const entry = await initialise(bare);
      const program = await hostProgram(bare, folder);
      const key = readFileSync(join(bare.folder, 'etc', 'vscp', 'vscp.key'), 'utf8').trim();
      const login = { ...entry, program, key, password: PASSWORD, log: join(bare.folder, LOG) };
      const args = ['--import', 'tsx', join('test', 'machines', 'log-in.ts'), JSON.stringify(login)];
      const env = { ...process.env, TIME_FACTOR: String(timeFactor(machine.arch)) };
      return (await mustRun(process.execPath, args, { env })).trim();
    });
    await step('apt-get remove', async () => {
      const list = (await bare.mustRun('dpkg', ['-L', packageName])).trim().split('\n');
      await bare.mustRun('apt-get', [...APT, 'remove', packageName]);
      const named = list.filter((path) => path.includes('websocksrv'));
      const left = named.filter((path) => existsSync(join(bare.folder, path)));
      if (named.length === 0 || left.length > 0) throw new StepError(`left behind: ${left.join(' ')}`);
      if (!existsSync(join(bare.folder, CONFIG))) throw new StepError(`${CONFIG} is gone`);
      return `nothing of ${named.length} files left, /etc/vscp kept`;
    });
  });
}

/** Runs the whole trial for one machine. @param {string} name a key of MACHINES */
export async function tryMachine(name, cache = join(checkout, '.cache', 'machines')) {
  const machine = MACHINES[name];
  process.stdout.write(`\n${name}, version ${packageJson().version}\n`);
  await enableEmulation(machine.arch);
  const folder = join(cache, 'products', name);
  const packages = await buildAndTest(machine, folder);
  for (const deb of packages) await installAndLogIn(machine, folder, deb);
}
