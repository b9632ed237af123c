import { copyFileSync, existsSync, linkSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { releaseDir, root } from '../project.mjs';
import { StepError } from '../setup/progress.mjs';

/**
 * What koffi needs to run, relative to node_modules. Its `src/koffi/index.cjs` finds the binary as
 * `@koromix/koffi-<platform>-<arch>` beside its own folder.
 */
export function koffiFiles(modules = join(root, 'node_modules')) {
  const platform = `@koromix/koffi-${process.platform}-${process.arch}`;
  if (!existsSync(join(modules, platform))) {
    throw new StepError(`koffi has no binary for ${process.platform} ${process.arch} in node_modules`, {
      remedy: 'run `npm ci`; if it is still missing, koffi does not support this processor.',
    });
  }
  const binaries = readdirSync(join(modules, platform), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('musl'))
    .map((entry) => join(platform, entry.name, 'koffi.node'));
  return [
    'koffi/package.json',
    'koffi/LICENSE.txt',
    'koffi/index.cjs',
    'koffi/src/koffi/index.cjs',
    'koffi/src/koffi/src/static.cjs',
    join(platform, 'package.json'),
    join(platform, 'index.js'),
    ...binaries,
  ];
}

const koffiVersion = (modules) => {
  const file = join(modules, 'koffi', 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined;
};

/** Puts koffi with this platform's binary beside the library; returns what was done. */
export async function placeKoffi() {
  const from = join(root, 'node_modules');
  const to = join(releaseDir, 'node_modules');
  const files = koffiFiles(from);
  if (koffiVersion(from) === koffiVersion(to) && files.every((file) => existsSync(join(to, file)))) {
    return 'koffi up to date';
  }
  await rm(to, { recursive: true, force: true });
  for (const file of files) {
    await mkdir(dirname(join(to, file)), { recursive: true });
    await cp(join(from, file), join(to, file));
  }
  return `koffi ${koffiVersion(to)} placed`;
}

/** Puts an unpacked libnode beside the library; removes one that is no longer used. */
export async function placeLibnode(libnode) {
  for (const name of existsSync(releaseDir) ? readdirSync(releaseDir) : []) {
    if (name.startsWith('libnode.so') && (libnode.kind === 'system' || name !== libnode.soname)) {
      await rm(join(releaseDir, name));
    }
  }
  if (libnode.kind === 'system') return 'libnode is the system’s';
  const target = join(releaseDir, libnode.soname);
  const source = statSync(libnode.library);
  if (existsSync(target)) {
    const { size, mtimeMs } = statSync(target);
    if (size === source.size && mtimeMs === source.mtimeMs) return 'libnode up to date';
    await rm(target);
  }
  await mkdir(releaseDir, { recursive: true });
  try {
    linkSync(libnode.library, target);
  } catch {
    copyFileSync(libnode.library, target);
  }
  return `${libnode.soname} placed`;
}
