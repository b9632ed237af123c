import { libraryFunctions, type NativeFunction } from '../core/native-calls.ts';

/** The functions of SQLite that are used: result and parameters as C types. */
export const SQLITE_CALLS = {
  sqlite3_prepare_v2: ['int', 'void *', 'str', 'int', 'void *', 'void *'],
  sqlite3_step: ['int', 'void *'],
  sqlite3_reset: ['int', 'void *'],
  sqlite3_finalize: ['int', 'void *'],
  sqlite3_bind_double: ['int', 'void *', 'int', 'double'],
  sqlite3_bind_int64: ['int', 'void *', 'int', 'int64'],
  sqlite3_bind_text: ['int', 'void *', 'int', 'str', 'int', 'intptr_t'],
  sqlite3_bind_null: ['int', 'void *', 'int'],
  sqlite3_column_double: ['double', 'void *', 'int'],
  sqlite3_column_type: ['int', 'void *', 'int'],
  sqlite3_column_text: ['str', 'void *', 'int'],
  sqlite3_errmsg: ['str', 'void *'],
  sqlite3_libversion: ['str'],
} as const satisfies Record<string, readonly [result: string, ...parameters: string[]]>;
export type SqliteCalls = Record<keyof typeof SQLITE_CALLS, NativeFunction>;

export const LIBRARY_NAME = 'libsqlite3.so.0';
const OPEN_READ_WRITE = 0x2;
const OPEN_CREATE = 0x4;
const OPEN_READ_ONLY = 0x1;
const OK = 0;
const ROW = 100;
const DONE = 101;
const NULL_TYPE = 5;
/** Tells SQLite to copy a text before the call returns. */
const TRANSIENT = -1;
/** Of codes: the kind of the error without its details. */
const KIND = 0xff;

/** Kinds of errors that are told apart. */
export const SQLITE_ERRORS = {
  busy: 5,
  readOnly: 8,
  interrupted: 9,
  io: 10,
  corrupt: 11,
  full: 13,
  notADatabase: 26,
};

export class SqliteError extends Error {
  /** One of SQLITE_ERRORS, or another of SQLite's. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code & KIND;
  }
}

/** Where SQLite comes from, and who keeps the connection. Only one is open at a time. */
export interface SqliteHost {
  readonly calls: SqliteCalls;
  /** Returns SQLite's code and the connection, which may exist after an error, too; 0n = none. */
  open(path: string, flags: number): { code: number; handle: bigint };
  close(handle: bigint): void;
}

/** SQLite through koffi alone, for the command-line helper and for tests. @throws Error when there is no library */
export function plainSqliteHost(): SqliteHost {
  const calls = libraryFunctions(LIBRARY_NAME, SQLITE_CALLS);
  const { sqlite3_open_v2: open, sqlite3_close_v2: close } = libraryFunctions(LIBRARY_NAME, {
    sqlite3_open_v2: ['int', 'str', 'void *', 'int', 'void *'],
    sqlite3_close_v2: ['int', 'void *'],
  });
  return {
    calls,
    open: (path, flags) => {
      const place = pointerPlace();
      const code = open(path, place, flags, null);
      return { code, handle: place.readBigUInt64LE() };
    },
    close: (handle) => void close(handle),
  };
}

/** Memory that does not move, for a pointer. */
function pointerPlace(): Buffer {
  return Buffer.allocUnsafeSlow(8).fill(0);
}

export type SqlValue = number | string | null;

/** A statement that is run many times. */
export class Statement {
  readonly #calls: SqliteCalls;
  readonly #database: Database;
  readonly #handle: bigint;

  constructor(calls: SqliteCalls, database: Database, handle: bigint) {
    this.#calls = calls;
    this.#database = database;
    this.#handle = handle;
  }

  /** @throws SqliteError */
  run(...values: readonly SqlValue[]): void {
    this.#bind(values);
    const code = this.#calls.sqlite3_step(this.#handle);
    this.#end(code);
  }

