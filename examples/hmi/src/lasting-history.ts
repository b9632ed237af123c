import type { SeriesInfo, VscpClient } from '../../../src/client/index.ts';
import type { Buckets } from './plot-data.ts';
import type { ServerClock } from './server-clock.ts';
import type { Series } from './store.ts';

/** A table that lacks a series is asked for again after this time. */
const ASK_AGAIN_MS = 60_000;

/** The key of the same values in this page's store. */
function keyOf(info: SeriesInfo): string {
  const { guid, kind, measurementType, vscpType, sensorIndex, zone, subzone, index } = info;
  const spot = zone === undefined ? '' : `${zone}.${subzone}.${index}`;
  return `${guid}/${kind}${measurementType ?? vscpType}/${sensorIndex}/${spot}`;
}

type Source = Pick<VscpClient, 'series' | 'points'>;

/** The history that the server keeps for days to years. */
export class LastingHistory {
  readonly #client: Source;
  readonly #clock: ServerClock;
  #table: Promise<Map<string, SeriesInfo[]>> | undefined;
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
      bands: ids.map((id) => found.find((each) => each.id === id) ?? { mean: empty, min: empty, max: empty }),
    };
  }

  async #idsOf(series: readonly Series[]): Promise<(number | undefined)[]> {
    let table = await this.#known();
    if (series.some(({ key }) => !table.has(key)) && Date.now() - this.#askedAt > ASK_AGAIN_MS) {
      this.renew();
      table = await this.#known();
    }
    // A sensor whose unit was changed has a series for each unit.
    return series.map(({ key, symbol }) => {
      const known = table.get(key);
      return (known?.find((each) => each.symbol === symbol) ?? known?.at(-1))?.id;
    });
  }

  #known(): Promise<Map<string, SeriesInfo[]>> {
    this.#table ??= this.#askSeries().catch((error: unknown) => {
      this.renew();
      throw error;
    });
    return this.#table;
  }

  async #askSeries(): Promise<Map<string, SeriesInfo[]>> {
    this.#askedAt = Date.now();
    const series = await this.#client.series();
    const table = new Map<string, SeriesInfo[]>();
    for (const each of series.sort((a, b) => +a.since - +b.since)) {
      table.set(keyOf(each), [...(table.get(keyOf(each)) ?? []), each]);
    }
    return table;
  }
}
