const MAX_POINTS = 4096;
const MIN_STEP_MS = 250;

/**
 * Values over time within a bound: of values that come faster than four a second the last of each
 * quarter second stays, and when the store is full every second point of its older half goes.
 */
export class ValueHistory {
  /** Unix time in seconds, ascending: what the plot takes. */
  times: number[] = [];
  values: number[] = [];

  add(timeMs: number, value: number): void {
    const time = timeMs / 1000;
    const last = this.times.length - 1;
    const lastTime = this.times[last];
    if (lastTime !== undefined && time - lastTime < MIN_STEP_MS / 1000) {
      if (time >= lastTime) this.values[last] = value;
      else this.#insert(time, value);
      return;
    }
    this.times.push(time);
    this.values.push(value);
    if (this.times.length > MAX_POINTS) this.#thin();
  }

  /** Old values may arrive late: history is fetched after the first live values came. */
  #insert(time: number, value: number): void {
    let at = this.times.length;
    while (at > 0 && (this.times[at - 1] ?? 0) >= time) at -= 1;
    if (this.times[at] === time) return;
    this.times.splice(at, 0, time);
    this.values.splice(at, 0, value);
    if (this.times.length > MAX_POINTS) this.#thin();
  }

  #thin(): void {
    const half = MAX_POINTS / 2;
    const keep = (_: number, i: number) => i >= half || i % 2 === 0;
    this.times = this.times.filter(keep);
    this.values = this.values.filter(keep);
  }
}
