import { maySee, type Viewer } from '../auth/visibility.ts';
import { parseGuid } from '../core/guid.ts';
import { type DriverEvent, type Parsed, refused } from '../vscp/event.ts';
import type { CompiledFilter } from '../vscp/filter.ts';
import { MAX_CHANGES_ASKED } from './changes.ts';
import type { History } from './history.ts';
import { DEFAULT_BUCKETS, MAX_BUCKETS, MAX_SERIES_ASKED, type PointsQuery, SOURCES } from './points.ts';
import { prioritiesIn, type SeriesInfo } from './series-table.ts';
import { eventKindsOf, quantityOf } from './values.ts';

/** Times that a Date can hold. */
const MAX_TIME_MS = 8.64e15;
const NO_DATA = new Uint8Array(0);
const NO_DATE = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0, timestamp: 0, timestampNs: 0n };

/** One event of each kind that a series is made of: what decides on who may see it. */
function eventsOf(info: SeriesInfo): DriverEvent[] {
  const guid = parseGuid(info.guid);
  return eventKindsOf(info).flatMap((kind) =>
    prioritiesIn(info.priorities).map((priority) => ({
      ...{
        ...NO_DATE,
        head: priority << 5,
        obid: 0,
        ...kind,
        guid,
        data: NO_DATA,
      },
    })),
  );
}

/** Whoever may receive all events of a series may see it; a filter in the request can only narrow that. */
export function maySeeSeries(viewer: Viewer, info: SeriesInfo, wanted?: CompiledFilter): boolean {
  return eventsOf(info).every((event) => maySee(viewer, event) && (wanted?.passes(event) ?? true));
}

/** A series as clients see it: docs/protocols.md. */
export function describeSeries(info: SeriesInfo): { [key: string]: number | string } {
  const { id, vscpClass, vscpType, guid, interfaceGuid, sensorIndex, index, zone, subzone, unit } = info;
  const { kind, measurement, symbol } = quantityOf(info);
  return {
    ...{ id, kind, class: vscpClass, type: vscpType, guid },
    ...(measurement !== undefined && { measurement }),
    ...{ sensorIndex, unit, symbol },
    ...(index !== undefined && { index }),
    ...(zone !== undefined && { zone }),
    ...(subzone !== undefined && { subzone }),
    ...(interfaceGuid !== undefined && { interfaceGuid }),
    since: info.sinceMs,
  };
}

/** What a question for points may contain, as it came in. */
export interface PointsArgs {
  series: unknown;
  from: unknown;
  to: unknown;
  buckets: unknown;
  step: unknown;
  source: unknown;
  changes?: unknown;
}

/**
 * Reads a question, and cuts it to the series that the viewer may see.
 * @param maxSteps bound of the steps in the span when `step` is given
 */
export function readPointsQuery(
  args: PointsArgs,
  history: History,
  viewer: Viewer,
  nowMs: number,
  maxSteps = MAX_BUCKETS,
): Parsed<PointsQuery> {
  const { series } = args;
  const isList = Array.isArray(series) && series.length >= 1 && series.length <= MAX_SERIES_ASKED;
  if (!isList || !series.every((id) => Number.isInteger(id)))
    return refused(`series: expected 1 to ${MAX_SERIES_ASKED} ids`);
  const to = isGiven(args.to) ? timeOf(args.to) : nowMs;
  const from = timeOf(args.from);
  if (to === undefined) return refused('to: expected Unix ms or a time like 2026-01-31T12:00:00Z');
  if (from === undefined || from >= to)
    return refused('from: expected Unix ms or a time like 2026-01-31T12:00:00Z, before to');
  const stepMs = readStep(args, to - from, maxSteps);
  if (!stepMs.ok) return stepMs;
  const source = isGiven(args.source) ? SOURCES.find((name) => name === args.source) : undefined;
  if (isGiven(args.source) && source === undefined)
    return refused(`source: expected one of ${SOURCES.join(', ')}`);
  const { changes } = args;
  if (isGiven(changes) && !isCount(changes, MAX_CHANGES_ASKED))
    return refused(`changes: expected a whole number from 1 to ${MAX_CHANGES_ASKED}`);
  const ids = [...new Set(series as number[])].filter((id) => {
    const info = history.seriesOf(id);
    return info !== undefined && maySeeSeries(viewer, info);
  });
  return {
    ok: true,
    value: {
      series: ids,
      from,
      to,
      stepMs: stepMs.value,
      source,
      changes: isGiven(changes) ? Number(changes) : undefined,
    },
  };
}

function readStep(
  { buckets = DEFAULT_BUCKETS, step }: PointsArgs,
  spanMs: number,
  maxSteps: number,
): Parsed<number> {
  if (!isGiven(step)) {
    if (!isCount(buckets, MAX_BUCKETS))
      return refused(`buckets: expected a whole number from 1 to ${MAX_BUCKETS}`);
    return { ok: true, value: Math.max(1, Math.ceil(spanMs / buckets)) };
  }
  if (!isCount(step, MAX_TIME_MS) || spanMs / step > maxSteps)
    return refused(`step: expected whole milliseconds, at most ${maxSteps} steps between from and to`);
  return { ok: true, value: step };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isCount(value: unknown, maximum: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= maximum;
}

function timeOf(value: unknown): number | undefined {
  const ms = typeof value === 'string' ? Date.parse(value) : value;
  return typeof ms === 'number' && Math.abs(ms) <= MAX_TIME_MS ? Math.floor(ms) : undefined;
}
