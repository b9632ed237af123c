import type { SeriesInfo, VscpClient } from '../../../../src/client/index.ts';
import { level1ClassOf } from '../../../../src/core/event.ts';
import type { Buckets } from '../views/plot/plot-data.ts';
import type { ServerClock } from './server-clock.ts';
import { mergeChanges, type Values } from './state-past.ts';
import type { Kept, Series } from './store.ts';

/** A table that lacks a series is asked for again after this time. */
const ASK_AGAIN_MS = 60_000;

/** The key of the same values in this page's store. */
function keyOf(info: SeriesInfo): string {
  const { guid, kind, measurementType, vscpType, sensorIndex, zone, subzone, index } = info;
  const spot = zone === undefined ? '' : `${zone}.${subzone}.${index}`;
  return `${guid}/${kind}${measurementType ?? vscpType}/${sensorIndex}/${spot}`;
}

/** By key. */
type Table = Map<string, SeriesInfo[]>;

/** Of those that tell the same state: what one question may be about. */
const MAX_NODES = 16;

/** The series of a state or a level, the newest last. */
function keptIn(table: Table, { types, guid, zone, subzone, index }: Kept): SeriesInfo[] {
  return [...table.values()]
    .flat()
    .filter(
      (info) =>
        types[level1ClassOf(info.vscpClass)]?.includes(info.vscpType) &&
        (guid === undefined || info.guid === guid) &&
        info.zone === zone &&
        info.subzone === subzone &&
        (index === undefined || info.index === undefined || info.index === index),
    )
    .sort((a, b) => +a.since - +b.since);
}

type Source = Pick<VscpClient, 'series' | 'points'>;

/** The history that the server keeps for days to years. */
export class LastingHistory {
  readonly #client: Source;
  readonly #clock: ServerClock;
  #table: Promise<Table> | undefined;
  #askedAt = 0;

  constructor(client: Source, clock: ServerClock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Call this after each login: the numbers of series mean something in one file of the server only. */
  renew(): void {
    this.#table = undefined;
  }

  /**
   * What the server has of some series; one without history has empty columns.
   * @param from Unix time in milliseconds by this device's clock
   * @param stepMs length of a bucket; at most 2 000 of them
   * @throws what the client throws, such as RefusedError while the server cannot read its file
   */
  async points(series: readonly Series[], from: number, to: number, stepMs: number): Promise<Buckets> {
    const ids = await this.#idsOf(series);
    const asked = [...new Set(ids.filter((id) => id !== undefined))];
    if (asked.length === 0) {
      return { times: [], stepS: 0, bands: series.map(() => ({ mean: [], min: [], max: [] })) };
    }
    const aheadMs = this.#clock.aheadMs;
    const {
      stepMs: step,
      t,
      series: found,
    } = await this.#client.points({
      series: asked,
      from: Math.round(from - aheadMs),
      to: Math.round(to - aheadMs),
      stepMs,
    });
    const times = t.map((begin) => (begin + step / 2 + aheadMs) / 1000);
    const empty: null[] = t.map(() => null);
    return {
      times,
      stepS: step / 1000,
      bands: ids.map((id, i) => {
        const { mean, min, max } = found.find((each) => each.id === id) ?? {
          mean: empty,
          min: empty,
          max: empty,
        };
        const scale = series[i]?.kept?.scale ?? 1;
        const scaled = (column: readonly (number | null)[]) =>
          scale === 1 ? column : column.map((value) => value && value * scale);
        return { mean: scaled(mean), min: scaled(min), max: scaled(max) };
      }),
    };
  }

  /**
   * When a state changed, the latest in a span and what was before it.
   * @param count how many at most
   * @throws as `points`
   */
  async changes({ kept }: Series, from: number, to: number, count: number): Promise<Values> {
    if (kept === undefined) return { times: [], values: [] };
    const table = await this.#tableWith((each) => keptIn(each, kept).length > 0);
    const series = keptIn(table, kept).slice(0, MAX_NODES);
    if (series.length === 0) return { times: [], values: [] };
    const aheadMs = this.#clock.aheadMs;
    const points = await this.#client.points({
      series: series.map(({ id }) => id),
      ...{ from: Math.round(from - aheadMs), to: Math.round(to - aheadMs), buckets: 1, changes: count },
    });
    return mergeChanges(
      points.series.map(({ changes = { t: [], value: [] } }) => ({
        times: changes.t.map((time) => (time + aheadMs) / 1000),
        values: changes.value,
      })),
    );
  }

  async #idsOf(series: readonly Series[]): Promise<(number | undefined)[]> {
    const table = await this.#tableWith((known) =>
      series.every(({ key, kept }) => (kept ? keptIn(known, kept).length > 0 : known.has(key))),
    );
    // A sensor whose unit was changed has a series for each unit.
    return series.map(({ key, symbol, kept }) => {
      const known = kept ? keptIn(table, kept) : table.get(key);
      return (known?.find((each) => each.symbol === symbol) ?? known?.at(-1))?.id;
    });
  }

  /** What the server has; asked for again now and then as long as something is missing. */
  async #tableWith(isThere: (table: Table) => boolean): Promise<Table> {
    const table = await this.#known();
    if (isThere(table) || Date.now() - this.#askedAt <= ASK_AGAIN_MS) return table;
    this.renew();
    return this.#known();
  }

  #known(): Promise<Table> {
    this.#table ??= this.#askSeries().catch((error: unknown) => {
      this.renew();
      throw error;
    });
    return this.#table;
  }

  async #askSeries(): Promise<Table> {
    this.#askedAt = Date.now();
    const series = await this.#client.series();
    const table = new Map<string, SeriesInfo[]>();
    for (const each of series.sort((a, b) => +a.since - +b.since)) {
      table.set(keyOf(each), [...(table.get(keyOf(each)) ?? []), each]);
    }
    return table;
  }
}
