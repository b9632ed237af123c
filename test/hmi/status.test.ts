import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { VscpClient } from '../../src/client/node.ts';
import { passwordClient } from '../support/token-client.ts';
import { useStage } from './pages.ts';

const on = useStage();

async function logInWith(user: string): Promise<void> {
  const client = new VscpClient({ url: `ws://127.0.0.1:${on.stage.port}/ws2`, user, password: 'wrong' });
  await client.connect().finally(() => client.disconnect());
}

const fact = (page: Page, term: string) => page.locator(`dt:text-is("${term}") + dd`);

describe('the status page', () => {
  it('shows an administrator driver, host, listeners, sessions and drops', async () => {
    const page = await on.enter();
    await page.getByRole('link', { name: 'Account of admin' }).click();
    await page.getByRole('link', { name: /^Status of the driver/ }).click();
    await page.getByRole('heading', { name: 'Status', exact: true }).waitFor();
    await page.getByText(`ws://127.0.0.1:${on.stage.port}`).waitFor();
    const row = page.getByRole('row').filter({ hasText: 'admin' });
    await row.getByText('127.0.0.1').waitFor();
    await row.getByText('ws2', { exact: true }).waitFor();
    await page.getByText('a client was too slow').waitFor();
    await page.getByRole('heading', { name: 'Latest warnings and errors' }).waitFor();
    // Whoever comes and goes is seen without a reload.
    await on.enter('user');
    await page.getByRole('row').filter({ hasText: 'user' }).filter({ hasText: '127.0.0.1' }).waitFor();
  });

  it('shows what is so: layout, durations, what waits, and what was lost and why', async () => {
    const page = await on.enter();
    const address = `ws://127.0.0.1:${on.stage.port}`;
    // Logged in and not open: its events wait, and are lost with it.
    const idle = await passwordClient(address, 'user');
    for (let i = 0; i < 3; i += 1) await on.stage.measure({ type: 6, value: 20 + i, unit: 1 });
    await page.evaluate(`location.hash = '#status'`);
    const row = page.getByRole('row').filter({ hasText: 'user' }).filter({ hasText: 'ws2' });
    await row.getByRole('cell', { name: '3', exact: true }).waitFor();
    assert.match(await row.getByRole('cell').nth(3).innerText(), /^(now|\d+ (s|min))$/);
    assert.notEqual(await fact(page, 'Layout of events').innerText(), 'not certain yet');
    await idle.close();
    await fact(page, 'the client had gone').getByText('3', { exact: true }).waitFor();
  });

  it('says on a phone too for how long a session is connected, and what waits for it', async () => {
    const page = await on.enter('admin', { viewport: { width: 390, height: 844 } });
    await page.evaluate(`location.hash = '#status'`);
    const row = page.getByRole('row').filter({ hasText: 'admin' }).first();
    for (const name of [/^Connected for (now|\d+ (s|min))$/, /^Waiting events \d+$/]) {
      const cell = row.getByRole('cell', { name });
      await cell.waitFor();
      const box = await cell.boundingBox();
      assert.ok(box && box.x + box.width <= 390, JSON.stringify(box));
    }
  });

  it('shows what the driver has warned of, the latest first', async () => {
    const page = await on.enter();
    await page.evaluate(`location.hash = '#status'`);
    const lines = page.getByRole('region', { name: 'Latest warnings and errors' }).getByRole('listitem');
    await lines.first().waitFor();
    await assert.rejects(logInWith('user'));
    await lines
      .first()
      .getByText('[warn] auth failed user=user ip=127.0.0.1 reason=wrong-password')
      .waitFor();
    // Names of nobody are not logged.
    await assert.rejects(logInWith('mallory'));
    await lines.first().getByText('[warn] auth failed user=- ip=127.0.0.1 reason=unknown-user').waitFor();
    await lines.nth(1).getByText('user=user').waitFor();
  });

  it('is not there for a user who may look only', async () => {
    const page = await on.enter('user');
    await page.getByRole('link', { name: 'Account of user' }).click();
    await page.getByRole('heading', { name: 'Account' }).waitFor();
    assert.equal(await page.getByRole('link', { name: /^Status of the driver/ }).count(), 0);
    await page.evaluate(`location.hash = '#status'`);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
  });
});
