import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Locator, Page } from 'playwright-core';
import { parseGuid } from '../../src/client/index.ts';
import { stretched } from '../support/time-factor.ts';
import { learn, until, useStage } from './pages.ts';
import { RELAYS, SENSOR } from './stage.ts';

const STRANGER = 'FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:77';

const PHONE = { width: 390, height: 844 };

const on = useStage();

/** How many tones the page has begun. */
const COUNT_TONES = `
  window.toneCount = 0;
  const begin = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...times) {
    window.toneCount += 1;
    return begin.apply(this, times);
  };
`;

/** As browsers with a strict rule do. */
const QUIET_UNTIL_TOUCHED = `{
  let isTouched = false;
  addEventListener('pointerdown', () => { isTouched = true; }, { capture: true });
  Object.defineProperty(AudioContext.prototype, 'state', { get: () => (isTouched ? 'running' : 'suspended') });
}`;

const COLLECT_NOTIFICATIONS = `
  window.notified = [];
  Notification = class extends Notification {
    constructor(title, options) {
      super(title, options);
      window.notified.push([title, options.body]);
    }
  };
`;

/** Waits until the driver has written all of these into its file. */
async function kept(...parts: string[]): Promise<void> {
  const file = join(on.stage.folder, 'state', 'panel.json');
  const read = () => readFile(file, 'utf8').catch(() => '');
  const hasAll = (text: string) => parts.every((part) => text.includes(part));
  for (const end = Date.now() + stretched(60_000); !hasAll(await read()); ) {
    assert.ok(Date.now() < end, 'never kept');
    await setTimeout(100);
  }
}

const banner = (page: Page) => page.locator('.alarm-banner');
/** Whether it is on the screen as a whole. */
async function isInSight(wanted: Locator): Promise<boolean> {
  await wanted.waitFor();
  const box = await wanted.boundingBox();
  const height = wanted.page().viewportSize()?.height ?? 0;
  return box !== null && box.y >= 0 && box.y + box.height <= height;
}

const row = (page: Page, text: string) => page.locator('.alarm').filter({ hasText: text });

/** Those of other tests. */
async function acknowledgeAll(page: Page): Promise<void> {
  await page.locator('.bar-link[href="#alarms"]').click();
  await page.locator('.alarm').first().waitFor();
  await until(
    page,
    `(() => {
      const buttons = [...document.querySelectorAll('button[aria-label^=Acknowledge]')];
      for (const button of buttons) button.click();
      return buttons.length === 0;
    })()`,
  );
  await banner(page).waitFor({ state: 'hidden' });
  await page.getByRole('link', { name: 'Overview' }).click();
}

