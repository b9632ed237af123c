import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../project.mjs';
import { StepError } from '../setup/progress.mjs';

const WAIT_MS = 10 * 60 * 1000;
const POLL_MS = 200;

function ownerIsGone(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    if (pid > 0) process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Runs `work` while no other process does the same in this checkout (`npm start` beside `npm test`). */
export async function withBuildLock(work, file = join(root, '.cache', 'build.lock'), waitMs = WAIT_MS) {
  await mkdir(dirname(file), { recursive: true });
  const giveUpAt = Date.now() + waitMs;
  for (;;) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (ownerIsGone(file)) await rm(file, { force: true });
    else if (Date.now() > giveUpAt) {
      throw new StepError('another set-up or build of this checkout does not end', {
        remedy: `if none is running, remove ${file}.`,
      });
    } else await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}
