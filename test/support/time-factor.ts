/**
 * How many times longer than usual everything may take here; it is set where programs of a foreign processor
 * are emulated (scripts/machines). It extends the limits against hanging, but never how long a test watches.
 */
const TIME_FACTOR = Number(process.env.TIME_FACTOR ?? 1);

/** A time limit in milliseconds, for this machine. */
export function stretched(ms: number): number {
  return ms * TIME_FACTOR;
}

/** For tests of what the driver does within its own time limits: `skip` of node:test. */
export const NEEDS_REAL_TIME = {
  skip: TIME_FACTOR > 1 && "the driver's own time limits are too short for an emulated processor",
} as const;
