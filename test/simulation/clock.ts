/**
 * Time that passes only when the simulation says so. Import this before anything of the driver: what it imports
 * later gets these timers, and passwords are hashed in simulated time too.
 */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { install } from '@sinonjs/fake-timers';

const realImmediate = setImmediate;
/** 2026-01-31T12:00:00Z */
const START_MS = Date.UTC(2026, 0, 31, 12);
/** What a PBKDF2 of 70 000 rounds takes on a small machine. */
const HASH_MS = 60;

const timers = install({
  now: START_MS,
  toFake: [
    ...(['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const),
    ...(['setImmediate', 'clearImmediate', 'Date', 'performance'] as const),
  ],
  loopLimit: Number.MAX_SAFE_INTEGER,
  ignoreMissingTimers: true,
});

type HashDone = (error: Error | null, key: Buffer) => void;

/** Not a slow hash but a quick one, whose result comes as late: nobody attacks a simulation. */
function quickHash(
  password: crypto.BinaryLike,
  salt: crypto.BinaryLike,
  _rounds: number,
  size: number,
  _digest: string,
  done: HashDone,
): void {
  const key = crypto.createHash('sha512').update(salt).update(password).digest().subarray(0, size);
  setTimeout(() => done(null, Buffer.from(key)), HASH_MS);
}

crypto.pbkdf2 = quickHash as typeof crypto.pbkdf2;
syncBuiltinESMExports();

/** Lets everything happen that needs no time. */
function settle(): Promise<void> {
  return new Promise((resolve) => realImmediate(resolve));
}

export const clock = {
  /** Timers that have fired since the beginning. */
  steps: 0,

  get nowMs(): number {
    return timers.now - START_MS;
  },

  /** Runs everything that is due within the next milliseconds, each thing by itself; `stops` ends it early. */
  async pass(ms: number, stops: () => boolean = () => false): Promise<void> {
    const end = timers.now + ms;
    let isOver = false;
    const last = setTimeout(() => {
      isOver = true;
    }, ms);
    await settle();
    while (!isOver && timers.now <= end && !stops()) {
      timers.next();
      this.steps++;
      await settle();
    }
    clearTimeout(last);
  },

  /** Drops every timer, after a run that failed. */
  forget(): void {
    timers.reset();
  },

  /** Timers that have not fired yet. */
  get waiting(): number {
    return timers.countTimers();
  },
};
