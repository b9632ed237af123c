import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const MODULE = fileURLToPath(new URL('../../src/host/stdio.ts', import.meta.url));

const PROGRAM = `
  import { quietStandardStreams } from ${JSON.stringify(MODULE)};
  quietStandardStreams();
  console.log('to standard output');
  process.stdout.write('x'.repeat(5000));
  console.error('to standard error');
  await new Promise((resolve) => setImmediate(resolve));
  process.exitCode = 42;
`;

async function run(stdout: number | 'pipe'): Promise<{ code: number | null; out: string; err: string }> {
  const args = ['--import', 'tsx', '--input-type=module', '--eval', PROGRAM];
  const child = spawn(process.execPath, args, { stdio: ['ignore', stdout, 'pipe'] });
  let out = '';
  let err = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

test('the replaced standard streams write all they are given', async () => {
  const { code, out, err } = await run('pipe');
  assert.equal(code, 42, err);
  assert.equal(out, `to standard output\n${'x'.repeat(5000)}`);
  assert.match(err, /to standard error/);
});

for (const path of ['/', '/dev/full']) {
  test(`writing to a standard output that is ${path} fails silently`, async () => {
    const fd = openSync(path, path === '/' ? 'r' : 'w');
    try {
      const { code, err } = await run(fd);
      assert.equal(code, 42, err);
      assert.match(err, /to standard error/);
    } finally {
      closeSync(fd);
    }
  });
}
