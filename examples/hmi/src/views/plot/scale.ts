const MAX_TICK_DECIMALS = 9;

/** Decimals that tell each of these evenly spaced numbers exactly: 2 for 0.25, 0.5, 0.75. */
export function tickDecimals(ticks: readonly number[]): number {
  const step = Math.abs((ticks[1] ?? 0) - (ticks[0] ?? 0));
  // Sums of floating-point steps are off by far less than this.
  const slack = step / 1000;
  for (let decimals = 0; decimals < MAX_TICK_DECIMALS; decimals += 1) {
    if (ticks.every((tick) => Math.abs(Number(tick.toFixed(decimals)) - tick) <= slack)) return decimals;
  }
  return MAX_TICK_DECIMALS;
}

/** The full height of a line stands for at least this share of the value … */
const LEAST_SHARE = 0.01;
/** … and for this many of the smallest steps the sensor tells. */
const LEAST_STEPS = 10;

/**
 * Lowest and highest value of the height of a line, in a tile or a plot. The spread of the values, but never so little that the
 * sensor's smallest step would look like a crash.
 */
export function leastRange(low: number, high: number, decimals: number): { low: number; high: number } {
  const size = Math.max(Math.abs(low), Math.abs(high));
  const least = Math.max(size * LEAST_SHARE, LEAST_STEPS * 10 ** -decimals);
  const missing = Math.max(0, least - (high - low)) / 2;
  return { low: low - missing, high: high + missing };
}
