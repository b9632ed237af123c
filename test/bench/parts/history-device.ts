import { plainSqliteHost } from '../../../src/history/sqlite.ts';
import { HistoryStore } from '../../../src/history/store.ts';
import type { Figure } from '../figures.ts';

const BEGIN_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const INTERVAL_MS = 60_000;
const MAX_BYTES = 1024 * 1024 * 1024;
const RETENTION = { raw: 7, minute: 30, quarter: 730, day: 0 };
const SERIES = 100;
const CLASS2_FLOAT = 1060;
/** What the system counts in. */
const BLOCK_BYTES = 512;

interface Rate {
  valuesPerSecond: number;
  /** Measured so long, and taken as the same share of a day. */
  hours: number;
  atMostMb: number;
}

const RATES: readonly Rate[] = [
  { valuesPerSecond: 5, hours: 24, atMostMb: 120 },
  { valuesPerSecond: 100, hours: 6, atMostMb: 600 },
];

function valueEvent(timeMs: number, index: number) {
  const data = Buffer.alloc(12);
  data[0] = index % SERIES;
  data.writeDoubleBE(20 + (index % 977) / 10, 4);
  return {
    ...{ timeMs, head: 0x60, vscpClass: CLASS2_FLOAT, vscpType: 6 },
    ...{ guid: new Uint8Array(16).fill(7), data },
  };
}

/** Writes as long as the rate says, by a clock of its own; bytes that went to the device. */
function write(path: string, { valuesPerSecond, hours }: Rate): number {
  let nowMs = BEGIN_MS;
  const store = new HistoryStore({
    ...{ path, host: plainSqliteHost(), maxBytes: MAX_BYTES, retention: RETENTION, firstId: 1 },
    nowMs: () => nowMs,
    onSeries: () => undefined,
  });
  const before = process.resourceUsage().fsWrite;
  let index = 0;
  for (const end = BEGIN_MS + hours * 3_600_000; nowMs < end; nowMs += INTERVAL_MS) {
    const values = (valuesPerSecond * INTERVAL_MS) / 1000;
    for (let i = 0; i < values; i++)
      store.add(valueEvent(nowMs + Math.floor((i * INTERVAL_MS) / values), index++));
    store.commit();
    for (const _ of store.housekeeping(nowMs + INTERVAL_MS, false));
  }
  store.commit();
  const blocks = process.resourceUsage().fsWrite - before;
  store.close();
  return (blocks * BLOCK_BYTES * DAY_MS) / (hours * 3_600_000);
}

/** What a history writes to its device a day, written once a minute. @param pathOf names files of a folder */
export function deviceFigures(part: string, pathOf: (name: string) => string): Figure[] {
  return RATES.map((rate) => ({
    ...{ part, unit: 'MB', value: write(pathOf(`device-${rate.valuesPerSecond}.db`), rate) / 1e6 },
    name: `written to the device a day, ${SERIES} series, ${rate.valuesPerSecond} values/s`,
    target: { kind: 'value', atMost: rate.atMostMb },
    note: rate.hours === 24 ? 'a whole day' : `${rate.hours} hours`,
  }));
}
