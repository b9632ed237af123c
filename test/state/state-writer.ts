/** Run as a process of its own: writes one file in each of several state folders again and again until it is killed. */
import { join } from 'node:path';
import { StateFolder } from '../../src/state/state-folder.ts';

const bad: string[] = [];
const say = (line: string): void => {
  bad.push(line);
};
const log = { trace: say, debug: say, info: say, warn: say, err: say, critical: say, enabled: () => true };
const [, , path = '', folders = '1'] = process.argv;
const filling = 'x'.repeat(20_000);

async function write(index: number): Promise<void> {
  const state = await StateFolder.open(join(path, String(index)), log);
  const file = state.file('n.json', {
    version: 1,
    parse: ({ n }) => (typeof n === 'number' ? { ok: true, value: n } : { ok: false, reason: 'no n' }),
  });
  let n = (await file.load()) ?? 0;
  process.stdout.write(bad.length > 0 ? `bad ${bad.join(' ')}\n` : `${index} read ${n}\n`);
  for (;;) {
    n++;
    await file.save(() => ({ n, filling }));
    process.stdout.write(`${index} wrote ${n}\n`);
  }
}

await Promise.all(Array.from({ length: Number(folders) }, (_, index) => write(index)));
