import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeDriverFolder } from '../support/driver-folder.ts';
import { LiveDriver, waitFor } from '../support/live-driver.ts';
import { NativeHost, type OutputKind } from '../support/native-host.ts';
import { TestClient } from '../support/ws-client.ts';

/** Beyond what a stalled reader's buffer and the queue before it hold together: 3 MB. */
const REQUESTS = 600;
const REQUEST = `C;NOOP;${'x'.repeat(5000)}`;
/** Against hangs: a blocked loop would never come back. */
const MAX_DELAY_S = 30;
const PATTERN = '%H:%M:%S.%e [%l] [%n] %v';
const LOST = /^\((\d+) log lines were lost here/;

type Reader = 'reads' | 'has stalled' | 'stalls, then reads' | 'has closed it' | 'is nobody';

const MATRIX: readonly [OutputKind, readonly Reader[]][] = [
  ['file', ['reads', 'has stalled']],
  ['pipe', ['reads', 'has stalled', 'stalls, then reads', 'has closed it']],
  ['fifo', ['reads', 'has stalled', 'stalls, then reads', 'has closed it']],
  ['tty', ['reads', 'has stalled', 'stalls, then reads', 'has closed it']],
  ['socket', ['reads', 'has stalled', 'stalls, then reads', 'has closed it']],
  ['full', ['is nobody']],
  ['closed', ['is nobody']],
];

async function openWith(context: TestContext, stdout: OutputKind, before: string[]): Promise<LiveDriver> {
  const driver = await LiveDriver.prepare({ host: { stdout }, keys: { debug: true } });
  context.after(() => driver.dispose());
  Object.assign(driver.config.logging as object, {
    'log-level': 'debug',
    'file-log-level': 'debug',
    'file-max-size': 100_000_000,
    'file-pattern': PATTERN,
    'console-enable-log': true,
    'console-pattern': PATTERN,
  });
  for (const command of before) await driver.host.request(command.replace('FILE', consoleFile(driver)));
  await driver.open();
  return driver;
}

function consoleFile(driver: LiveDriver): string {
  return join(driver.folder, 'console.txt');
}

async function exchange(driver: LiveDriver): Promise<void> {
  const client = await TestClient.connect(`${driver.url}/ws1`);
  assert.match(await client.login(), /^\+;AUTH1;/);
  for (let i = 0; i < REQUESTS; i++) client.send(REQUEST);
  for (let i = 0; i < REQUESTS; i++) assert.equal(await client.next(60_000), '+;NOOP');
  client.ws.terminate();
}

function linesOf(path: string): string[] {
  return (existsSync(path) ? readFileSync(path, 'utf8') : '').replaceAll('\r', '').split('\n').slice(0, -1);
}

/** Waits until every line is in the console's file, or counted by a line there. */
async function allAccountedFor(driver: LiveDriver, lost: number): Promise<void> {
  for (const deadline = performance.now() + 60_000; ; await sleep(100)) {
    const lines = linesOf(consoleFile(driver));
    const told = lines.reduce((sum, line) => sum + Number(LOST.exec(line)?.[1] ?? 0), 0);
    const written = lines.filter((line) => !LOST.test(line)).length;
    const all = linesOf(driver.logFile).length;
    if (told >= lost && written + told === all) return;
    const found = `${written} on the console, ${told} told as lost (metric ${lost}), ${all} in the file`;
    assert.ok(performance.now() < deadline, found);
  }
}

for (const [kind, readers] of MATRIX) {
  for (const reader of readers) {
    test(`a standard output that is a ${kind}, whose reader ${reader}, never holds up the loop`, async (context) => {
      const reads = 'console 1 read FILE';
      const before = reader === 'reads' ? [reads] : reader === 'has closed it' ? ['console 1 close'] : [];
      const driver = await openWith(context, kind, before);
      await driver.metrics();
      await exchange(driver);
      const metrics = await driver.metrics();
      const delay = metrics.get('event_loop_delay_seconds{statistic="max"}') ?? Number.NaN;
      assert.ok(delay < MAX_DELAY_S, `the loop was held up for ${delay} s`);
      const lost = metrics.get('log_lines_lost_total{destination="console"}') ?? Number.NaN;
      if (reader === 'has closed it' || kind === 'full') assert.ok(lost > 2 * REQUESTS, `${lost} counted`);
      else if (reader.includes('stall') && kind !== 'file') assert.ok(lost > 0);
      if (reader === 'stalls, then reads')
        await driver.host.request(reads.replace('FILE', consoleFile(driver)));
      if (reader.endsWith('reads')) await allAccountedFor(driver, lost);
      const closed = await driver.host.close();
      assert.equal(closed.code, 0);
      assert.ok(closed.ms < 2500, `VSCPClose took ${closed.ms} ms`);
      await driver.stop();
    });
  }
}

for (const kind of ['pipe', 'fifo', 'tty', 'socket'] as const) {
  test(`a standard error that is a ${kind} whose reader has stalled never holds up VSCPOpen`, async (context) => {
    const folder = makeDriverFolder();
    context.after(() => folder.remove());
    const host = await NativeHost.start(folder.library, { stderr: kind });
    context.after(() => host.kill());
    // Without a bundle it fails at once, with a line.
    for (let i = 0; i < 4000; i++) assert.equal((await host.open('{}')).handle, 0);
    const file = join(folder.path, 'stderr.txt');
    await host.request(`console 2 read ${file}`);
    await host.open('{}');
    await waitFor(/VSCPOpen failed: websocksrv\.cjs is not beside/, () => readFileSync(file, 'utf8'));
  });
}
