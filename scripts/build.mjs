import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildBundle } from './build/bundle.mjs';
import { buildCodeCache } from './build/code-cache.mjs';
import { placeKoffi, placeLibnode } from './build/companions.mjs';
import { withBuildLock } from './build/lock.mjs';
import { buildShim } from './build/shim.mjs';
import { fingerprint, isUpToDate, setStamp } from './build/stamp.mjs';
import { root } from './project.mjs';
import { findLibnode } from './setup/libnode.mjs';
import { runScript, StepError, step } from './setup/progress.mjs';

/** The parts with a build script of their own, whose named export does the work. */
const SCRIPTED_PARTS = [
  {
    title: 'Configuration schema',
    script: 'build-schema.mjs',
    run: 'buildSchema',
    inputs: ['src/config', 'src/logging', 'src/vscp', 'package-lock.json'],
    output: 'build/Release/websocksrv.schema.json',
  },
  {
    title: 'Client library',
    script: 'build-client.mjs',
    run: 'buildClient',
    inputs: ['src/client', 'tsconfig.json', 'package-lock.json'],
    output: 'build/client',
  },
  {
    title: 'Command-line helper',
    script: 'build-cli.mjs',
    run: 'buildCli',
    inputs: ['src', 'package.json', 'package-lock.json'],
    output: 'build/cli.mjs',
  },
  {
    title: 'Server for a broker',
    script: 'build-serve.mjs',
    run: 'buildServe',
    inputs: ['src', 'package.json', 'package-lock.json'],
    output: 'build/Release/serve.cjs',
  },
  {
    title: 'Web panel',
    script: 'build-hmi.mjs',
    run: 'buildHmi',
    inputs: ['src/client', 'examples/hmi', 'examples/minimal.html', 'package-lock.json'],
    output: 'build/hmi',
  },
];

/**
 * Builds a part that has a script of its own, unless it is up to date.
 * @param {string} run the name of the export that does the work
 */
export async function buildPart(run) {
  const { title, script, inputs, output } = SCRIPTED_PARTS.find((part) => part.run === run);
  const mark = fingerprint([...inputs, `scripts/${script}`], title);
  if (isUpToDate(run, mark, [join(root, output)])) return 'up to date';
  const part = await import(pathToFileURL(join(root, 'scripts', script)).href);
  await part[run]();
  await setStamp(run, mark);
  return 'built';
}

/**
 * Builds what is out of date: shim, bundle, the files beside them in build/Release, and the scripted parts.
 * @param {import('./setup/libnode.mjs').Libnode} libnode
 * @param {{ withTests?: boolean }} [options] whether the native programs that only tests need are built too
 */
export async function build(libnode, { withTests = false } = {}) {
  await step('Native shim', () => buildShim(libnode, withTests));
  await step('Files beside the library', async () =>
    [await placeKoffi(), await placeLibnode(libnode)].join(', '),
  );
  await step('Bundle', () => buildBundle());
  await step('Code cache', () => buildCodeCache(libnode));
  for (const { title, script, run } of SCRIPTED_PARTS)
    if (existsSync(join(root, 'scripts', script))) await step(title, () => buildPart(run));
}

async function main() {
  const libnode = await findLibnode();
  if (libnode === undefined) {
    throw new StepError('there is no libnode to build against', { remedy: 'run `npm run setup`.' });
  }
  await withBuildLock(() => build(libnode, { withTests: true }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runScript(main);
