/** How long to wait between attempts to reconnect. */
export interface Backoff {
  /** Wait before the second attempt, in milliseconds; doubles with each further one. */
  minDelayMs: number;
  maxDelayMs: number;
  /** Source of jitter, from 0 to 1; for tests. */
  random?: () => number;
}

/**
 * Wait before reconnect attempt `attempt` (0 = the first). It doubles up to a cap, and a random part of up to
 * half is taken off, so that the clients of a restarted server do not come back all at once.
 */
export function backoffDelayMs(
  attempt: number,
  { minDelayMs, maxDelayMs, random = Math.random }: Backoff,
): number {
  const delay = Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(attempt, 30));
  return Math.round(delay / 2 + (delay / 2) * random());
}
