/**
 * Keeps values in the history file that its argument names, 100 a commit, until it is killed; prints how many are
 * committed.
 */
import { plainSqliteHost } from '../../src/history/sqlite.ts';
import { HistoryStore } from '../../src/history/store.ts';
import { temperatureAt } from './values.ts';

const [, , path = '', from = '0'] = process.argv;
const store = new HistoryStore({
  path,
  host: plainSqliteHost(),
  maxBytes: 64 * 1024 * 1024,
  retention: { raw: 7, minute: 30, quarter: 730, day: 0 },
  nowMs: () => Date.now(),
  firstId: 1,
  onSeries: () => undefined,
});
for (let count = Number(from); ; ) {
  for (let i = 0; i < 100; i++) store.add(temperatureAt(count++));
  store.commit();
  process.stdout.write(`${count}\n`);
}
