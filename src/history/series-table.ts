import { isLevel1OverLevel2, MAX_PRIORITY, priorityOfHead } from '../core/event.ts';
import { formatGuid, GUID_SIZE, parseGuid } from '../core/guid.ts';
import type { PackedEvent } from './event-batch.ts';
import type { Database, Row } from './sqlite.ts';
import { interfaceGuidOf, type Reading, type SeriesIdentity } from './values.ts';

/** Series that are kept at most: whoever may send events could make any number. */
export const MAX_SERIES = 10_000;

/** A series as the rest of the driver knows it. */
export interface SeriesInfo extends SeriesIdentity {
  id: number;
  /** Of its events. */
  guid: string;
  /** One bit for each priority that its events have had: the priority, too, decides who may see them. */
  priorities: number;
  /** Time of its first value, Unix ms. */
  sinceMs: number;
}

const NONE = new Uint8Array(0);
const COLUMNS = 'id, class, type, guid, interface, sensor, idx, zone, subzone, unit, priorities, since';

/** The series of a file, by their identity. */
export class SeriesTable {
  readonly #database: Database;
  readonly #onSeries: (info: SeriesInfo) => void;
  readonly #series = new Map<string, SeriesInfo>();
  /** Never goes back, so that an id means one series only for as long as the driver runs. */
  #nextId: number;
  /** Values that found no place. */
  refused = 0;

  /** @param onSeries is told of every series, and again when it changes. @throws SqliteError */
  constructor(database: Database, firstId: number, onSeries: (info: SeriesInfo) => void) {
    this.#database = database;
    this.#onSeries = onSeries;
    this.#nextId = firstId;
    this.read();
  }

  get nextId(): number {
    return this.#nextId;
  }

  /** Reads all of them (again, when a transaction was rolled back). @throws SqliteError */
  read(): void {
    this.#series.clear();
    this.#database.statement(`SELECT ${COLUMNS} FROM series`).each([], (row) => this.#take(infoOf(row)));
  }

  /** The series of an event's value, made if it is new; undefined when there is no place. @throws SqliteError */
  find(event: PackedEvent, reading: Reading): SeriesInfo | undefined {
    const key = keyOf(event.guid, reading, event.data);
    const known = this.#series.get(key);
    const priority = 1 << priorityOfHead(event.head);
    if (known !== undefined) {
      if ((known.priorities & priority) === 0) this.#widen(known, priority);
      return known;
    }
    if (this.#series.size >= MAX_SERIES) {
      this.refused++;
      return undefined;
    }
    return this.#make(event, reading, priority);
  }

  /** The series of a value that an event ends; undefined when nobody has told of that state. @throws SqliteError */
  known(event: PackedEvent, reading: Reading): SeriesInfo | undefined {
    return this.#series.has(keyOf(event.guid, reading, event.data)) ? this.find(event, reading) : undefined;
  }

  /** @throws SqliteError */
  #make(event: PackedEvent, reading: Reading, priorities: number): SeriesInfo {
    const { vscpClass, vscpType, sensorIndex, index, zone, subzone, unit } = reading;
    const interfaceGuid = interfaceGuidOf(event);
    const [guid, sinceMs] = [formatGuid(event.guid), event.timeMs];
    const info: SeriesInfo = {
      ...{ id: this.#nextId, vscpClass, vscpType, guid, interfaceGuid, sensorIndex },
      ...{ index, zone, subzone, unit, priorities, sinceMs },
    };
    this.#database.run(
      `INSERT INTO series(${COLUMNS}) VALUES(?,?,?,?,?,?,?,?,?,?,?,?)`,
      ...[info.id, vscpClass, vscpType, guid, interfaceGuid ?? null, sensorIndex],
      ...[index ?? null, zone ?? null, subzone ?? null, unit, priorities, sinceMs],
    );
    this.#take(info);
    return info;
  }

  #widen(info: SeriesInfo, priority: number): void {
    const priorities = info.priorities | priority;
    this.#database.run('UPDATE series SET priorities=? WHERE id=?', priorities, info.id);
    this.#take({ ...info, priorities });
  }

  #take(info: SeriesInfo): void {
    const interfaceGuid = info.interfaceGuid === undefined ? NONE : parseGuid(info.interfaceGuid);
    this.#series.set(keyOf(parseGuid(info.guid), info, interfaceGuid), info);
    this.#nextId = Math.max(this.#nextId, info.id + 1);
    this.#onSeries(info);
  }
}

/** The priorities of a series' bits. */
export function prioritiesIn(bits: number): number[] {
  return Array.from({ length: MAX_PRIORITY + 1 }, (_, priority) => priority).filter(
    (priority) => (bits & (1 << priority)) !== 0,
  );
}

function infoOf(row: Row): SeriesInfo {
  const optional = (column: number): number | undefined =>
    row.isNull(column) ? undefined : row.number(column);
  return {
    id: row.number(0),
    vscpClass: row.number(1),
    vscpType: row.number(2),
    guid: row.text(3),
    interfaceGuid: row.isNull(4) ? undefined : row.text(4),
    sensorIndex: row.number(5),
    index: optional(6),
    zone: optional(7),
    subzone: optional(8),
    unit: row.number(9),
    priorities: row.number(10),
    sinceMs: row.number(11),
  };
}

/** Class and type (2 each), sensor index, index, zone, subzone, unit; the class tells whether it has all of them. */
const NUMBERS_SIZE = 2 * 2 + 5;
const scratch = Buffer.alloc(2 * GUID_SIZE + NUMBERS_SIZE);

/**
 * What a series is found by, as text. It is made for every value, of numbers as they are.
 * @param interfaceGuid begins with that GUID when the class is one of level I over level II
 */
function keyOf(
  guid: Uint8Array,
  identity: Omit<SeriesIdentity, 'interfaceGuid'>,
  interfaceGuid: Uint8Array,
): string {
  const { vscpClass, vscpType, sensorIndex, index = 0, zone = 0, subzone = 0, unit } = identity;
  scratch.set(guid);
  scratch.writeUInt16BE(vscpClass, GUID_SIZE);
  scratch.writeUInt16BE(vscpType, GUID_SIZE + 2);
  let end = GUID_SIZE + 4;
  scratch[end++] = sensorIndex;
  scratch[end++] = index;
  scratch[end++] = zone;
  scratch[end++] = subzone;
  scratch[end++] = unit;
  if (isLevel1OverLevel2(vscpClass)) {
    for (let at = 0; at < GUID_SIZE; at++) scratch[end++] = interfaceGuid[at] ?? 0;
  }
  return scratch.toString('latin1', 0, end);
}
