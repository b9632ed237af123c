import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useStage } from './pages.ts';

const on = useStage();

describe('the status page', () => {
  it('shows an administrator driver, host, listeners, sessions and drops', async () => {
    const page = await on.enter();
    await page.getByRole('link', { name: 'Account of admin' }).click();
    await page.getByRole('link', { name: 'Status of the driver' }).click();
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

  it('is not there for a user who may look only', async () => {
    const page = await on.enter('user');
    await page.getByRole('link', { name: 'Account of user' }).click();
    await page.getByRole('heading', { name: 'Account' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Status of the driver' }).count(), 0);
    await page.evaluate(`location.hash = '#status'`);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
  });
});
