import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { tempFolder } from '../config/temp-folder.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const KILLS = 20;
/** Each is in the middle of writing when its process is killed. */
const WRITERS = 10;
const folder = tempFolder();

/** One process with all writers, killed some time after each has written; what it said. */
async function writeAndKill(program: string, path: string, afterMs: number): Promise<string> {
  const child = spawn(process.execPath, [program, path, String(WRITERS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  const ended = new Promise((resolve) => child.once('close', resolve));
  const wrote = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (new Set([...said.matchAll(/^(\d+) wrote/gm)].map(([, index]) => index)).size === WRITERS) resolve();
    });
  });
  await Promise.race([wrote, ended]);
  await sleep(afterMs);
  child.kill('SIGKILL');
  await ended;
  return said;
}

test(`state files are whole after ${KILLS * WRITERS} kills in the middle of writing, their folders free again`, async () => {
  const program = join(folder.path, 'writer.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('state-writer.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node18',
    logLevel: 'error',
  });
  const path = join(folder.path, 'state');
  const random = new SeededRandom(15);
  const last = new Array<number>(WRITERS).fill(0);
  for (let kill = 0; kill < KILLS; kill++) {
    const said = await writeAndKill(program, path, random.next() * 20);
    for (const index of last.keys()) {
      const read = Number(new RegExp(`^${index} read (\\d+)$`, 'm').exec(said)?.[1]);
      assert.ok(read >= (last[index] ?? 0), `kill ${kill}, writer ${index}: ${said.slice(0, 300)}`);
      const written = [...said.matchAll(new RegExp(`^${index} wrote (\\d+)$`, 'gm'))].map(([, n]) =>
        Number(n),
      );
      last[index] = Math.max(...written);
      const { version, n } = JSON.parse(readFileSync(join(path, String(index), 'n.json'), 'utf8'));
      assert.equal(version, 1);
      assert.ok(n >= (last[index] ?? 0), `kill ${kill}, writer ${index}: what was written is there`);
    }
  }
  for (const index of last.keys()) {
    const left = readdirSync(join(path, String(index)));
    assert.ok(left.length <= 3, `what was half written does not gather: ${left}`);
  }
});
