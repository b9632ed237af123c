/** Version of the tables; a file of another version is not touched. */
export const SCHEMA_VERSION = 1;
/** "VSCP": marks a database as a history of this driver. */
export const APPLICATION_ID = 0x56534350;
export const PAGE_BYTES = 4096;
const CACHE_KB = 4096;
/** Pages of the log after which they are taken over into the file: fewer of them are written twice than by default. */
const LOG_PAGES = 2000;
const MIN_PAGES = 64;

/** Before this nobody has set the clock: 2024-01-01. */
export const CLOCK_IS_RIGHT_FROM_MS = Date.UTC(2024, 0, 1);

const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The tables of sums, each made of the one before it; their `t` counts buckets of `bucketMs` since 1970. */
export const ROLL_UPS = [
  { name: 'minute', bucketMs: MINUTE_MS },
  { name: 'quarter', bucketMs: 15 * MINUTE_MS },
  { name: 'day', bucketMs: DAY_MS },
] as const;
export type RollUp = (typeof ROLL_UPS)[number];
export type RollUpName = RollUp['name'];

export function pagesOf(maxBytes: number): number {
  return Math.max(MIN_PAGES, Math.floor(maxBytes / PAGE_BYTES));
}

/**
 * For a connection that writes. EXCLUSIVE: no file of shared memory. FULL: what is committed survives a loss of
 * power. Nothing waits for a lock (busy_timeout), and nothing is mapped into memory: a file that is cut off would
 * end the host.
 */
export function openingPragmas(maxBytes: number): string[] {
  return [
    'PRAGMA busy_timeout=0',
    'PRAGMA mmap_size=0',
    'PRAGMA locking_mode=EXCLUSIVE',
    `PRAGMA page_size=${PAGE_BYTES}`,
    'PRAGMA journal_mode=WAL',
    'PRAGMA synchronous=FULL',
    `PRAGMA cache_size=-${CACHE_KB}`,
    'PRAGMA temp_store=MEMORY',
    `PRAGMA wal_autocheckpoint=${LOG_PAGES}`,
    `PRAGMA journal_size_limit=${LOG_PAGES * PAGE_BYTES * 2}`,
    `PRAGMA max_page_count=${pagesOf(maxBytes)}`,
  ];
}

/** In files of before it, too: whoever does not know it leaves it alone. */
export const CHANGE_TABLE = `CREATE TABLE IF NOT EXISTS change(series INTEGER NOT NULL, t INTEGER NOT NULL,
  value INTEGER NOT NULL, PRIMARY KEY(series, t)) WITHOUT ROWID`;

/** Raw values lie in the order of time: written at the end, deleted at the beginning. */
export const TABLES: readonly string[] = [
  `CREATE TABLE series(id INTEGER PRIMARY KEY, class INTEGER NOT NULL, type INTEGER NOT NULL, guid TEXT NOT NULL,
     interface TEXT, sensor INTEGER NOT NULL, idx INTEGER, zone INTEGER, subzone INTEGER, unit INTEGER NOT NULL,
     priorities INTEGER NOT NULL, since INTEGER NOT NULL)`,
  `CREATE TABLE raw(t INTEGER NOT NULL, series INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY(t, series))
     WITHOUT ROWID`,
  ...ROLL_UPS.map(
    ({ name }) =>
      `CREATE TABLE ${name}(series INTEGER NOT NULL, t INTEGER NOT NULL, n INTEGER NOT NULL, sum REAL NOT NULL,
         min REAL NOT NULL, max REAL NOT NULL, PRIMARY KEY(series, t)) WITHOUT ROWID`,
  ),
  // Up to when each table of sums is complete, Unix ms.
  'CREATE TABLE watermark(name TEXT PRIMARY KEY, t INTEGER NOT NULL) WITHOUT ROWID',
  `PRAGMA application_id=${APPLICATION_ID}`,
  `PRAGMA user_version=${SCHEMA_VERSION}`,
];
