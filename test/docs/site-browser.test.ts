import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { buildSite } from '../../scripts/docs/site.mjs';
import { launchBrowser } from '../support/browser.ts';
import { ROOT } from './markdown.ts';

test('the site opens from a folder, without network, and the sidebar leads through all its pages', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'websocksrv-docs-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await buildSite(pathToFileURL(ROOT), folder);
  const browser = await launchBrowser();
  t.after(() => browser.close());
  const context = await browser.newContext({ offline: true });
  const page = await context.newPage();
  const failed: string[] = [];
  page.on('requestfailed', (request) => failed.push(request.url()));
  await page.goto(pathToFileURL(join(folder, 'docs', 'index.html')).href);
  const menu = page.getByRole('navigation', { name: 'Pages' });
  const names = await menu.getByRole('link').allTextContents();
  assert.ok(names.length >= 15);
  for (const name of names) {
    await menu.getByRole('link', { name, exact: true }).click();
    await page.locator('nav [aria-current=page]', { hasText: name }).waitFor();
    assert.equal(await page.locator('main h1').count(), 1, name);
    assert.ok((await page.locator('main').innerText()).length > 200, name);
  }
  assert.deepEqual(failed, []);
});
