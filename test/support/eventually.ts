import { setTimeout as sleep } from 'node:timers/promises';
import { stretched } from './time-factor.ts';

const TIMEOUT_MS = stretched(30_000);

/** Waits until `condition` holds. @throws Error with `what` when it does not for too long */
export async function eventually(what: string, condition: () => boolean): Promise<void> {
  const untilMs = performance.now() + TIMEOUT_MS;
  while (!condition()) {
    if (performance.now() > untilMs) throw new Error(`not in time: ${what}`);
    await sleep(10);
  }
}
