import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../project.mjs';
import { mustRun, run } from '../setup/commands.mjs';
import { StepError, step } from '../setup/progress.mjs';

/** The clang-format version whose reading of .clang-format the sources follow. */
const CLANG_FORMAT_MAJOR = '14';

const program = (name) => join(root, 'node_modules', '.bin', name);

/** Paths below `folder` that end in one of the suffixes, relative to the checkout. */
export function sourceFiles(folder, suffixes) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : sourceFiles(path, suffixes);
      return suffixes.some((suffix) => entry.name.endsWith(suffix)) ? [path] : [];
    });
}

async function lint() {
  await mustRun(program('biome'), ['check', '.'], {}, '`npm run format` fixes most of it.');
  return 'clean';
}

async function nativeFormat() {
  const files = ['native-shim', 'test'].flatMap((folder) => sourceFiles(folder, ['.c', '.cc', '.h']));
  if (files.length === 0) return 'nothing to check';
  const { stdout } = await run('clang-format', ['--version']);
  const major = /version (\d+)/.exec(stdout)?.[1];
  const result = await run('clang-format', ['--dry-run', '--Werror', ...files]);
  if (result.code === 0) return 'clean';
  if (major !== CLANG_FORMAT_MAJOR) {
    return `not checked: clang-format ${major} formats differently from ${CLANG_FORMAT_MAJOR}`;
  }
  throw new StepError('C and C++ sources do not follow .clang-format', {
    output: result.output,
    remedy: '`clang-format -i <file>`.',
  });
}

/** Each tsconfig.json is a program of its own: the driver, the client library, the panel. */
async function types() {
  const configs = ['.', 'src/client', 'examples/hmi']
    .map((folder) => join(folder, 'tsconfig.json'))
    .filter((path) => existsSync(join(root, path)));
  for (const config of configs)
    await mustRun(program('tsc'), ['--noEmit', '--pretty', 'false', '-p', config]);
  return 'clean';
}

/** Runs all checks, even after one has failed, so that all problems are seen at once. */
export async function runChecks() {
  const checks = [
    ['Lint and format (Biome)', lint],
    ['Format of C and C++ (clang-format)', nativeFormat],
    ['Types (tsc)', types],
  ];
  const failures = [];
  for (const [title, check] of checks) {
    try {
      await step(title, check);
    } catch (error) {
      failures.push(error);
    }
  }
  return failures;
}
