import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseGuid } from '../../src/core/guid.ts';
import type { PackedEvent } from '../../src/history/event-batch.ts';
import { floorTo } from '../../src/history/roll-up.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, type RollUpName } from '../../src/history/schema.ts';
import { Database, plainSqliteHost } from '../../src/history/sqlite.ts';
import { HistoryStore } from '../../src/history/store.ts';
import { Chance } from './chance.ts';
import { type HouseEvent, INFORMATION, INFORMATION_OFF, INFORMATION_ON, nodeGuid } from './house-event.ts';
import { createRelays } from './relays.ts';
import { type Readings, readSensor, SENSORS } from './sensors.ts';
import { hourOfDay } from './weather.ts';

/** With the sensors and switches of the house: what was measured by nodes that are no longer there. */
const SERIES = 100;
const FIRST_FORMER_NODE = 100;
const STEP_MS = 15 * MINUTE_MS;
const LAST_DAY_STEP_MS = 2 * MINUTE_MS;
/** Values that are older are written as the sums that would be left of them, which is many times faster. */
const WHOLE_DAYS = 7;
/** The driver was off twice, for so long: long enough to be seen among the days of a year. */
const GAP_DAYS_AGO = [65, 245];
const GAP_MS = 5 * DAY_MS;
const MAX_BYTES = 1024 * 1024 * 1024;
const RETENTION = { raw: WHOLE_DAYS, minute: 30, quarter: 730, day: 0 };
const CLASS2_FLOAT = 1060;
const TEMPERATURE = 6;
const CELSIUS = 1;
const SEED = 2026;
const ROOMS_CELSIUS = [21.3, 20.6, 18.4, 22.5];
const METER_KWH = 18_432.6;
const USUAL_KW = 0.32;

/** 1 at the coldest of the year, -1 at the warmest. */
function winter(timeMs: number): number {
  return Math.cos(2 * Math.PI * (timeMs / (365.25 * DAY_MS) - 0.04));
}

/** What the sensors saw at a time; at the end of the year it goes over into what the house is now. */
function readingsAt(timeMs: number, endMs: number, chance: Chance): Readings {
  const hour = hourOfDay(timeMs);
  const season = winter(endMs) - winter(timeMs);
  const weather = Math.sin(timeMs / (3.1 * DAY_MS)) + Math.sin(timeMs / (1.7 * DAY_MS));
  const temperature = 12 + 9 * season + 2 * weather + 5 * Math.cos(((hour - 15) / 12) * Math.PI);
  const height = Math.max(0, Math.sin(((hour - 6) / 14) * Math.PI));
  const isEvening = hour > 18 && hour < 23;
  const power = 180 + 90 * chance.next() + (isEvening ? 350 : 0) - 60 * season;
  const voltage = 231 + chance.normal();
  return {
    outside: {
      temperature: temperature + 0.4 * chance.normal(),
      humidity: Math.min(99, Math.max(20, 68 - 1.4 * (temperature - 12) + 4 * chance.normal())),
      daylight: 0.3 + 60_000 * height ** 1.3 * (0.45 + 0.5 * chance.next()),
      pressure: 101_325 - 500 * weather,
    },
    rooms: ROOMS_CELSIUS.map((wanted, room) => ({
      temperature: wanted + 0.06 * (temperature - wanted) + 0.25 * chance.normal(),
      humidity: 46 + 0.8 * season + 2 * weather + 2 * chance.normal(),
      zone: room + 1,
      lamps: isEvening ? 250 : 0,
    })),
    tank: [58 + 2 * chance.normal(), 44 + 1.5 * chance.normal()],
    meter: {
      power,
      energy: METER_KWH - (USUAL_KW * (endMs - timeMs)) / HOUR_MS,
      voltage,
      current: power / voltage,
    },
  };
}

/** Lamps burn in the evening, everything else some time a day. */
function statesAt(timeMs: number): HouseEvent[] {
  return createRelays().map(({ node, index, zone, subzone }, i) => {
    const hour = (hourOfDay(timeMs) + 24 - (17 + (i % 4) + 2 * winter(timeMs))) % 24;
    const vscpType = hour < 4 ? INFORMATION_ON : INFORMATION_OFF;
    return { vscpClass: INFORMATION, vscpType, node, priority: 3, data: [index, zone, subzone] };
  });
}

