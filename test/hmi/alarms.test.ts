import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { logIn, openPage, SENSOR, useStage } from './stage.ts';

const on = useStage();
let problems: string[] = [];

afterEach(async () => {
  for (const context of on.browser.contexts()) await context.close();
  assert.deepEqual(problems.splice(0), []);
});

async function enter(user = 'admin', options: BrowserContextOptions = {}): Promise<Page> {
  const opened = await openPage(on.browser, on.stage.url, options);
  problems = opened.problems;
  await logIn(opened.page, 'secret', user);
  await opened.page.getByText('Connected', { exact: true }).waitFor();
  return opened.page;
}

const banner = (page: Page) => page.locator('.alarm-banner');
const row = (page: Page, text: string) => page.locator('.alarm').filter({ hasText: text });

describe('alarms', () => {
  it('of nodes are shown to everybody, acknowledged with name and time, and known after a reload', async () => {
    const [page, viewer] = [await enter(), await enter('user')];
    await on.stage.write(1, 2, [7, 9, 1]);
    await banner(page).getByText('Living room, Entrance: Alarm').waitFor();
    await banner(viewer).getByText('Living room, Entrance: Alarm').waitFor();
    await page.getByRole('link', { name: 'Alarms: 1 new' }).click();
    await row(page, 'Entrance').getByText('Active').waitFor();
    await viewer.getByRole('link', { name: 'Show alarms' }).click();
    await viewer.getByText('user may look on here, not acknowledge.').waitFor();
    assert.equal(await row(viewer, 'Entrance').getByRole('button').isDisabled(), true);
    await page.getByRole('button', { name: 'Acknowledge Living room, Entrance' }).click();
    await row(page, 'Entrance')
      .getByText(/^Acknowledged by admin, /)
      .waitFor();
    await banner(page).waitFor({ state: 'hidden' });
    await row(viewer, 'Entrance')
      .getByText(/^Acknowledged by admin, /)
      .waitFor();
    await on.stage.write(1, 2, [0, 9, 1]);
    await row(page, 'Entrance').getByText('Over').waitFor();
    await row(viewer, 'Entrance').getByText('Over').waitFor();
    await page.reload();
    await row(page, 'Entrance')
      .getByText(/^Acknowledged by admin, /)
      .waitFor();
  });

  it('of a limit ring after their time, and end when the value is as it should be', async () => {
    const page = await enter();
    await on.stage.measure({ type: 16, value: 230 });
    await page.getByRole('button', { name: 'Voltage, Living room' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Alarm', { exact: true }).click();
    await dialog.getByLabel('Above').fill('240');
    await dialog.getByLabel('For so many seconds', { exact: true }).fill('1');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await on.stage.measure({ type: 16, value: 251 });
    await banner(page).getByText('Voltage, Living room: 251 V, above 240 V').waitFor();
    await page.getByRole('button', { name: 'Mute' }).click();
    await page.getByRole('button', { name: 'Sound on' }).waitFor();
    await page.getByRole('link', { name: 'Show alarms' }).click();
    await row(page, 'Voltage').getByText('Active').waitFor();
    await on.stage.measure({ type: 16, value: 229 });
    await row(page, 'Voltage').getByText('Over').waitFor();
  });

  it('tell of a value that does not come any more', async () => {
    const page = await enter();
    await on.stage.measure({ type: 25, value: 300 }, SENSOR);
    await page.getByRole('button', { name: 'Illuminance, Living room' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Alarm', { exact: true }).click();
    await dialog.getByLabel('Without a value for so many seconds').fill('3');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await banner(page).getByText('no value for 3 s').waitFor();
  });
});
