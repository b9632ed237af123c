import { announceCalls, functionAt, memoryAt } from '../core/native-calls.ts';
import { SQLITE_CALLS, type SqliteCalls, type SqliteHost } from './sqlite.ts';

/** Addresses of what the shim keeps for the history of an instance: native-shim/sqlite_slot.h. */
export interface ShimSqlite {
  instance: bigint;
  load: bigint;
  open: bigint;
  close: bigint;
  block: bigint;
}

/** SqliteBlock: two words of 32 bits, the connection, addresses of functions. */
const WORDS_SIZE = 8;
const DATABASE_AT = 8n;
const FUNCTIONS_AT = 16n;
const MAX_FUNCTIONS = 32;
const CALLING = 1;
/** Value of the second word while the thread is not ready for calls. */
const STARTING = 2;
const REASON_BYTES = 256;

function wordsOf({ block }: ShimSqlite): Uint32Array {
  return new Uint32Array(memoryAt(block, WORDS_SIZE));
}

/** On the runtime's thread, before the history's is started: the shim waits for it until it is ready. */
export function announceThread(shim: ShimSqlite): void {
  Atomics.store(wordsOf(shim), CALLING, STARTING);
}

/** On the runtime's thread: the history's could not be started, or has ended. */
export function threadEnded(shim: ShimSqlite): void {
  Atomics.store(wordsOf(shim), CALLING, 0);
}

/** On the history's thread, before all else. */
export function readyForCalls(shim: ShimSqlite): void {
  announceCalls(wordsOf(shim));
}

/** SQLite as the shim loads it; the shim keeps the connection. @throws Error when there is no library */
export function shimSqliteHost(shim: ShimSqlite): SqliteHost {
  const names = Object.keys(SQLITE_CALLS);
  const reason = Buffer.allocUnsafeSlow(REASON_BYTES).fill(0);
  const load = functionAt(shim.load, 'int', ['void *', 'str', 'void *', 'uint32']);
  if (load(shim.instance, names.join(' '), reason, REASON_BYTES) !== 0) {
    throw new Error(reason.toString('utf8', 0, reason.indexOf(0)));
  }
  const addresses = new BigUint64Array(memoryAt(shim.block + FUNCTIONS_AT, MAX_FUNCTIONS * 8));
  const made = Object.entries(SQLITE_CALLS).map(([name, [result, ...parameters]], index) => [
    name,
    functionAt(addresses[index] ?? 0n, result, parameters),
  ]);
  const database = new BigUint64Array(memoryAt(shim.block + DATABASE_AT, 8));
  const open = functionAt(shim.open, 'int', ['void *', 'str', 'int']);
  const close = functionAt(shim.close, 'void', ['void *']);
  return {
    calls: Object.fromEntries(made) as SqliteCalls,
    open: (path, flags) => ({ code: open(shim.instance, path, flags), handle: database[0] ?? 0n }),
    close: () => void close(shim.instance),
  };
}
