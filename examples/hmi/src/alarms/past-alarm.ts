import { changesOf } from '../store/state-past.ts';
import { holdOf, type Series } from '../store/store.ts';
import { type Alarm, CLOCKS_MS, isOpen, isTooClose, type Limit, problemOf } from './alarm.ts';

/** Dates of events may have whole seconds: what came after the limit was set may seem to be that much before. */
const DATE_STEP_MS = 1_000;

/** What a limit finds in the values that are known. */
export interface PastAlarm {
  /** The latest one; undefined = there was none. */
  alarm: Alarm | undefined;
  /** So long the value has been beyond the limit; undefined = it is not. */
  beyondSince: number | undefined;
}

/**
 * Judges a limit over the known values, from the moment that it was set. Times are those of the server's clock.
 * Silence is not judged: nobody knows whether the server remembers all.
 * @param known the alarm as it was written down, which is not told again
 */
export function pastAlarm(
  limit: Limit & { setAt: number },
  series: Series,
  known: Alarm | undefined,
  now: number,
  aheadMs: number,
): PastAlarm {
  const { forS } = limit;
  const setAt = limit.setAt - DATE_STEP_MS;
  const from = Math.max(setAt, known ? (known.until ?? known.since) + CLOCKS_MS : setAt);
  const { history } = series;
  const { times, values } = series.kind === 'state' ? changesOf(history, holdOf(series)) : history;
  const timeOf = (i: number) => (times[i] ?? 0) * 1000 - aheadMs;
  let alarm = known;
  let beyondSince: number | undefined;
  for (const [i, value] of values.entries()) {
    const end = i + 1 < times.length ? timeOf(i + 1) : now;
    if (end <= from) continue;
    const isBefore = timeOf(i) < from;
    const isGoingOn = alarm !== undefined && isOpen(alarm);
    // A value from before the silence says nothing about its end.
    if (isBefore && isGoingOn && alarm?.staleS !== undefined) continue;
    const start = isBefore ? from : timeOf(i);
    const problem = problemOf(limit, { ...series, value, samples: 1 }, 0);
    if (problem === undefined) {
      beyondSince = undefined;
      if (alarm && isGoingOn && !isTooClose(limit, alarm.side, value)) alarm = { ...alarm, until: start };
      continue;
    }
    beyondSince ??= start;
    const since = beyondSince + forS * 1000;
    if (!isGoingOn && since <= end) alarm = { ...problem, since };
  }
  return { alarm, beyondSince };
}
