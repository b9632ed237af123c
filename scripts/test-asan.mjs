import { existsSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { withBuildLock } from './build/lock.mjs';
import { build } from './build.mjs';
import { releaseDir, root } from './project.mjs';
import { environmentWithoutNpm, mustRun } from './setup/commands.mjs';
import { runScript, step } from './setup/progress.mjs';
import { setUp } from './setup/set-up.mjs';
import { sourceFiles } from './test/checks.mjs';

const debugDir = join(root, 'build', 'Debug');
const nodeGyp = join(root, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');

/** The tests that run with sanitizers: all that drive the shim through the C host. */
const TESTS = [
  'test/native/',
  'test/hostile/fuzz.test.ts',
  'test/hostile/frames.test.ts',
  'test/hostile/where-cpp',
];
const FUZZ_MESSAGES = 50_000;

/**
 * V8 keeps pointers where the leak check cannot see them, and it handles its own faults; what the sanitizers
 * find in shim and host ends the host, which every test notices.
 */
const SANITIZER_ENVIRONMENT = {
  WSD_BUILD: 'Debug',
  FUZZ_MESSAGES: String(FUZZ_MESSAGES),
  ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1:handle_segv=0:detect_stack_use_after_return=0',
  UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
};

/** The makefiles hold both configurations; bundle, koffi and libnode are those of the ordinary build. */
async function buildSanitized() {
  await mustRun(process.execPath, [nodeGyp, 'build', '--debug'], { env: environmentWithoutNpm() });
  const companions = readdirSync(releaseDir).filter((name) =>
    /^(websocksrv\.(?:cjs|cache)|node_modules|libnode\.so.*)$/.test(name),
  );
  for (const name of companions) {
    const link = join(debugDir, name);
    if (existsSync(link)) rmSync(link);
    symlinkSync(join(releaseDir, name), link);
  }
  return 'with AddressSanitizer and UndefinedBehaviorSanitizer';
}

await runScript(async () => {
  await withBuildLock(async () => {
    await build(await setUp({ withTestTools: true }), { withTests: true });
    await step('Sanitized shim and host', buildSanitized);
  });
  const files = sourceFiles('test', ['.test.ts']).filter((path) => TESTS.some((part) => path.includes(part)));
  const runFiles = join(root, 'scripts', 'test', 'run-files.mjs');
  await mustRun(process.execPath, ['--import', 'tsx', runFiles, '--again', ...files], {
    env: { ...process.env, ...SANITIZER_ENVIRONMENT },
    show: true,
  });
});
