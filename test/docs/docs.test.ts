import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commandsPage } from '../../scripts/commands-page.ts';
import { readArguments } from '../../src/cli/command.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { formatReferenceTable } from '../../src/config/key-views.ts';
import { loadSettings } from '../../src/config/load-settings.ts';
import { anchorsOf, documentation, localLinks, ROOT, readPage, shellLines } from './markdown.ts';

const pages = documentation();
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
};

for (const page of pages) {
  test(`${page.path}: every link leads to a file and a heading that are there`, () => {
    for (const { target, anchor, link } of localLinks(page)) {
      assert.ok(existsSync(join(ROOT, target)), `${link}: no ${target}`);
      if (anchor === '') continue;
      assert.ok(anchorsOf(readPage(target)).has(anchor), `${link}: ${target} has no heading #${anchor}`);
    }
  });

  test(`${page.path}: the commands in it exist, with these options`, () => {
    for (const line of shellLines(page)) {
      const [, script] = /^(?:[A-Z_]+=\S+ )*npm run ([\w:]+)/.exec(line) ?? [];
      if (script !== undefined) assert.ok(manifest.scripts[script] !== undefined, line);
      const [, own] = /vscpl2drv-websocksrv ([a-z][^&|>]*)/.exec(line) ?? [];
      if (own === undefined || /apt-get|man 8/.test(line)) continue;
      const [name, ...args] = own.trim().split(/\s+/);
      const command = COMMANDS.find((candidate) => candidate.name === name);
      assert.ok(command !== undefined, `${line}: there is no command ${name}`);
      readArguments(command, args);
    }
  });
}

test('the page of commands is the one made from the help texts', () => {
  const page = readFileSync(join(ROOT, 'docs', 'commands.md'), 'utf8');
  assert.equal(page, commandsPage(), 'run: node --import tsx scripts/commands-page.ts');
});

test('every package that the driver or the client library needs is named with its reason', () => {
  const { text } = readPage('docs/extending.md');
  const rows = [...text.matchAll(/^\| ([a-z0-9@/, -]+) \| [^|]{10,} \|$/gm)].flatMap(([, names = '']) =>
    names.split(', '),
  );
  const named = rows.filter((name) => !name.startsWith('a ') && name !== 'to add' && name !== 'package');
  assert.deepEqual(named.sort(), Object.keys(manifest.dependencies).sort());
});

test('every option of every command is in its help, and no other', () => {
  for (const { name, help, options } of COMMANDS) {
    const explained = new Set([...help.matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)].map(([, option]) => option));
    assert.deepEqual([...explained].sort(), [...Object.keys(options), 'help'].sort(), name);
    for (const [, option = ''] of help.matchAll(/--([a-z][a-z-]*)/g)) {
      assert.ok(option === 'help' || option in options, `${name}: --${option} is not taken`);
    }
  }
});

test('the table of keys is the one made from the configuration', () => {
  const { text } = readPage('docs/configuration.md');
  const table = /<!-- config-table -->\n+([\s\S]*?)\n+<!-- \/config-table -->/.exec(text)?.[1];
  assert.equal(table, formatReferenceTable(), 'run: node --import tsx scripts/config-table.ts');
});

test('configurations in the documentation have no unknown key and no value that is refused', async () => {
  let seen = 0;
  for (const page of pages) {
    for (const { language, text } of page.code) {
      const isConfiguration =
        (language === 'json' && /^\{[\s\S]*"(?:path-users|interface)"/.test(text)) ||
        (language === 'xml' && text.startsWith('<config'));
      if (!isConfiguration) continue;
      seen++;
      const loaded = await loadSettings(text, { guid: new Uint8Array(16) });
      const complaints = [...(loaded.ok ? [] : loaded.problems), ...loaded.warnings];
      // The files that it names are not on this machine.
      const real = complaints.filter((line) => !/no such file|no such folder|default key/.test(line));
      assert.deepEqual(real, [], page.path);
    }
  }
  assert.ok(seen >= 2);
});
