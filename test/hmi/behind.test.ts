import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { useStage } from './pages.ts';

const on = useStage();

const banner = (page: Page) => page.locator('.alarm-banner');

/** In the details of a value that is on show. */
async function setLimit(page: Page, tile: string, label: string, value: string): Promise<void> {
  await page.getByRole('button', { name: tile }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Set an alarm' }).click();
  await dialog.getByLabel(label, { exact: true }).fill(value);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'hidden' });
}

describe('limits', () => {
  it('are looked at with each tick, whatever the clock of the device says', async () => {
    const page = await on.enter();
    await on.stage.measure({ type: 16, value: 230 });
    await setLimit(page, 'Voltage, Living room', 'Above, V', '240');
    await page.evaluate('const frozen = Date.now(); Date.now = () => frozen');
    await on.stage.measure({ type: 16, value: 251 });
    await banner(page).getByText('Voltage, Living room: 251 V, above 240 V').waitFor();
  });
});
