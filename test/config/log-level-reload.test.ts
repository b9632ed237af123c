import assert from 'node:assert/strict';
import { promises as fs } from 'node:fs';
import { test } from 'node:test';
import { watchLogLevels } from '../../src/config/log-level-reload.ts';
import type { Logger, LoggingSettings } from '../../src/logging/logger.ts';
import { tempFolder } from './temp-folder.ts';

const folder = tempFolder();

test('edited log levels take effect; a bad file changes nothing and is logged', async (context) => {
  const users = folder.file('users.xml', '<users/>');
  const text = (level: string): string =>
    JSON.stringify({
      'path-users': users,
      logging: { 'file-log-level': level, 'console-log-level': 'warn' },
    });
  const file = folder.file('driver.json', text('info'));
  const levels: Pick<LoggingSettings, 'fileLevel' | 'consoleLevel'>[] = [];
  let told: (line: string) => void = () => undefined;
  const nextLine = (): Promise<string> =>
    new Promise((resolve) => {
      told = resolve;
    });
  const say = (message: string): void => told(message);
  const log: Logger = {
    trace: say,
    debug: say,
    info: say,
    warn: say,
    err: say,
    critical: say,
    enabled: () => true,
  };
  const logs = { setLevels: (given: (typeof levels)[number]) => levels.push(given) };
  const host = { guid: new Uint8Array(16) };
  const watcher = watchLogLevels({ file, context: host, logs, log, debounceMs: 20, pollMs: 100 });
  const alive = setInterval(() => undefined, 1000);
  context.after(() => {
    watcher.close();
    clearInterval(alive);
  });
  await watcher.ready;
  const steps: [text: string, line: RegExp][] = [
    [text('debug'), /log levels are now debug \(file\) and warn \(console\)$/],
    ['{"path-users"', /driver\.json:1:14: .*; the settings read before stay in force$/],
    [text('loud'), /file-log-level: found "loud".*; the settings read before stay in force$/],
    [text('off'), /log levels are now off/],
  ];
  for (const [content, line] of steps) {
    const logged = nextLine();
    // In one stroke: under load the watcher could read a file that has only been emptied yet.
    await fs.writeFile(`${file}.new`, content);
    await fs.rename(`${file}.new`, file);
    assert.match(await logged, line);
  }
  assert.deepEqual(levels, [
    { fileLevel: 'debug', consoleLevel: 'warn' },
    { fileLevel: 'off', consoleLevel: 'warn' },
  ]);
});
