import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { buildClient } from '../../scripts/build-client.mjs';
import { buildHmi, HMI_FOLDER } from '../../scripts/build-hmi.mjs';
import { launchBrowser } from '../support/browser.ts';
import { makeEvent } from '../support/events.ts';
import { type MemoryServer, startMemoryServer } from '../support/memory-server.ts';

async function openExample(t: TestContext, key?: Buffer): Promise<{ page: Page; server: MemoryServer }> {
  await buildClient();
  await buildHmi();
  const keys = { 'enable-static': true, 'web-root': HMI_FOLDER };
  const server = await startMemoryServer(keys, undefined, key);
  t.after(() => server.close());
  const browser = await launchBrowser();
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto(`${server.url.replace('ws', 'http')}/minimal.html`);
  await page.getByPlaceholder('User').fill('admin');
  await page.getByPlaceholder('Password').fill('secret');
  return { page, server };
}

test('the example for the browser shows events after the login', async (t) => {
  const { page, server } = await openExample(t);
  await page.getByRole('button').click();
  await page.getByText('online').waitFor();
  server.link.hostWrite(makeEvent({ vscpClass: 20, vscpType: 3, data: Uint8Array.of(0, 1, 1) }));
  await page.getByText('Information: On').waitFor();
  assert.equal(await page.getByText('offline').count(), 0);
});

test('the example for the browser takes the key of a server that has another one than the default', async (t) => {
  const key = randomBytes(16);
  const { page } = await openExample(t, key);
  await page.getByRole('button').click();
  await page.getByText(/offline|key|password/i).waitFor();
  assert.equal(await page.getByText('online').count(), 0);
  await page.getByPlaceholder('Key').fill(key.toString('hex'));
  await page.getByRole('button').click();
  await page.getByText('online').waitFor();
});
