import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** The rooms of src/ from the top; a room may import those behind it. */
const ORDER = [
  ...[
    'top',
    'host',
    'http',
    'dialects',
    'session',
    'delivery',
    'auth',
    'state',
    'config',
    'vscp',
    'logging',
    'core',
  ],
];
/** Rooms beside them: programs of their own, which no other room imports. */
const BESIDE: Record<string, readonly string[]> = {
  cli: ['top', 'client', 'http', 'auth', 'state', 'config', 'vscp', 'logging', 'core'],
  client: ['core'],
};

function roomOf(file: string): string {
  const [room = '', rest] = file.split('/');
  return rest === undefined ? 'top' : room;
}

interface Arrow {
  from: string;
  to: string;
  file: string;
}

/** All imports between rooms, types included; files are relative to src/. */
function arrows(): Arrow[] {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return files.flatMap((file) => {
    const text = readFileSync(join(SRC, file), 'utf8');
    return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)]
      .map(([, path = '']) => posix.join(dirname(file), path))
      .filter((target) => !target.startsWith('..'))
      .map((target) => ({ from: roomOf(file), to: roomOf(target), file: `${file} -> ${target}` }))
      .filter(({ from, to }) => from !== to);
  });
}

test('rooms import downward only, so there is no circle between them', () => {
  const found = arrows();
  assert.ok(found.length > 50, 'imports were not found');
  const wrong = found.filter(({ from, to }) => {
    const allowed = BESIDE[from] ?? ORDER.slice(ORDER.indexOf(from) + 1);
    return !allowed.includes(to) || (!ORDER.includes(from) && BESIDE[from] === undefined);
  });
  assert.deepEqual(
    wrong.map(({ file }) => file),
    [],
  );
});

test('every room has its place in the order', () => {
  const rooms = readdirSync(SRC, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const placed = [...ORDER.slice(1), ...Object.keys(BESIDE)].sort();
  assert.deepEqual(rooms.map(({ name }) => name).sort(), placed);
});

test('vscp and core are pure: they import no module of Node', () => {
  for (const room of ['vscp', 'core']) {
    for (const name of readdirSync(join(SRC, room))) {
      assert.doesNotMatch(readFileSync(join(SRC, room, name), 'utf8'), /from 'node:/, `${room}/${name}`);
    }
  }
});
