import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildBundle } from './build/bundle.mjs';
import { placeKoffi, placeLibnode } from './build/companions.mjs';
import { withBuildLock } from './build/lock.mjs';
import { buildShim } from './build/shim.mjs';
import { root } from './project.mjs';
import { findLibnode } from './setup/libnode.mjs';
import { runScript, StepError, step } from './setup/progress.mjs';

/** The web panel has a build script of its own. */
async function buildPanel() {
  const script = join(root, 'scripts', 'build-hmi.mjs');
  if (!existsSync(script)) return;
  await step('Web panel', async () => {
    const { buildHmi } = await import(pathToFileURL(script).href);
    return (await buildHmi()) ?? 'built';
  });
}

/**
 * Builds what is out of date: shim, bundle, what lies beside them in build/Release, the web panel.
 * @param {import('./setup/libnode.mjs').Libnode} libnode
 */
export async function build(libnode) {
  await step('Native shim', () => buildShim(libnode));
  await step('Files beside the library', async () =>
    [await placeKoffi(), await placeLibnode(libnode)].join(', '),
  );
  await step('Bundle', () => buildBundle());
  await buildPanel();
}

async function main() {
  const libnode = await findLibnode();
  if (libnode === undefined) {
    throw new StepError('no libnode to build against', { remedy: 'run `npm run setup`.' });
  }
  await withBuildLock(() => build(libnode));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runScript(main);
