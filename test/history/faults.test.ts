/** What is committed stays, whatever ends the writer. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { plainSqliteHost } from '../../src/history/sqlite.ts';
import { HistoryStore } from '../../src/history/store.ts';
import { stateFolder } from '../support/history-driver.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { BEGIN, temperatureAt } from './values.ts';

const KILLS = Number(process.env.HISTORY_KILLS ?? 5);
const POWER_LOSSES = 15;
const SECTOR = 512;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

function open(path: string): HistoryStore {
  return new HistoryStore({
    path,
    host: plainSqliteHost(),
    maxBytes: 64 * 1024 * 1024,
    retention: { raw: 7, minute: 30, quarter: 730, day: 0 },
    nowMs: () => BEGIN,
    firstId: 1,
    onSeries: () => undefined,
  });
}

/** How many values are there: those that were committed, and perhaps some that nobody was told of. */
function countIn(store: HistoryStore, values: number): number {
  const to = BEGIN + values * 1000;
  const { series } = store.points({ series: [1], from: BEGIN, to, stepMs: 86_400_000, source: 'raw' });
  return series[0]?.n.reduce((sum, n) => sum + n, 0) ?? 0;
}

test(`after ${KILLS} kills while it writes the file opens, and nothing that was committed is lost`, async (context) => {
  const folder = stateFolder(context);
  const path = join(folder, 'history.db');
  const program = join(folder, 'writer.cjs');
  buildSync({
    entryPoints: [join(ROOT, 'test/history/writer.ts')],
    ...{
      bundle: true,
      platform: 'node',
      target: 'node18',
      format: 'cjs',
      outfile: program,
      external: ['koffi'],
    },
  });
  const random = new SeededRandom(16);
  let committed = 0;
  for (let round = 0; round < KILLS; round++) {
    const child = spawn(process.execPath, [program, path, String(committed)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_PATH: join(ROOT, 'node_modules') },
    });
    const wanted = committed + 100 * (1 + Math.floor(random.next() * 20));
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => {
      committed = Math.max(committed, Number(line));
      if (committed >= wanted) child.kill('SIGKILL');
    });
    const [, signal] = await once(child, 'close');
    assert.equal(signal, 'SIGKILL');
    const store = open(path);
    assert.ok(countIn(store, committed) >= committed, `round ${round}: ${committed} were committed`);
    store.close();
  }
  assert.ok(committed > KILLS * 100);
});

test(`after ${POWER_LOSSES} losses of power the file opens, and nothing that was committed is lost`, (context) => {
  const folder = stateFolder(context);
  const path = join(folder, 'history.db');
  const random = new SeededRandom(17);
  const store = open(path);
  let count = 0;
  const addSome = (): void => {
    for (let i = 0; i < 400; i++) store.add(temperatureAt(count++));
    store.commit();
  };
  for (let loss = 0; loss < POWER_LOSSES; loss++) {
    addSome();
    // What has been committed is on the disk; of what comes after it, any sector may be, or not.
    const [file, log] = [readFileSync(path), readFileSync(`${path}-wal`)];
    const acknowledged = count;
    addSome();
    const later = readFileSync(`${path}-wal`);
    const lost = join(folder, `lost-${loss}.db`);
    const cut = log.length + Math.floor(random.next() * (later.length - log.length + 1));
    const torn = Buffer.from(later.subarray(0, cut));
    for (let at = log.length; at < torn.length; at += SECTOR) {
      if (random.next() < 0.5)
        torn.fill(random.next() < 0.5 ? 0 : 0xa5, at, Math.min(at + SECTOR, torn.length));
    }
    if (later.length === log.length || !later.subarray(0, log.length).equals(log)) {
      // The log was begun anew meanwhile, so the file itself was written before.
      copyFileSync(path, lost);
      writeFileSync(`${lost}-wal`, later);
    } else {
      writeFileSync(lost, file);
      writeFileSync(`${lost}-wal`, torn);
    }
    const after = open(lost);
    assert.ok(countIn(after, acknowledged) >= acknowledged, `loss ${loss}: ${acknowledged} were committed`);
    after.add(temperatureAt(1_000_000));
    after.commit();
    after.close();
  }
  assert.ok(statSync(path).size > 0);
  store.close();
});
