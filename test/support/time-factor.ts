/**
 * How many times longer than usual everything may take here: set where programs of a foreign processor are emulated
 * (scripts/machines). It stretches what a test bounds against hanging, never how long it watches.
 */
const TIME_FACTOR = Number(process.env.TIME_FACTOR ?? 1);

/** A bound in milliseconds, for this machine. */
export function stretched(ms: number): number {
  return ms * TIME_FACTOR;
}
