import { once } from 'node:events';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorMessage } from '../core/errors.ts';
import { APPLICATION_ID, ROLL_UPS, SCHEMA_VERSION } from '../history/schema.ts';
import { type SeriesInfo, SeriesTable } from '../history/series-table.ts';
import { Database, plainSqliteHost, SQLITE_ERRORS, SqliteError, type Statement } from '../history/sqlite.ts';
import { quantityOf } from '../history/values.ts';
import { WANTED } from '../history/wanted.ts';
import { CommandError } from './command.ts';
import { printLine, printNote } from './terminal.ts';

/** A driver that runs lets go of the file within a second or two. */
const WAIT_MS = 15_000;
const POLL_MS = 100;
const PAGE_ROWS = 5000;

export interface ExportWish {
  source: string;
  /** Unix ms. */
  from: number;
  to: number;
  /** Undefined = all. */
  series: readonly number[] | undefined;
}

/** Opens the history for this program alone. @throws CommandError */
export async function openHistoryFile(path: string): Promise<HistoryFile> {
  const wanted = path + WANTED;
  const until = performance.now() + WAIT_MS;
  try {
    for (let isFirst = true; ; isFirst = false) {
      const database = tryToOpen(path);
      if (database !== undefined) return new HistoryFile(path, database);
      if (isFirst) writeFileSync(wanted, '');
      if (performance.now() > until) throw new CommandError(`${path}: another program has it open`);
      await sleep(POLL_MS);
    }
  } finally {
    rmSync(wanted, { force: true });
  }
}

function tryToOpen(path: string): Database | undefined {
  let database: Database | undefined;
  try {
    if (statSync(path, { throwIfNoEntry: false }) === undefined)
      throw new CommandError(`${path}: there is no history yet`);
    database = Database.open(plainSqliteHost(), path, 'write');
    database.runAll(['PRAGMA locking_mode=EXCLUSIVE', 'PRAGMA mmap_size=0', 'BEGIN IMMEDIATE', 'COMMIT']);
    const isOurs =
      database.value('PRAGMA application_id') === APPLICATION_ID &&
      database.value('PRAGMA user_version') === SCHEMA_VERSION;
    if (!isOurs) throw new CommandError(`${path}: this is no history that this version can read`);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof SqliteError && error.code === SQLITE_ERRORS.busy) return undefined;
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${path}: ${errorMessage(error)}`);
  }
}

class HistoryFile {
  readonly #path: string;
  readonly #database: Database;
  readonly #series = new Map<number, SeriesInfo>();

  constructor(path: string, database: Database) {
    this.#path = path;
    this.#database = database;
    new SeriesTable(database, 1, (info) => this.#series.set(info.id, info));
  }

  info(withSeries: boolean): void {
    const size = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    const free = (this.#database.value('PRAGMA freelist_count') ?? 0) * 4096;
    printLine(`file      ${this.#path}`);
    printLine(`size      ${megabytes(size(this.#path))}, ${megabytes(free)} of it free`);
    printLine(`log       ${megabytes(size(`${this.#path}-wal`))}`);
    printLine(`series    ${this.#series.size}`);
    for (const [name, unitMs] of [
      ['raw', 1] as const,
      ...ROLL_UPS.map((r) => [r.name, r.bucketMs] as const),
    ]) {
      const oldest = this.#database.value(`SELECT min(t) FROM ${name}`);
      const newest = this.#database.value(`SELECT max(t) FROM ${name}`);
      const span =
        oldest === undefined || newest === undefined
          ? 'empty'
          : `${timeOf(oldest * unitMs)} to ${timeOf(newest * unitMs)}`;
      printLine(`${name.padEnd(9)} ${span}`);
    }
    if (!withSeries) return;
    for (const info of this.#series.values()) {
      printLine(`${String(info.id).padStart(6)}  ${describe(info).join(' ')}  since ${timeOf(info.sinceMs)}`);
    }
  }

  vacuum(): void {
    const before = statSync(this.#path).size;
    try {
      this.#database.runAll(['VACUUM', 'PRAGMA wal_checkpoint(TRUNCATE)']);
    } catch (error) {
      throw new CommandError(`${this.#path}: ${errorMessage(error)}`);
    }
    printNote(`${megabytes(before)} before, ${megabytes(statSync(this.#path).size)} now`);
  }

  /** Page by page, as fast as the output takes them. */
  async export({ source, from, to, series }: ExportWish): Promise<void> {
    const names = 'series,kind,class,type,guid,sensor,unit';
    await write(`time,${names},${source === 'raw' ? 'value' : 'n,mean,min,max'}\r\n`);
    const wanted = series && new Set(series);
    if (source === 'raw') await this.#exportRaw(from, to, wanted);
    else await this.#exportSums(source, from, to, wanted);
  }

  async #exportRaw(from: number, to: number, wanted: ReadonlySet<number> | undefined): Promise<void> {
    const statement = this.#database.statement(
      `SELECT t, series, value FROM raw WHERE (t, series) > (?, ?) AND t < ? ORDER BY t, series LIMIT ${PAGE_ROWS}`,
    );
    let last: [number, number] | undefined = [from, -1];
    while (last !== undefined) {
      const [text, next] = this.#page(statement, [...last, to], 1, (row) => {
        const [t = 0, id = 0, value = 0] = row;
        return wanted?.has(id) === false ? '' : `${timeOf(t)},${this.#columns(id)},${value}\r\n`;
      });
      last = next && [next[0] ?? 0, next[1] ?? 0];
      await write(text);
    }
  }

  async #exportSums(
    source: string,
    from: number,
    to: number,
    wanted: ReadonlySet<number> | undefined,
  ): Promise<void> {
    const unitMs = ROLL_UPS.find(({ name }) => name === source)?.bucketMs ?? 1;
    const statement = this.#database.statement(
      `SELECT t, n, sum/n, min, max FROM ${source} WHERE series=? AND t>? AND t<? ORDER BY t LIMIT ${PAGE_ROWS}`,
    );
    for (const id of this.#series.keys()) {
      if (wanted?.has(id) === false) continue;
      let last: number | undefined = Math.ceil(from / unitMs) - 1;
      while (last !== undefined) {
        const [text, next]: [string, number[] | undefined] = this.#page(
          statement,
          [id, last, to / unitMs],
          4,
          ([t = 0, ...values]) => `${timeOf(t * unitMs)},${this.#columns(id)},${values.join()}\r\n`,
        );
        last = next?.[0];
        await write(text);
      }
    }
  }

  /** The lines of one page, and its last row, if there may be more. */
  #page(
    statement: Statement,
    values: number[],
    lastColumn: number,
    lineOf: (row: number[]) => string,
  ): [string, number[] | undefined] {
    let text = '';
    let rows = 0;
    let last: number[] | undefined;
    statement.each(values, (row) => {
      last = Array.from({ length: Math.max(lastColumn + 1, 3) }, (_, column) => row.number(column));
      text += lineOf(last);
      rows++;
    });
    return [text, rows < PAGE_ROWS ? undefined : last];
  }

  #columns(id: number): string {
    const info = this.#series.get(id);
    return info === undefined ? `${id},,,,,,` : [id, ...describe(info)].join();
  }

  close(): void {
    this.#database.close();
  }
}

function describe(info: SeriesInfo): (string | number)[] {
  const { kind, symbol } = quantityOf(info);
  const { vscpClass, vscpType, guid, sensorIndex, unit } = info;
  return [kind, vscpClass, vscpType, guid, sensorIndex, symbol === '' ? unit : symbol];
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MB`;
}

async function write(text: string): Promise<void> {
  if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
}