describe('alarms', () => {
  it('of nodes are shown to everybody, acknowledged with name and time, and known after a reload', async () => {
    const [page, viewer] = [await on.enter(), await on.enter('user')];
    await on.stage.write(1, 2, [7, 9, 1]);
    await banner(page).getByText('Living room, Entrance: Alarm').waitFor();
    await banner(viewer).getByText('Living room, Entrance: Alarm').waitFor();
    await page.getByRole('link', { name: 'Alarms: 1 new' }).click();
    await row(page, 'Entrance').getByText('Active').waitFor();
    await viewer.getByRole('link', { name: 'Show alarms' }).click();
    await viewer.getByText('user may only look here, not acknowledge.').waitFor();
    assert.equal(await row(viewer, 'Entrance').getByRole('button').isDisabled(), true);
    await page.getByRole('button', { name: 'Acknowledge Living room, Entrance' }).click();
    await row(page, 'Entrance')
      .getByText(/^Acknowledged by admin, /)
      .waitFor();
    await banner(page).waitFor({ state: 'hidden' });
    await learn(viewer, row(viewer, 'Entrance').getByText(/^Acknowledged by admin, /));
    await on.stage.write(1, 2, [0, 9, 1]);
    await row(page, 'Entrance').getByText('Ended').waitFor();
    await row(viewer, 'Entrance').getByText('Ended').waitFor();
    await page.reload();
    await row(page, 'Entrance')
      .getByText(/^Acknowledged by admin, /)
      .waitFor();
    await on.stage.closeDriver();
    await on.stage.openDriver();
    await page.reload();
    await row(page, 'Entrance')
      .getByText(/^Acknowledged by admin, /)
      .waitFor();
  });

  it('that nobody has acknowledged are still there after the driver was closed and opened', async () => {
    const page = await on.enter();
    await on.stage.write(1, 2, [7, 20, 5]);
    await banner(page).getByText('zone 20.5: Alarm').waitFor();
    await kept('/2/20.5');
    await page.goto('about:blank');
    await on.stage.closeDriver();
    await on.stage.openDriver();
    const other = await on.enter('admin', { viewport: PHONE });
    await banner(other).getByText('zone 20.5: Alarm').waitFor();
    await other.getByRole('link', { name: 'Show alarms' }).click();
    await row(other, 'zone 20.5')
      .getByRole('button', { name: /^Acknowledge / })
      .click();
    await row(other, 'zone 20.5')
      .getByText(/^Acknowledged by admin, /)
      .waitFor();
    await banner(other).waitFor({ state: 'hidden' });
    await on.stage.write(1, 2, [0, 20, 5]);
    await row(other, 'zone 20.5').getByText('Ended').waitFor();
  });

  it('come over level II too', async () => {
    const page = await on.enter('admin', { url: `${on.stage.url}#alarms` });
    await on.stage.write(513, 1, [...parseGuid(SENSOR), 7, 9, 2]);
    await row(page, 'Warning').getByText('Active').waitFor();
    await on.stage.write(513, 1, [...parseGuid(SENSOR), 0, 9, 2]);
    await row(page, 'Warning').getByText('Ended').waitFor();
  });

  it('sound until they are muted; the next one is heard again, unless the device makes no sound at all', async () => {
    const page = await on.enter();
    await acknowledgeAll(page);
    await page.evaluate(COUNT_TONES);
    // Browsers let a page sound only after somebody has touched it.
    await page.getByRole('heading', { name: 'Overview' }).click();
    const toneCount = () => page.evaluate('window.toneCount');
    const isHeard = async () => until(page, `window.toneCount > ${await toneCount()}`);
    const isSilent = async () => {
      const count = await toneCount();
      // Longer than from one tone to the next.
      await page.waitForTimeout(3_000);
      assert.equal(await toneCount(), count);
    };
    await on.stage.write(1, 2, [7, 21, 3]);
    await banner(page).waitFor();
    await isHeard();
    const mute = page.getByRole('button', { name: 'Mute' });
    const box = await banner(page).boundingBox();
    await mute.click();
    await page.getByRole('button', { name: 'Mute', pressed: true }).waitFor();
    assert.deepEqual(await banner(page).boundingBox(), box);
    await isSilent();
    await page.reload();
    await page.getByRole('button', { name: 'Mute', pressed: true }).waitFor();
    await page.evaluate(COUNT_TONES);
    await page.getByRole('heading', { name: 'Overview' }).click();
    await isSilent();
    await on.stage.write(1, 2, [7, 21, 6]);
    await page.getByRole('button', { name: 'Mute', pressed: false }).waitFor();
    await isHeard();
    await page.getByRole('link', { name: 'Show alarms' }).click();
    await page.getByRole('checkbox', { name: 'No sound on this device' }).check();
    await mute.waitFor({ state: 'hidden' });
    await page.getByRole('link', { name: 'Alarms: 2 new. No sound on this device' }).waitFor();
    await isSilent();
    await page.getByRole('checkbox', { name: 'No sound on this device' }).uncheck();
    await page.getByRole('link', { name: 'Alarms: 2 new', exact: true }).waitFor();
    await isHeard();
    for (const subzone of [3, 6]) {
      await on.stage.write(1, 2, [0, 21, subzone]);
      await page.getByRole('button', { name: `Acknowledge Living room, zone 21.${subzone}` }).click();
    }
    await mute.waitFor({ state: 'hidden' });
  });

  it('are acknowledged in the banner by whoever may; others hide them on their device until there is another one', async () => {
    const page = await on.enter();
    await acknowledgeAll(page);
    const viewer = await on.enter('user');
    await viewer.evaluate(COUNT_TONES);
    await viewer.getByRole('heading', { name: 'Overview' }).click();
    await on.stage.write(1, 2, [7, 21, 7]);
    for (const who of [page, viewer]) await banner(who).getByText('zone 21.7: Alarm').waitFor();
    assert.equal(await banner(page).getByRole('button', { name: 'Hide' }).count(), 0);
    assert.equal(await banner(viewer).getByRole('button', { name: 'Acknowledge' }).count(), 0);
    await banner(viewer).getByRole('button', { name: 'Hide' }).click();
    await banner(viewer).waitFor({ state: 'hidden' });
    await viewer.getByRole('link', { name: 'Alarms', exact: true }).waitFor();
    const count = await viewer.evaluate('window.toneCount');
    await viewer.waitForTimeout(3_000);
    assert.equal(await viewer.evaluate('window.toneCount'), count, 'makes no sound');
    await viewer.reload();
    await on.stage.write(1, 2, [7, 21, 8]);
    await banner(viewer).getByText('Living room, zone 21.8: Alarm.', { exact: true }).waitFor();
    await banner(page).getByText('And 1 more.').waitFor();
    assert.equal(
      await banner(page).getByRole('button', { name: 'Acknowledge' }).count(),
      0,
      'of several, none',
    );
    await page.getByRole('link', { name: 'Show alarms' }).click();
    await page.getByRole('button', { name: 'Acknowledge Living room, zone 21.7' }).click();
    await banner(page).getByRole('button', { name: 'Acknowledge', exact: true }).click();
    await banner(page).waitFor({ state: 'hidden' });
    await row(page, 'zone 21.8')
      .getByText(/^Acknowledged by admin, /)
      .waitFor();
    await viewer.getByRole('link', { name: 'Show alarms' }).click();
    await learn(viewer, row(viewer, 'zone 21.8').getByText(/^Acknowledged by admin, /));
    for (const subzone of [7, 8]) await on.stage.write(1, 2, [0, 21, subzone]);
  });

  it('say so where the browser keeps them quiet, until somebody touches the page', async () => {
    const page = await on.enter();
    await page.evaluate(QUIET_UNTIL_TOUCHED);
    await on.stage.write(1, 2, [7, 9, 5]);
    await page.getByRole('button', { name: 'The browser keeps it quiet: sound on' }).click();
    await page.getByRole('button', { name: 'Mute' }).waitFor();
    await on.stage.write(1, 2, [0, 9, 5]);
  });

  it('ring again when their node tells them after a long silence; somebody may say that they are over', async () => {
    const page = await on.enter('admin', { url: `${on.stage.url}#alarms` });
    await on.stage.write(1, 2, [7, 20, 6]);
    await page.getByRole('button', { name: /^Acknowledge .*20\.6/ }).click();
    await banner(page).getByText('20.6: Alarm').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: /^It is over: .*20\.6/ }).click();
    await row(page, '20.6').getByText('Ended', { exact: true }).waitFor();
    await on.stage.write(1, 2, [7, 20, 6]);
    await banner(page).getByText('20.6: Alarm').waitFor();
    await on.stage.write(1, 2, [0, 20, 6]);
  });

  it('of a limit are notified while the page is behind others', async () => {
    const page = await on.enter('admin', { permissions: ['notifications'] });
    await on.stage.measure({ type: 14, value: 500 });
    await page.getByRole('button', { name: 'Power, Living room' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Set an alarm' }).click();
    await dialog.getByLabel('Above, W', { exact: true }).fill('900.5');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.evaluate(COLLECT_NOTIFICATIONS);
    await page.evaluate(`{
      requestAnimationFrame = () => 1;
      Object.defineProperty(document, 'visibilityState', { value: 'hidden' });
    }`);
    await on.stage.measure({ type: 14, value: 901 });
    await until(page, 'window.notified.length > 0');
    const [first] = await page.evaluate<string[][]>('window.notified');
    assert.deepEqual(first, ['Power, Living room', '901 W, above 900.5 W']);
    await on.stage.measure({ type: 14, value: 500 });
  });

  it('are shown as notifications where the page may', async () => {
    const page = await on.enter('admin', { permissions: ['notifications'] });
    await page.evaluate(COLLECT_NOTIFICATIONS);
    await on.stage.write(1, 2, [7, 9, 4]);
    await until(page, 'window.notified.length > 0');
    const [first] = await page.evaluate<string[][]>('window.notified');
    assert.match(first?.[0] ?? '', /^Living room, /);
    assert.equal(first?.[1], 'Alarm');
    await on.stage.write(1, 2, [0, 9, 4]);
  });

  it('of a limit ring after their time, and end when the value is as it should be', async () => {
    const page = await on.enter();
    await on.stage.measure({ type: 16, value: 230 });
    await page.getByRole('button', { name: 'Voltage, Living room' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Alarm', { exact: true }).click();
    await dialog.getByLabel('Above, V', { exact: true }).fill('240');
    await dialog.getByLabel('Below').fill('200');
    await dialog.getByLabel('For at least, seconds', { exact: true }).fill('1');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('status').getByText('The alarm is set.').waitFor();
    const tile = page.locator('.tile').filter({ hasText: 'Voltage' });
    await tile.getByRole('img', { name: 'Alarm is set' }).waitFor();
    await page.getByRole('button', { name: 'Voltage, Living room' }).click();
    await dialog.getByRole('button', { name: 'Change the alarm' }).waitFor();
    await dialog.getByText('above 240 V for 1 s · below 200 V for 1 s', { exact: true }).waitFor();
    assert.equal(
      await page.evaluate(`document.querySelector('dialog[open]').scrollTop`),
      0,
      'shown from its top, though it was left below',
    );
    await dialog.getByRole('button', { name: 'Close' }).click();
    await on.stage.measure({ type: 16, value: 251 });
    await banner(page).getByText('Voltage, Living room: 251 V, above 240 V').waitFor();
    await tile.getByRole('img', { name: 'Alarm', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Mute' }).click();
    await page.getByRole('button', { name: 'Mute', pressed: true }).waitFor();
    await page.getByRole('link', { name: 'Show alarms' }).click();
    await row(page, 'Voltage').getByText('Active').waitFor();
    await on.stage.measure({ type: 16, value: 229 });
    await row(page, 'Voltage').getByText('Ended').waitFor();
    // What is still so comes first.
    await until(
      page,
      `(() => {
        const others = [...document.querySelectorAll('.alarm')].filter((row) => !/Voltage/.test(row.textContent));
        const buttons = others.flatMap((row) => [...row.querySelectorAll('button[aria-label^=Acknowledge]')]);
        for (const button of buttons) button.click();
        return buttons.length === 0;
      })()`,
    );
    await banner(page)
      .getByText(/^Ended [\d:]+: Voltage, Living room: 251 V, above 240 V/)
      .waitFor();
    await on.stage.measure({ type: 16, value: 190 });
    await banner(page).getByText('Voltage, Living room: 190 V, below 200 V').waitFor();
    await on.stage.measure({ type: 16, value: 229 });
  });

  it('of a limit that nobody noticed who may save are there on the next page', async () => {
    const page = await on.enter();
    await on.stage.measure({ type: 5, value: 9 });
    await page.getByRole('button', { name: 'Electric current, Living room' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Alarm', { exact: true }).click();
    await dialog.getByLabel('Above, A', { exact: true }).fill('10');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    const viewer = await on.enter('user');
    await page.close();
    await viewer.goto(`${viewer.url().split('#')[0]}#alarms`);
    // Dates have whole seconds: of what came within one, the server's memory tells the last.
    await setTimeout(1_100);
    await on.stage.measure({ type: 5, value: 11 });
    await row(viewer, 'Electric current').getByText('Active').waitFor();
    await setTimeout(1_100);
    await on.stage.measure({ type: 5, value: 9 });
    await row(viewer, 'Electric current').getByText('Ended').waitFor();
    await viewer.close();
    const next = await on.enter();
    await next.getByRole('link', { name: /^Alarms/ }).click();
    await row(next, 'Electric current').getByText('Ended').waitFor();
    await row(next, 'Electric current').getByText('11 A, above 10 A').waitFor();
    await kept('"value": 11');
  });

  it('of a limit ring once while the value swings around it, until it is back by enough', async () => {
    const page = await on.enter();
    await on.stage.measure({ type: 35, value: 50 });
    await page.getByRole('button', { name: 'Humidity, Living room' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Alarm', { exact: true }).click();
    await dialog.getByLabel('Above, %', { exact: true }).fill('70');
    await dialog.getByLabel('Ends only when back by, %', { exact: true }).fill('5');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    const tile = page.locator('.tile').filter({ hasText: 'Humidity' });
    const swing = async (value: number) => {
      await on.stage.measure({ type: 35, value });
      await tile.getByText(String(value)).waitFor();
    };
    await swing(71);
    await banner(page).getByText('Humidity, Living room: 71 %, above 70 %').waitFor();
    for (const value of [69, 72, 66]) await swing(value);
    await page.getByRole('link', { name: 'Show alarms' }).click();
    await row(page, 'Humidity').getByText('Active').waitFor();
    await page.getByRole('button', { name: 'Acknowledge Humidity, Living room' }).click();
    await row(page, 'Humidity').getByText('Acknowledged by admin').waitFor();
    await page.reload();
    await page.locator('.bar-link[href="#alarms"]').click();
    for (const value of [71, 67]) await on.stage.measure({ type: 35, value });
    await row(page, 'Humidity').getByText('Active').waitFor();
    await on.stage.measure({ type: 35, value: 65 });
    await row(page, 'Humidity').getByText('Ended').waitFor();
    assert.equal(await row(page, 'Humidity').count(), 1);
  });

  it('of a door and of a switch ring when they are so for long, and end with it', async () => {
    const page = await on.enter();
    await acknowledgeAll(page);
    const setAlarm = async (name: string, when: string) => {
      await page.getByRole('button', { name }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Set an alarm' }).click();
      await dialog.getByLabel('When', { exact: true }).selectOption(when);
      await dialog.getByLabel('For at least, seconds').fill('1');
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.waitFor({ state: 'hidden' });
      await page.getByRole('button', { name }).click();
      await dialog.getByText(`${when} for 1 s`, { exact: true }).waitFor();
      await dialog.getByRole('button', { name: 'Close' }).click();
    };
    await on.stage.write(20, 8, [0, 22, 1], SENSOR);
    await setAlarm('Opening, Living room', 'Open');
    await on.stage.write(20, 7, [0, 22, 1], SENSOR);
    await banner(page).getByText('Opening, Living room: Open.').waitFor();
    await on.stage.write(20, 8, [0, 22, 1], SENSOR);
    await banner(page)
      .getByText(/^Ended .*Opening, Living room: Open/)
      .waitFor();
    await banner(page).getByRole('button', { name: 'Acknowledge' }).click();
    await on.stage.write(20, 4, [0, 1, 1], RELAYS);
    await setAlarm('Details of Living room lamp', 'On');
    await on.stage.write(20, 3, [0, 1, 1], RELAYS);
    await banner(page).getByText('Living room lamp: On.').waitFor();
    const card = page.locator('.switch-card[data-alarm=rings]');
    await card.getByRole('img', { name: 'Alarm', exact: true }).waitFor();
    await on.stage.write(20, 4, [0, 1, 1], RELAYS);
    await banner(page)
      .getByText(/^Ended .*Living room lamp: On/)
      .waitFor();
    await banner(page).getByRole('button', { name: 'Acknowledge' }).click();
  });

  it('of a control are set where it is set up; what would always ring is refused', async () => {
    await on.stage.changePanel({
      controls: { vent: { kind: 'dimmer', zone: 22, subzone: 2, index: 1, name: 'Vent' } },
    });
    const page = await on.enter();
    await acknowledgeAll(page);
    await on.stage.write(20, 40, [80, 22, 2], RELAYS);
    await page.getByRole('button', { name: 'Details of Vent' }).click();
    await page.getByRole('button', { name: 'Change the control…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Alarm', { exact: true }).click();
    await dialog.getByLabel('Above, %', { exact: true }).fill('10');
    await dialog.getByLabel('Below, %', { exact: true }).fill('50');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByRole('alert').getByText('“Above” has to be greater than “Below”').waitFor();
    await dialog.getByLabel('Below, %', { exact: true }).fill('');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await banner(page).getByText('Vent: 80 %, above 10 %').waitFor();
    await on.stage.changePanel({ controls: { vent: null }, items: { 'c:vent': null } });
    await banner(page).getByRole('button', { name: 'Acknowledge' }).click();
  });

  it('tell of a value that does not come any more', async () => {
    const page = await on.enter();
    await on.stage.measure({ type: 25, value: 300 }, SENSOR);
    await page.getByRole('button', { name: 'Illuminance, Living room' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Alarm', { exact: true }).click();
    await dialog.getByLabel('No value for, seconds').fill('3');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await banner(page).getByText('no value for 3 s').waitFor();
  });

  it('are set and seen by whoever has a new sensor, a phone, and knows nothing', async () => {
    const page = await on.enter('admin', { viewport: PHONE });
    await on.stage.measure({ type: 6, value: 3.5, unit: 1 }, STRANGER);
    await page.getByRole('button', { name: 'Found, not placed yet: 1' }).click();
    const place = page.getByRole('button', { name: /^Name and place / });
    assert.ok(await isInSight(place));
    await place.click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('Freezer');
    await dialog.getByLabel('Room', { exact: true }).selectOption('Kitchen');
    await dialog.getByRole('button', { name: 'Save' }).click();
    const kitchen = page.getByRole('region', { name: 'Kitchen' });
    const tile = kitchen.getByRole('button', { name: 'Temperature, Freezer' });
    await until(page, `document.activeElement.getAttribute('aria-label') === 'Temperature, Freezer'`);
    assert.ok(await isInSight(tile), 'shown where it is now');
    await page.getByRole('button', { name: /^Found, not placed yet/ }).waitFor({ state: 'hidden' });
    await tile.click();
    const alarm = dialog.getByRole('button', { name: 'Set an alarm' });
    assert.ok(await isInSight(alarm), 'not only at the end of the details');
    await alarm.click();
    await until(page, `document.activeElement.id.startsWith('limit-above')`);
    assert.ok(await isInSight(dialog.getByLabel('Above')));
    await page.keyboard.type('8');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
    await on.stage.measure({ type: 6, value: 9.5, unit: 1 }, STRANGER);
    const alert = page.getByRole('alert').filter({ has: page.getByRole('link', { name: 'Show alarms' }) });
    assert.ok(await isInSight(alert));
    await page.getByRole('link', { name: 'Show alarms' }).click();
    await page.getByRole('button', { name: 'Acknowledge Temperature, Freezer' }).click();
    await row(page, 'Freezer')
      .getByText(/^Acknowledged by admin, /)
      .waitFor();
  });

  it('are read by everybody in their own language, those of earlier versions as they were saved', async () => {
    const voltage = `v:${SENSOR}/measurement16/4/`;
    await on.stage.changePanel({
      items: { [voltage]: { limit: { above: 240.5 } } },
      alarms: { [`a:${SENSOR}/1/20.40`]: { title: 'Flur', text: 'Warnung von früher', since: Date.now() } },
    });
    const page = await on.enter('admin', { url: `${on.stage.url}#alarms` });
    await on.stage.measure({ type: 16, value: 230 });
    await on.stage.measure({ type: 16, value: 251.5, sensorIndex: 4 });
    await on.stage.write(1, 5, [0, 20, 41]);
    for (const text of ['251.5 V', '20.41']) await row(page, text).waitFor();
    await kept('20.41', `l:${voltage}`);
    await page.goto('about:blank');
    for (const [locale, sensor, power, value] of [
      ['en-GB', 'Voltage, sensor 4, Living room', 'zone 20.41Power failure', '251.5 V, above 240.5 V'],
      ['de-DE', 'Spannung, Sensor 4, Living room', 'Zone 20.41Stromausfall', '251,5 V, über 240,5 V'],
      ['sv-SE', 'Spänning, givare 4, Living room', 'zon 20.41Strömavbrott', '251,5 V, över 240,5 V'],
    ] as const) {
      const viewer = await on.enter('user', { locale, url: `${on.stage.url}#alarms` });
      await row(viewer, value).getByText(sensor).waitFor();
      await row(viewer, power).waitFor();
      await row(viewer, 'Flur').getByText('Warnung von früher').waitFor();
    }
    await on.stage.write(1, 5, [1, 20, 41]);
    await on.stage.changePanel({ items: { [voltage]: null }, alarms: null });
  });
});
