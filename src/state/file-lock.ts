import { promises as fs } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from '../core/errors.ts';

const TRIES = 50;
const POLL_MS = 100;
const STALE_MS = 10_000;

/**
 * Keeps other writers of a file out until the returned function is called: servers and the command line write
 * the same files. It holds as long as they are on the same disk, also over a network.
 * @throws Error when somebody else does not let go for seconds
 */
export async function lockFile(path: string): Promise<() => Promise<void>> {
  const lock = `${path}.lock`;
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      await (await fs.open(lock, 'wx', 0o600)).close();
      return () => fs.rm(lock, { force: true });
    } catch (error) {
      // Without write permission for the folder there can be no lock file; the writer goes on without one.
      if (['EACCES', 'EPERM', 'EROFS'].includes(errorCode(error) ?? '')) return async () => undefined;
      if (errorCode(error) !== 'EEXIST') throw error;
    }
    const { mtimeMs } = await fs.stat(lock).catch(() => ({ mtimeMs: Number.NaN }));
    if (Date.now() - mtimeMs > STALE_MS) await fs.rm(lock, { force: true });
    await sleep(POLL_MS);
  }
  throw new Error('somebody else is writing it');
}
