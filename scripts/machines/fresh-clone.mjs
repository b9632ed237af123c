/**
 * Does what a new user with only the README does: on a bare Debian 12 with nodejs and npm, clones HEAD and
 * runs the README's two commands.
 */
import { join } from 'node:path';
import { root as checkout } from '../project.mjs';
import { mustRun } from '../setup/commands.mjs';
import { runScript, StepError, step } from '../setup/progress.mjs';
import { withBareRoot } from './bare-root.mjs';

/** What the README assumes, and git for the clone. */
const PACKAGES = ['ca-certificates', 'git', 'nodejs', 'npm'];
const CLONE = '/root/vscpl2drv-websocksrv';

await runScript(() =>
  withBareRoot({ suite: 'bookworm', packages: PACKAGES }, async (bare) => {
    await step('Clone of HEAD', async () => {
      const target = join(bare.folder, CLONE);
      await mustRun('git', ['clone', '--quiet', '--depth', '1', `file://${checkout}`, target]);
      return (await mustRun('git', ['-C', target, 'log', '-1', '--format=%h %s'])).trim();
    });
    const options = { cwd: CLONE, env: { CI: 'true' }, show: true };
    const steps = ['scripts/test/run-files.mjs', 'scripts/machines/first-steps.test.mjs'];
    const failed = [];
    const withTime = { ...options, env: { ...options.env, FILE_TIMEOUT_MINUTES: '35' } };
    if ((await bare.run('node', steps, withTime)).code !== 0) failed.push('npm start');
    if ((await bare.run('npm', ['test'], options)).code !== 0) failed.push('npm test');
    if (failed.length > 0) throw new StepError(`on a bare Debian 12, ${failed.join(' and ')} failed`);
  }),
);