function formerCelsius(number: number, readings: Readings): number {
  return Math.round(10 * (readings.outside.temperature + number / 4)) / 10;
}

/** A temperature of a node that is no longer there. */
function formerEvent(number: number, readings: Readings): HouseEvent {
  const data = Buffer.alloc(12);
  data[0] = number % 8;
  data[3] = CELSIUS;
  data.writeDoubleBE(formerCelsius(number, readings), 4);
  const node = FIRST_FORMER_NODE + (number >> 3);
  return { vscpClass: CLASS2_FLOAT, vscpType: TEMPERATURE, node, priority: 3, data: [...data] };
}

const FORMER = Array.from({ length: SERIES - SENSORS.length - createRelays().length }, (_, number) => number);
const guids = new Map<number, Uint8Array>();

function packed(timeMs: number, { vscpClass, vscpType, node, priority, data }: HouseEvent): PackedEvent {
  const guid = guids.get(node) ?? parseGuid(nodeGuid(node));
  guids.set(node, guid);
  return { timeMs, head: priority << 5, vscpClass, vscpType, guid, data: Uint8Array.from(data) };
}

/** An event for each series. */
function eventsAt(timeMs: number, readings: Readings): PackedEvent[] {
  const sensors = SENSORS.map((sensor) => readSensor(sensor, readings));
  const former = FORMER.map((number) => formerEvent(number, readings));
  return [...sensors, ...statesAt(timeMs), ...former].map((event) => packed(timeMs, event));
}

/** The values of the same series, in the same order. */
function valuesAt(timeMs: number, readings: Readings): number[] {
  return [
    ...SENSORS.map((sensor) => sensor.measure(readings).value),
    ...statesAt(timeMs).map(({ vscpType }) => (vscpType === INFORMATION_ON ? 1 : 0)),
    ...FORMER.map((number) => formerCelsius(number, readings)),
  ];
}

/** Rows that one statement writes. */
const ROWS = 64;

/** Writes sums of one value each: for each row the number of the bucket, the series and the value. */
function writeSums(database: Database, table: RollUpName, rows: readonly number[]): void {
  const place = (row: number): string => {
    const [t, series, value] = [1, 2, 3].map((number) => `?${3 * row + number}`);
    return `(${t}, ${series}, 1, ${value}, ${value}, ${value})`;
  };
  const insertOf = (count: number) => {
    const places = Array.from({ length: count }, (_, row) => place(row));
    return database.statement(`INSERT INTO ${table}(t, series, n, sum, min, max) VALUES ${places.join()}`);
  };
  const [many, one] = [insertOf(ROWS), insertOf(1)];
  for (let at = 0; at < rows.length; ) {
    const count = rows.length - at >= 3 * ROWS ? ROWS : 1;
    (count === ROWS ? many : one).insert(Float64Array.from(rows.slice(at, at + 3 * count)));
    at += 3 * count;
  }
}

/** What making it is about: the file, its end, and how it gets on. */
interface Task {
  path: string;
  beginMs: number;
  /** Values from here on are kept as they are. */
  wholeMs: number;
  endMs: number;
  chance: Chance;
  /** Lets others work, and throws when the end was asked for. @param share of the whole work that is done */
  goOn(share: number): Promise<void>;
}

class OverError extends Error {}

function isGap(timeMs: number, { endMs }: Task): boolean {
  return GAP_DAYS_AGO.some((days) => {
    const begin = endMs - days * DAY_MS;
    return timeMs >= begin && timeMs < begin + GAP_MS;
  });
}

function openStore({ path }: Task, clock: { nowMs: number }, onSeries: (id: number) => void): HistoryStore {
  return new HistoryStore({
    ...{ path, host: plainSqliteHost(), maxBytes: MAX_BYTES, retention: RETENTION, firstId: 1 },
    nowMs: () => clock.nowMs,
    onSeries: ({ id }) => onSeries(id),
  });
}

/** Makes the series, with a value each. @returns their ids */
function makeSeries(task: Task): number[] {
  const { beginMs, endMs, chance } = task;
  const ids: number[] = [];
  const store = openStore(task, { nowMs: beginMs }, (id) => ids.push(id));
  try {
    for (const event of eventsAt(beginMs, readingsAt(beginMs, endMs, chance))) store.add(event);
    store.commit();
  } finally {
    store.close();
  }
  return ids;
}

