import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeEvent } from '../support/events.ts';
import { LiveDriver } from '../support/live-driver.ts';
import { readPage } from './markdown.ts';

const { code } = readPage('docs/http-api.md');

let driver: LiveDriver;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'http-examples-'));
  driver = await LiveDriver.start();
  await driver.host.write(makeEvent({ vscpClass: 10, vscpType: 6 }));
});

after(async () => {
  await driver?.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** An example as printed, but for the port. */
function here(text: string): string {
  return text.replaceAll('localhost:8884', `127.0.0.1:${driver.port}`);
}

function run(
  command: string,
  args: string[],
  onOutput?: (text: string, stop: () => void) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    const stop = () => child.kill('SIGKILL');
    const timer = setTimeout(stop, 60_000);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        onOutput?.(text, stop);
      });
    }
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
  });
}

/** The blocks of shell, in the order of the page. */
const [api = '', spreadsheet = '', open = '', legacy = ''] = code
  .filter(({ language }) => language === 'sh')
  .map(({ text }) => text);

test('the curl lines of the JSON API work as printed', async () => {
  const lines = api.trim().split('\n');
  assert.equal(lines.length, 5);
  const expected = [
    /"name":"Temperature"/,
    /"accepted":1/,
    /"accepted":1/,
    /^: events follow/,
    /"version":"/,
  ];
  for (const [index, line] of lines.entries()) {
    assert.match(await run('bash', ['-c', here(line)]), expected[index] ?? /^$/, line);
  }
  const events = [await driver.host.nextEvent(), await driver.host.nextEvent()];
  assert.deepEqual(
    events.map(({ vscpClass, vscpType }) => [vscpClass, vscpType]),
    [
      [30, 5],
      [1060, 6],
    ],
  );
});

test('the Python example prints the measurements', async () => {
  const python = code.find(({ language }) => language === 'python')?.text ?? '';
  assert.match(await run('python3', ['-c', here(python)]), /^Temperature 22\.45 °C FF:/);
});

test('the JavaScript example prints events as they come', async () => {
  const script = join(folder, 'example.mjs');
  await writeFile(script, here(code.find(({ language }) => language === 'js')?.text ?? ''));
  const running = run(process.execPath, [script], (text, stop) => {
    if (text.includes('class: 10')) stop();
  });
  const timer = setInterval(() => void driver.host.write(makeEvent({ vscpClass: 10 })), 200);
  try {
    assert.match(await running, /class: 10,\s+type: 6/);
  } finally {
    clearInterval(timer);
  }
});

test('the spreadsheet example writes a file of values', async () => {
  await run('bash', ['-c', here(spreadsheet)]);
  assert.match(await readFile(join(folder, 'measurements.csv'), 'utf8'), /Temperature,22\.45,°C,FF:/);
});

test('the curl lines of the legacy interface work as printed', async () => {
  assert.match(await run('bash', ['-c', here(open)]), /^1 1 Success vscpsession=[0-9a-f]{32} nEvents=0$/);
  const answers = await run('bash', ['-c', here(legacy.replaceAll(/^curl(.*)$/gm, 'curl$1; echo'))]);
  // Nothing waits for it: its own events do not come back.
  assert.match(answers, /"code":-6/);
  assert.equal(answers.match(/"success":true|^1 1 Success/gm)?.length, 3, answers);
});
