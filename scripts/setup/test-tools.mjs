import { existsSync, readdirSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram, root } from '../project.mjs';
import { run } from './commands.mjs';
import { hasApt, refreshLists, simulateInstall, unpackPackages } from './debian-packages.mjs';
import { StepError } from './progress.mjs';

/**
 * Programs for tests whose packages would start a server when installed: they are only unpacked into the
 * project. Name of the program → its package, an argument that shows that it works, and with which exit code.
 */
const UNPACKED = {
  nginx: { package: 'nginx', probe: '-v', code: 0 },
  mosquitto: { package: 'mosquitto', probe: '-h', code: 3 },
  haproxy: { package: 'haproxy', probe: '-v', code: 0 },
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
    program: join(folder, 'usr', 'sbin', name),
    env: { ...process.env, LD_LIBRARY_PATH: libraries.join(':') },
  };
}

async function works(name) {
  const { program, env } = testTool(name);
  const { probe, code } = UNPACKED[name];
  return (await run(program, [probe], { env })).code === code;
}

/** The package and those of its libraries that are not installed yet. */
async function packagesFor(name) {
  let plan = await simulateInstall([name]);
  if (!plan.possible) {
    await refreshLists();
    plan = await simulateInstall([name]);
  }
  const needed = plan.fresh.filter((entry) => entry === name || entry.startsWith('lib'));
  if (needed.includes(name)) return needed;
  throw new StepError(`the package ${name}, which the tests need, cannot be installed or unpacked`, {
    remedy: `look at \`apt-get --simulate install ${name}\`, or install the program ${name} by hand.`,
  });
}

/** Unpacks what is missing; returns what was done. Needs no root rights while the package lists are there. */
export async function unpackTestTools() {
  const done = [];
  for (const [name, tool] of Object.entries(UNPACKED)) {
    if (await works(name)) continue;
    if (!hasApt()) throw new StepError(`${name} is missing`, { remedy: 'install it by hand.' });
    const folder = folderOf(name);
    await rm(`${folder}.new`, { recursive: true, force: true });
    await unpackPackages(await packagesFor(tool.package), `${folder}.new`);
    await rm(folder, { recursive: true, force: true });
    await rename(`${folder}.new`, folder);
    if (!(await works(name))) {
      const { program, env } = testTool(name);
      const { output } = await run(program, [tool.probe], { env });
      throw new StepError(`${name} was unpacked but does not start`, { output });
    }
    done.push(name);
  }
  return done.length === 0 ? 'nothing is missing' : `unpacked ${done.join(' ')} in the project`;
}