/** By series, its values every step; NaN where there is none. */
async function makeOldValues(task: Task, count: number): Promise<Float64Array[]> {
  const { beginMs, wholeMs, endMs, chance } = task;
  const steps = (wholeMs - beginMs) / STEP_MS;
  const columns = Array.from({ length: count }, () => new Float64Array(steps).fill(Number.NaN));
  for (let step = 0; step < steps; step++) {
    const t = beginMs + step * STEP_MS;
    if (t % DAY_MS === 0) await task.goOn((0.3 * step) / steps);
    if (isGap(t, task)) continue;
    for (const [series, value] of valuesAt(t, readingsAt(t, endMs, chance)).entries()) {
      const column = columns[series];
      if (column !== undefined) column[step] = value;
    }
  }
  return columns;
}

async function writeOldSums(task: Task, ids: readonly number[]): Promise<void> {
  const { path, beginMs, wholeMs, endMs } = task;
  const columns = await makeOldValues(task, ids.length);
  const database = Database.open(plainSqliteHost(), path, 'write');
  const minutesFromMs = endMs - RETENTION.minute * DAY_MS;
  try {
    for (const [series, id] of ids.entries()) {
      await task.goOn(0.3 + (0.5 * series) / ids.length);
      const quarters: number[] = [];
      const minutes: number[] = [];
      for (const [step, value] of columns[series]?.entries() ?? []) {
        if (Number.isNaN(value)) continue;
        const t = beginMs + step * STEP_MS;
        quarters.push(t / STEP_MS, id, value);
        if (t >= minutesFromMs) minutes.push(t / MINUTE_MS, id, value);
      }
      database.run('BEGIN');
      writeSums(database, 'quarter', quarters);
      writeSums(database, 'minute', minutes);
      database.run('COMMIT');
    }
    for (const table of ['minute', 'quarter'])
      database.run('REPLACE INTO watermark VALUES(?, ?)', table, wholeMs);
  } finally {
    database.close();
  }
}

async function writeWholeValues(task: Task): Promise<void> {
  const { wholeMs, endMs, chance } = task;
  const clock = { nowMs: wholeMs };
  const store = openStore(task, clock, () => undefined);
  const keep = (): void => {
    store.commit();
    for (const _ of store.housekeeping(clock.nowMs, true));
    store.commit();
  };
  try {
    for (; clock.nowMs < endMs; clock.nowMs += clock.nowMs > endMs - DAY_MS ? LAST_DAY_STEP_MS : STEP_MS) {
      const t = clock.nowMs;
      for (const event of eventsAt(t, readingsAt(t, endMs, chance))) store.add(event);
      if (t % (DAY_MS / 2) >= STEP_MS) continue;
      await task.goOn(0.8 + (0.2 * (t - wholeMs)) / (endMs - wholeMs));
      keep();
    }
    clock.nowMs = endMs;
    keep();
  } finally {
    store.close();
  }
}

/**
 * Writes a past of a hundred series up to now into a new history, with two gaps of five days; a year takes about ten
 * seconds.
 * @param path file of the history, in a state folder that no driver has open
 * @param tell is told how it gets on
 * @param isOver whether the end was asked for; what is there then is of no use
 * @param days how long a past, more than a week
 */
export async function writePastYear(
  path: string,
  tell: (line: string) => void,
  isOver: () => boolean = () => false,
  days = 365,
): Promise<void> {
  const endMs = Date.now();
  const dayAgo = (ago: number): number => floorTo(endMs - ago * DAY_MS, DAY_MS);
  const [beginMs, wholeMs] = [dayAgo(days), dayAgo(WHOLE_DAYS)];
  let told = 0;
  const goOn = async (share: number): Promise<void> => {
    await nextTurn();
    if (isOver()) throw new OverError();
    const percent = 20 * Math.floor(share * 5);
    if (percent > told) tell(`A past year is made up: ${percent} %`);
    told = Math.max(told, percent);
  };
  const task: Task = { path, beginMs, wholeMs, endMs, chance: new Chance(SEED), goOn };
  try {
    await writeOldSums(task, makeSeries(task));
    await writeWholeValues(task);
  } catch (error) {
    if (!(error instanceof OverError)) throw error;
  }
}
