import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { isNight } from '../../examples/hmi/src/device/night.ts';
import { until, useStage } from './pages.ts';

const on = useStage();

/** Tells in `window.lockCount` how often the page asked that the screen stays on. */
const WATCH_LOCKS = `
  window.lockCount = 0;
  const ask = navigator.wakeLock.request.bind(navigator.wakeLock);
  navigator.wakeLock.request = (kind) => {
    window.lockCount += 1;
    return ask(kind);
  };
`;

async function account(): Promise<Page> {
  const page = await on.enter();
  await page.getByRole('link', { name: 'Account of admin' }).click();
  await page.getByRole('heading', { name: 'This screen' }).waitFor();
  return page;
}

/** So much later by the page's clock, somebody or something has it look at the time. */
const later = (minutes: number) => `
  window.realNow ??= Date.now;
  Date.now = () => window.realNow.call(Date) + ${minutes * 60_000};
  document.dispatchEvent(new Event('visibilitychange'));
`;

describe('a screen on the wall', () => {
  it('knows its night, also over midnight', () => {
    const night = { from: '22:00', to: '06:30' };
    const times = ['21:59', '22:00', '23:59', '00:00', '06:29', '06:30', '12:00'];
    assert.deepEqual(
      times.map((time) => isNight(night, time)),
      [false, true, true, true, true, false, false],
    );
    assert.equal(isNight({ from: '01:00', to: '02:00' }, '01:30'), true);
    assert.equal(isNight({ from: '01:00', to: '02:00' }, '02:00'), false);
  });

  it('stays on when somebody wants it to', async () => {
    const page = await account();
    await page.evaluate(WATCH_LOCKS);
    await page.getByLabel('Keep the screen on').check();
    await until(page, 'window.lockCount > 0');
    await page.getByLabel('Keep the screen on').uncheck();
    assert.equal(await page.evaluate(`localStorage.getItem('vscp-panel.keepAwake')`), null);
  });

  it('fills the whole screen, and gives it back', async () => {
    const page = await account();
    const full = page.getByRole('button', { name: 'Full screen' });
    await full.click();
    await until(page, 'document.fullscreenElement === document.documentElement');
    await full.click();
    await until(page, 'document.fullscreenElement === null');
  });

  it('is dim at night, bright when somebody touches it, and bright while an alarm waits', async () => {
    const page = await account();
    const hour = await page.evaluate<number>('new Date().getHours()');
    const hours = (offset: number) => `${String((hour + offset) % 24).padStart(2, '0')}:00`;
    await page.getByLabel('From', { exact: true }).fill(hours(23));
    await page.getByLabel('Until', { exact: true }).fill(hours(2));
    await page.getByLabel('Dim it at night, until somebody touches it').check();
    const dim = `document.documentElement.hasAttribute('data-night')`;
    const look = (minutes: number) => page.evaluate(`(() => { ${later(minutes)} return ${dim}; })()`);
    assert.equal(await page.evaluate(dim), false);
    assert.equal(await look(2), true);
    // The first touch only wakes, the second does what it is for; the same for keys.
    const kept = page.getByLabel('Keep the screen on');
    await kept.click({ trial: true });
    const { x, y, width, height } = (await kept.boundingBox()) ?? assert.fail();
    const middle = [x + width / 2, y + height / 2] as const;
    await page.mouse.click(...middle);
    assert.deepEqual([await page.evaluate(dim), await kept.isChecked()], [false, false]);
    await page.mouse.click(...middle);
    assert.equal(await kept.isChecked(), true);
    assert.equal(await look(4), true);
    await page.keyboard.press('Space');
    assert.deepEqual([await page.evaluate(dim), await kept.isChecked()], [false, true]);
    await page.keyboard.press('Space');
    assert.equal(await kept.isChecked(), false);
    assert.equal(await look(6), true);
    await on.stage.write(1, 2, [7, 9, 1]);
    await page.locator('.alarm-banner').waitFor();
    assert.equal(await look(8), false);
  });

  it('is a kiosk: the overview alone, bar and menu for a minute after somebody asked for them', async () => {
    const page = await account();
    const bar = page.getByRole('link', { name: 'Account of admin' });
    const nav = page.getByRole('navigation');
    const menu = page.getByRole('button', { name: 'Show the bar and the menu' });
    assert.deepEqual([await menu.isVisible(), await nav.isVisible()], [false, true]);
    await page.getByLabel('Kiosk: hide the bar and the menu').check();
    assert.deepEqual([await bar.isVisible(), await nav.isVisible()], [false, false]);
    await menu.click();
    await nav.getByRole('link', { name: 'Events' }).click();
    await page.getByRole('heading', { name: 'Events' }).waitFor();
    await page.evaluate(later(0.5));
    assert.deepEqual([await bar.isVisible(), await menu.isVisible()], [true, false]);
    await page.evaluate(later(2));
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    assert.deepEqual([await bar.isVisible(), await nav.isVisible()], [false, false]);
    await page.reload();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    assert.deepEqual([await bar.isVisible(), await menu.isVisible()], [false, true]);
    await on.stage.write(1, 2, [7, 9, 1]);
    await page.getByRole('link', { name: 'Show alarms' }).click();
    await page.getByRole('heading', { name: 'Alarms' }).waitFor();
    await menu.click();
    await bar.click();
    await page.getByLabel('Kiosk: hide the bar and the menu').uncheck();
    assert.deepEqual([await nav.isVisible(), await menu.isVisible()], [true, false]);
  });
});
