import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { defaultSettings } from '../../src/config/read-settings.ts';
import { createLogger } from '../../src/logging/create-logger.ts';
import type { LoggingSettings } from '../../src/logging/logger.ts';

const ROOT = new URL('../..', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'logger-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;

/** File logging into a new folder, console off. */
function settings(more: Partial<LoggingSettings> = {}): LoggingSettings {
  const filePath = join(folder, String(++count), 'x.log');
  return {
    ...defaultSettings().logging,
    fileEnable: true,
    filePath,
    filePattern: '%l %n %v',
    consoleEnable: false,
    ...more,
  };
}

function content({ filePath }: LoggingSettings): string {
  return readFileSync(filePath, 'utf8');
}

/** Runs a program that logs to the console; `log` and `logs` are there. */
const PROGRAM = `
  const { createLogger } = await import('./src/logging/create-logger.ts');
  const { defaultSettings } = await import('./src/config/read-settings.ts');
  const logs = createLogger({ ...defaultSettings().logging, consolePattern: '%l %v', ...JSON.parse(process.argv[1]) });
  const log = logs.logger('test');
`;

function runLogging(
  body: string,
  options: { stdio?: (number | 'pipe' | 'ignore')[]; settings?: Partial<LoggingSettings> } = {},
): ChildProcess {
  const args = [
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    PROGRAM + body,
    JSON.stringify(options.settings ?? {}),
  ];
  return spawn(process.execPath, args, { cwd: ROOT, stdio: options.stdio ?? ['ignore', 'pipe', 'pipe'] });
}

test('a level lets through what is as grave or graver, off nothing', async () => {
  const cases: [LoggingSettings['fileLevel'], string[]][] = [
    ['trace', ['trace', 'debug', 'info', 'warning', 'error', 'critical']],
    ['info', ['info', 'warning', 'error', 'critical']],
    ['critical', ['critical']],
    ['off', []],
  ];
  for (const [fileLevel, expected] of cases) {
    const used = settings({ fileLevel, filePattern: '%l' });
    const logs = createLogger(used);
    const log = logs.logger('x');
    for (const level of ['trace', 'debug', 'info', 'warn', 'err', 'critical'] as const) {
      log[level]('message');
      assert.equal(
        log.enabled(level),
        expected.includes({ warn: 'warning', err: 'error' }[level as string] ?? level),
      );
    }
    await logs.close();
    const lines = expected.length === 0 ? [] : content(used).trim().split('\n');
    assert.deepEqual(lines, expected, fileLevel);
  }
});

test('levels change while running', async () => {
  const used = settings({ fileLevel: 'warn' });
  const logs = createLogger(used);
  const log = logs.logger('ws1');
  log.info('one');
  logs.setLevels({ fileLevel: 'debug', consoleLevel: 'off' });
  log.debug('two');
  logs.setLevels({ fileLevel: 'off', consoleLevel: 'off' });
  log.critical('three');
  await logs.close();
  assert.equal(content(used), 'debug ws1 two\n');
});

test('a burst of 50 000 lines arrives whole and in order, through winston and rotation', async () => {
  const used = settings({ fileMaxSize: 300_000, fileMaxFiles: 50, filePattern: '%v' });
  const logs = createLogger(used);
  const log = logs.logger('burst');
  for (let index = 0; index < 50_000; index++) log.info(`line ${index}`);
  await logs.close();
  let text = '';
  for (let index = 50; index > 0; index--) {
    try {
      text += readFileSync(used.filePath.replace('.log', `.${index}.log`), 'utf8');
    } catch {
      // Not as many files as that.
    }
  }
  const lines = (text + content(used)).split('\n').slice(0, -1);
  assert.equal(lines.length, 50_000);
  assert.ok(lines.every((line, index) => line === `line ${index}`));
});

test('a message stays one line, of bounded length, without credentials', async () => {
  const used = settings({ filePattern: '%v' });
  const logs = createLogger(used);
  const log = logs.logger('x');
  log.info('forged\n2026-01-01 [info] login of admin\x1b[2J');
  log.info(`C;AUTH;${'0'.repeat(32)};${'A'.repeat(64)}`);
  log.info('x'.repeat(100_000));
  await logs.close();
  const lines = content(used).split('\n').slice(0, -1);
  assert.equal(lines.length, 3);
  assert.equal(lines[0], 'forged\\n2026-01-01 [info] login of admin\\x1b[2J');
  assert.equal(lines[1], `C;AUTH;${'0'.repeat(32)};(hidden)`);
  assert.equal(lines[2]?.length, 8193);
});

test('closing twice and logging afterwards do no harm', async () => {
  const used = settings();
  const logs = createLogger(used);
  const log = logs.logger('x');
  log.info('one');
  await Promise.all([logs.close(), logs.close()]);
  log.info('two');
  assert.equal(log.enabled('critical'), false);
  assert.equal(content(used), 'info x one\n');
});

test('the last words before an environment ends can be written at once', async () => {
  const used = settings();
  const logs = createLogger(used);
  const log = logs.logger('x');
  log.info('one');
  while (!existsSync(used.filePath)) await new Promise(setImmediate);
  log.critical('the end');
  logs.flushSync();
  assert.match(content(used), /critical x the end\n$/);
  await logs.close();
  assert.equal(content(used), 'info x one\ncritical x the end\n');
});

test('without file logging no file and no folder is made', async () => {
  const used = settings({ fileEnable: false });
  const logs = createLogger(used);
  logs.logger('x').critical('nothing');
  await logs.close();
  assert.ok(!readdirSync(folder).includes(String(count)));
});

test('console lines go to the standard output', async () => {
  const child = runLogging(`log.info('one'); log.debug('no'); log.err('two'); await logs.close();`);
  let text = '';
  child.stdout?.on('data', (chunk) => {
    text += chunk;
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
  assert.equal(text, 'info one\nerror two\n');
});

test('a console that is closed, read-only, full or a reader that went away does no harm', async () => {
  const readOnly = openSync('/dev/null', 'r');
  const full = openSync('/dev/full', 'w');
  const used = settings();
  const body = `for (let i = 0; i < 2000; i++) log.warn('line ' + i); await logs.close();`;
  for (const stdout of [readOnly, full]) {
    const child = runLogging(body, {
      stdio: ['ignore', stdout, 'pipe'],
      settings: { ...used, consoleEnable: true },
    });
    assert.deepEqual(await once(child, 'close'), [0, null]);
  }
  const shell = `exec "$0" --import tsx --input-type=module -e "$1" "$2" >&- 2>&-`;
  execFileSync(
    'sh',
    ['-c', shell, process.execPath, PROGRAM + body, JSON.stringify({ ...used, consoleEnable: true })],
    {
      cwd: ROOT,
    },
  );
  const gone = runLogging(body, { settings: { ...used, consoleEnable: true } });
  gone.stdout?.destroy();
  assert.deepEqual(await once(gone, 'close'), [0, null]);
  assert.equal(content(used).split('\n').length - 1, 4 * 2000, 'the file got every line of all four');
  closeSync(readOnly);
  closeSync(full);
});

test('a reader that has stopped reading the console blocks nothing', async () => {
  const body = `
    for (let i = 0; i < 20000; i++) log.warn('line ' + i);
    process.stderr.write('done');
    await logs.close();
    process.stderr.write('closed');
    process.exit(0);`;
  const child = runLogging(body);
  let told = '';
  child.stderr?.on('data', (chunk) => {
    told += chunk;
  });
  // Nobody reads stdout: its pipe is full after 64 KiB.
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
  if (!told.includes('closed')) await once(child.stderr ?? child, 'close');
  assert.equal(told, 'doneclosed');
});

test('a log file that cannot be written is told on the console', async () => {
  const child = runLogging(
    `log.info('one'); await new Promise((r) => setTimeout(r, 50)); await logs.close();`,
    { settings: { fileEnable: true, filePath: '/proc/no/x.log' } },
  );
  let text = '';
  child.stdout?.on('data', (chunk) => {
    text += chunk;
  });
  await once(child, 'close');
  assert.match(text, /^info one\nerror log file \/proc\/no\/x\.log cannot be written: ENOENT/);
});