  /** Binds rows of a time, a series and a value each, in the fastest way. @throws SqliteError */
  insert(rows: Float64Array): void {
    const { sqlite3_bind_int64: bindInt, sqlite3_bind_double: bindDouble } = this.#calls;
    for (let at = 0; at < rows.length; at += 3) {
      bindInt(this.#handle, at + 1, rows[at] ?? 0);
      bindInt(this.#handle, at + 2, rows[at + 1] ?? 0);
      bindDouble(this.#handle, at + 3, rows[at + 2] ?? 0);
    }
    this.#end(this.#calls.sqlite3_step(this.#handle));
  }

  /** Calls `visit` for each row. @throws SqliteError */
  each(values: readonly SqlValue[], visit: (row: Row) => void): void {
    this.#bind(values);
    const row: Row = {
      number: (column) => this.#calls.sqlite3_column_double(this.#handle, column),
      text: (column) => String(this.#calls.sqlite3_column_text(this.#handle, column) ?? ''),
      isNull: (column) => this.#calls.sqlite3_column_type(this.#handle, column) === NULL_TYPE,
    };
    let code = this.#calls.sqlite3_step(this.#handle);
    try {
      for (; code === ROW; code = this.#calls.sqlite3_step(this.#handle)) visit(row);
    } finally {
      this.#end(code === ROW ? DONE : code);
    }
  }

  /** The first column of the first row; undefined where there is none or it is null. */
  value(...values: readonly SqlValue[]): number | undefined {
    let found: number | undefined;
    this.each(values, (row) => {
      if (!row.isNull(0)) found ??= row.number(0);
    });
    return found;
  }

  /** Of no use afterwards. */
  finalize(): void {
    this.#calls.sqlite3_finalize(this.#handle);
  }

  #bind(values: readonly SqlValue[]): void {
    const calls = this.#calls;
    for (const [index, value] of values.entries()) {
      if (value === null) calls.sqlite3_bind_null(this.#handle, index + 1);
      else if (typeof value === 'string')
        calls.sqlite3_bind_text(this.#handle, index + 1, value, -1, TRANSIENT);
      else if (Number.isSafeInteger(value)) calls.sqlite3_bind_int64(this.#handle, index + 1, value);
      else calls.sqlite3_bind_double(this.#handle, index + 1, value);
    }
  }

  #end(code: number): void {
    const reset = this.#calls.sqlite3_reset(this.#handle);
    if (code !== DONE && code !== ROW) throw this.#database.error(reset === OK ? code : reset);
  }
}

export interface Row {
  number(column: number): number;
  text(column: number): string;
  isNull(column: number): boolean;
}

/** One open database. */
export class Database {
  readonly #host: SqliteHost;
  readonly #handle: bigint;
  readonly #statements = new Map<string, Statement>();

  private constructor(host: SqliteHost, handle: bigint) {
    this.#host = host;
    this.#handle = handle;
  }

  /** @throws SqliteError */
  static open(host: SqliteHost, path: string, mode: 'write' | 'read'): Database {
    const flags = mode === 'read' ? OPEN_READ_ONLY : OPEN_READ_WRITE | OPEN_CREATE;
    const { code, handle } = host.open(path, flags);
    if (handle === 0n) throw new SqliteError(code, `SQLite cannot open it (code ${code})`);
    const database = new Database(host, handle);
    if (code === OK) return database;
    const error = database.error(code);
    host.close(handle);
    throw error;
  }

  error(code: number): SqliteError {
    return new SqliteError(code, `${this.#host.calls.sqlite3_errmsg(this.#handle)}`);
  }

  /** The statement with that text, made once. @throws SqliteError */
  statement(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const place = pointerPlace();
    const code = this.#host.calls.sqlite3_prepare_v2(this.#handle, sql, -1, place, null);
    if (code !== OK) throw this.error(code);
    const statement = new Statement(this.#host.calls, this, place.readBigUInt64LE());
    this.#statements.set(sql, statement);
    return statement;
  }

  /** @throws SqliteError */
  run(sql: string, ...values: readonly SqlValue[]): void {
    this.statement(sql).each(values, () => undefined);
  }

  /** Runs statements, each on its own. @throws SqliteError */
  runAll(statements: readonly string[]): void {
    for (const sql of statements) this.run(sql);
  }

  /** The first column of the first row; undefined when there is none or it is null. @throws SqliteError */
  value(sql: string, ...values: readonly SqlValue[]): number | undefined {
    return this.statement(sql).value(...values);
  }

  close(): void {
    for (const statement of this.#statements.values()) statement.finalize();
    this.#statements.clear();
    this.#host.close(this.#handle);
  }
}
