import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findProgram, root } from '../project.mjs';
import { run } from './commands.mjs';
import { hasApt, refreshLists, simulateInstall, unpackPackages } from './debian-packages.mjs';
import { npmCi } from './node-modules.mjs';
import { StepError } from './progress.mjs';

/**
 * Programs for tests whose packages would start a server when installed: they are only unpacked into the
 * project. Name of the program → its package, where it is, an argument that shows that it works, and with which
 * exit code. `alone`: it needs no libraries, and the rest of its package would only take space.
 */
const UNPACKED = {
  nginx: { package: 'nginx', path: 'usr/sbin/nginx', probe: '-v', code: 0 },
  mosquitto: { package: 'mosquitto', path: 'usr/sbin/mosquitto', probe: '-h', code: 3 },
  haproxy: { package: 'haproxy', path: 'usr/sbin/haproxy', probe: '-v', code: 0 },
  promtool: { package: 'prometheus', path: 'usr/bin/promtool', alone: true, probe: '--version', code: 0 },
};

const folderOf = (name) => join(root, '.cache', 'test-tools', name);

/**
 * @param {string} name
 * @returns {{ program: string, env: NodeJS.ProcessEnv }} how to start it: the system's own or the unpacked
 *   one
 */
export function testTool(name) {
  const installed = findProgram(name);
  if (installed !== undefined) return { program: installed, env: process.env };
  const folder = folderOf(name);
  const libraries = ['usr/lib', 'lib']
    .map((path) => join(folder, path))
    .filter((path) => existsSync(path))
    .flatMap((path) => [path, ...readdirSync(path).map((entry) => join(path, entry))]);
  return {
    program: join(folder, UNPACKED[name].path),
    env: { ...process.env, LD_LIBRARY_PATH: libraries.join(':') },
  };
}

/** A server of its own that the tests of the nodes start; no dependency of this project. */
const nodeRedFolder = join(root, '.cache', 'test-tools', 'node-red');
/** What Node runs to start it. */
export const nodeRedProgram = join(nodeRedFolder, 'node_modules', 'node-red', 'red.js');

/** Installs what its lock file in the tests names, without what it can do without; returns what was done. */
export async function installNodeRed() {
  const lock = await readFile(join(root, 'test', 'fixtures', 'node-red', 'package-lock.json'), 'utf8');
  const installed = join(nodeRedFolder, 'installed-lock.json');
  if (existsSync(installed) && (await readFile(installed, 'utf8')) === lock) return 'is there';
  await rm(nodeRedFolder, { recursive: true, force: true });
  await cp(join(root, 'test', 'fixtures', 'node-red'), nodeRedFolder, { recursive: true });
  await npmCi(nodeRedFolder, ['--omit=optional']);
  await writeFile(installed, lock);
  return 'installed in the project';
}

async function works(name) {
  const { program, env } = testTool(name);
  const { probe, code } = UNPACKED[name];
  return (await run(program, [probe], { env })).code === code;
}

/** The package and, unless it needs none, those of its libraries that are not installed yet. */
async function packagesFor({ package: name, alone }) {
  let plan = await simulateInstall([name]);
  if (!plan.possible) {
    await refreshLists();
    plan = await simulateInstall([name]);
  }
  const needed = plan.fresh.filter((entry) => entry === name || (!alone && entry.startsWith('lib')));
  if (needed.includes(name)) return needed;
  throw new StepError(`the package ${name}, which the tests need, cannot be installed or unpacked`, {
    remedy: `look at \`apt-get --simulate install ${name}\`, or install the program ${name} by hand.`,
  });
}

async function unpack(tool, folder) {
  const fresh = `${folder}.new`;
  await rm(fresh, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
  await unpackPackages(await packagesFor(tool), fresh);
  if (!tool.alone) return rename(fresh, folder);
  await mkdir(dirname(join(folder, tool.path)), { recursive: true });
  await rename(join(fresh, tool.path), join(folder, tool.path));
  await rm(fresh, { recursive: true });
}

/** Unpacks what is missing; returns what was done. Needs no root rights while the package lists are there. */
export async function unpackTestTools() {
  const done = [];
  for (const [name, tool] of Object.entries(UNPACKED)) {
    if (await works(name)) continue;
    if (!hasApt()) throw new StepError(`${name} is missing`, { remedy: 'install it by hand.' });
    await unpack(tool, folderOf(name));
    if (!(await works(name))) {
      const { program, env } = testTool(name);
      const { output } = await run(program, [tool.probe], { env });
      throw new StepError(`${name} was unpacked but does not start`, { output });
    }
    done.push(name);
  }
  return done.length === 0 ? 'nothing is missing' : `unpacked ${done.join(' ')} in the project`;
}
