import { withBuildLock } from './build/lock.mjs';
import { build } from './build.mjs';
import { releaseDir } from './project.mjs';
import { runScript } from './setup/progress.mjs';
import { setUp } from './setup/set-up.mjs';

await runScript(async () => {
  await withBuildLock(async () => build(await setUp()));
  process.stdout.write(`\nThe driver is ready in ${releaseDir}\n`);
});
