import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildClient } from '../../scripts/build-client.mjs';
import { buildHmi, HMI_FOLDER } from '../../scripts/build-hmi.mjs';
import { launchBrowser } from '../support/browser.ts';
import { makeEvent } from '../support/events.ts';
import { startMemoryServer } from '../support/memory-server.ts';

test('the example for the browser shows events after the login', async (t) => {
  await buildClient();
  await buildHmi();
  const server = await startMemoryServer({ 'enable-static': true, 'web-root': HMI_FOLDER });
  t.after(() => server.close());
  const browser = await launchBrowser();
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto(`${server.url.replace('ws', 'http')}/minimal.html`);
  await page.getByPlaceholder('User').fill('admin');
  await page.getByPlaceholder('Password').fill('secret');
  await page.getByRole('button').click();
  await page.getByText('online').waitFor();
  server.link.hostWrite(makeEvent({ vscpClass: 20, vscpType: 3, data: Uint8Array.of(0, 1, 1) }));
  await page.getByText('Information: On').waitFor();
  assert.equal(await page.getByText('offline').count(), 0);
});
