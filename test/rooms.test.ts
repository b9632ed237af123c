import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SRC = join(ROOT, 'src');

/** The rooms of src/ from the top; a room may import those behind it. */
const ORDER = [
  ...[
    'top',
    'workers',
    'host',
    'http',
    'dialects',
    'session',
    'delivery',
    'history',
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
  cli: ['top', 'client', 'http', 'history', 'auth', 'state', 'config', 'vscp', 'logging', 'core'],
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

test('the picture of the rooms in the documentation is as the code is', () => {
  const page = readFileSync(join(ROOT, 'docs/design.md'), 'utf8');
  const table = page.slice(page.indexOf('| room | imports now |')).split('\n\n')[0] ?? '';
  const rows = table.split('\n').slice(2);
  const shown = rows.map((row) => row.split('|').map((cell) => cell.trim()));
  const found = arrows().filter(({ from, to }) => from !== 'top' && to !== 'top');
  const real = [...new Set(found.map(({ from }) => from))].map((room) => [
    room,
    [...new Set(found.filter(({ from }) => from === room).map(({ to }) => to))].sort().join(),
  ]);
  assert.deepEqual(
    Object.fromEntries(shown.map(([, room = '', now = '']) => [room, now.split(', ').sort().join()])),
    Object.fromEntries(real),
  );
});

test('the files that an event passes, in the documentation, are there', () => {
  const page = readFileSync(join(ROOT, 'docs/design.md'), 'utf8');
  const way = page.slice(page.indexOf('## The way of an event'), page.indexOf('## Past Node'));
  const named = [...way.matchAll(/`([\w/-]+\.(?:ts|cc))`/g)].map(([, name = '']) => name);
  assert.ok(named.length > 25, `${named.length} files`);
  const files = ['src', 'native-shim'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(
      (name) => `/${folder}/${name}`,
    ),
  );
  const lost = named.filter((name) => !files.some((file) => file.endsWith(`/${name}`)));
  assert.deepEqual(lost, []);
});
