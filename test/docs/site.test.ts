import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { buildSite } from '../../scripts/docs/site.mjs';
import { documentation, ROOT } from './markdown.ts';

let folder = '';
let pages: string[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'websocksrv-docs-'));
  pages = await buildSite(pathToFileURL(ROOT), folder);
});

after(() => rm(folder, { recursive: true, force: true }));

function attributes(html: string, name: string): string[] {
  return [...html.matchAll(new RegExp(`\\s${name}="([^"]*)"`, 'g'))].map(([, value = '']) => value);
}

test('every page of the documentation is a page of the site', () => {
  const sources = documentation().filter(({ path }) => !path.endsWith('_sidebar.md'));
  assert.equal(pages.length, sources.length);
  assert.ok(pages.includes('index.html') && pages.includes('docs/install.html'));
});

test('every link of the site leads to a page or file that is there, and to a heading of it', () => {
  let links = 0;
  for (const page of pages) {
    const html = readFileSync(join(folder, page), 'utf8');
    for (const href of attributes(html, 'href')) {
      if (/^https?:/.test(href)) continue;
      links++;
      const [path = '', anchor] = href.split('#');
      const target = path === '' ? join(folder, page) : join(folder, dirname(page), path);
      assert.ok(existsSync(target), `${page}: ${href}`);
      if (anchor === undefined) continue;
      assert.ok(attributes(readFileSync(target, 'utf8'), 'id').includes(anchor), `${page}: ${href}`);
    }
  }
  assert.ok(links > 300, String(links));
});

test('no page of the site loads anything from elsewhere, or runs a script', () => {
  for (const page of pages) {
    const html = readFileSync(join(folder, page), 'utf8');
    assert.doesNotMatch(html, /<(?:script|link|iframe)\b|@import|url\(/i, page);
    for (const source of attributes(html, 'src')) {
      assert.ok(existsSync(join(folder, dirname(page), source)), `${page}: ${source}`);
    }
  }
});
