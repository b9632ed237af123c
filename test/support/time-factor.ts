/**
 * How many times longer than usual everything may take here; it is set where programs of a foreign processor
 * are emulated (scripts/machines). It extends the limits against hanging, but never how long a test watches.
 */
const TIME_FACTOR = Number(process.env.TIME_FACTOR ?? 1);

/** A time limit in milliseconds, for this machine. */
export function stretched(ms: number): number {
  return ms * TIME_FACTOR;
}
