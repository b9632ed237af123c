/** Single values, ascending in time. */
export interface Values {
  /** Unix time in seconds by this device's clock. */
  times: readonly number[];
  values: readonly number[];
}

export interface StateFigures {
  /** How long it was open, on and so on, in seconds. */
  onS: number;
  /** How much of the span is known, in seconds. */
  knownS: number;
  changes: number;
}

/**
 * When a state changed to 1 or 0, each change once.
 * @param holdS of a state that is over when nobody has told it for so long
 */
export function changesOf({ times, values }: Values, holdS?: number): Values {
  const found: { times: number[]; values: number[] } = { times: [], values: [] };
  const change = (time: number, value: number) => {
    if (found.values.at(-1) === value) return;
    found.times.push(time);
    found.values.push(value);
  };
  for (const [i, time] of times.entries()) {
    const isOn = values[i] !== 0;
    change(time, Number(isOn));
    if (holdS === undefined || !isOn) continue;
    if ((times[i + 1] ?? Number.POSITIVE_INFINITY) > time + holdS) change(time + holdS, 0);
  }
  return found;
}

/** What the server keeps, and after it what this page has heard. */
export function joinChanges(kept: Values, heard: Values): Values {
  const last = kept.times.at(-1) ?? Number.NEGATIVE_INFINITY;
  const first = heard.times.findIndex((time) => time > last);
  if (first < 0) return kept;
  return changesOf({
    times: [...kept.times, ...heard.times.slice(first)],
    values: [...kept.values, ...heard.values.slice(first)],
  });
}

/** Several nodes that tell the same state. */
export function mergeChanges(all: readonly Values[]): Values {
  const rows = all.flatMap(({ times, values }) => times.map((time, i) => [time, values[i] ?? 0] as const));
  rows.sort(([a], [b]) => a - b);
  return changesOf({ times: rows.map(([time]) => time), values: rows.map(([, value]) => value) });
}

/** @param changes each change once, as above */
export function stateFiguresOf({ times, values }: Values, from: number, to: number): StateFigures {
  const figures = { onS: 0, knownS: 0, changes: 0 };
  for (const [i, time] of times.entries()) {
    const begin = Math.max(time, from);
    const lastsS = Math.min(times[i + 1] ?? to, to) - begin;
    if (i > 0 && time >= from && time <= to) figures.changes += 1;
    if (lastsS <= 0) continue;
    figures.knownS += lastsS;
    if (values[i] !== 0) figures.onS += lastsS;
  }
  return figures;
}
