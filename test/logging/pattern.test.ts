import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogLevel } from '../../src/logging/logger.ts';
import { compilePattern } from '../../src/logging/pattern.ts';

const time = new Date(2026, 0, 5, 3, 4, 9, 78);
const record = { time, level: 'warn', name: 'ws1', message: 'hello 100% %v' } as const;

const PATTERNS: [pattern: string, line: string | RegExp][] = [
  ['%v', 'hello 100% %v'],
  ['[%l] %v', '[warning] hello 100% %v'],
  ['%L|%n', 'W|ws1'],
  ['%Y-%m-%d %H:%M:%S.%e', '2026-01-05 03:04:09.078'],
  ['%f', '078000'],
  ['%z', /^[+-]\d\d:\d\d$/],
  ['%c', 'Mon Jan  5 03:04:09 2026'],
  ['%P', String(process.pid)],
  ['%t', /^\d+$/],
  ['%^%l%$', 'warning'],
  ['100%%', '100%'],
  ['%q %1 %x%', '%q %1 %x%'],
  ['%_%constructor', '%_Mon Jan  5 03:04:09 2026onstructor'],
  ['plain', 'plain'],
  ['', ''],
];

for (const [pattern, expected] of PATTERNS) {
  test(`the pattern "${pattern}" is printed as spdlog prints it`, () => {
    const line = compilePattern(pattern, false)(record);
    if (typeof expected === 'string') assert.equal(line, expected);
    else assert.match(line, expected);
  });
}

test('the levels have the names and letters of spdlog', () => {
  const levels: LogLevel[] = ['trace', 'debug', 'info', 'warn', 'err', 'critical'];
  const format = compilePattern('%l %L', false);
  assert.deepEqual(
    levels.map((level) => format({ ...record, level })),
    ['trace T', 'debug D', 'info I', 'warning W', 'error E', 'critical C'],
  );
});

test('on a terminal the marked part is coloured', () => {
  assert.equal(compilePattern('[%^%l%$]', true)({ ...record, level: 'info' }), '[\x1b[32minfo\x1b[0m]');
});
