import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page, Worker } from 'playwright-core';
import {
  comesNotification,
  connected,
  learn,
  logIn,
  lookingAt,
  notificationsOf,
  type PageOptions,
  showsNotification,
  useStage,
  watchNotifications,
} from './pages.ts';
import { FrontProxy } from './proxy.ts';
import { SENSOR } from './stage.ts';

const on = useStage();

/** What a device that may notify allows. */
const DEVICE: PageOptions = { serviceWorkers: 'allow', permissions: ['notifications'] };

/** The panel with its service worker, on a device that may notify. */
async function installed(user = 'admin'): Promise<{ page: Page; worker: Worker }> {
  const page = await on.enter(user, DEVICE);
  await watchNotifications(page);
  await isLive(page);
  const [worker] = page.context().serviceWorkers();
  return { page, worker: worker ?? (await page.context().waitForEvent('serviceworker')) };
}

/**
 * What the page finds in the server's two memories (HISTORY, LAST) is no news to it, and not notified. It reads them when
 * it begins, and again when it gets to know saved controls: of five values, one after the other, the fifth is news.
 */
async function isLive(page: Page): Promise<void> {
  for (const value of [31, 32, 33, 34, 35]) {
    await on.stage.measure({ type: 6, value, unit: 1 });
    await page.locator('.tile-number').getByText(String(value)).waitFor();
  }
}

/**
 * A touch on the notification, as the worker is told of it. Browsers let pages come to the front after a real touch
 * alone: what is asked of them is noted in its place.
 */
const touch = (body: string) => `(async () => {
  const notification = (await registration.getNotifications()).find(({ body }) => body === '${body}');
  const event = new NotificationEvent('notificationclick', { notification });
  const waits = [];
  event.waitUntil = (done) => waits.push(done);
  const asked = [];
  WindowClient.prototype.focus = async function () { asked.push('focus ' + this.url); };
  clients.openWindow = async (url) => { asked.push('open ' + url); };
  dispatchEvent(event);
  await Promise.all(waits);
  return asked;
})()`;

describe('the notification of an alarm on a device with the panel installed', () => {
  it('is shown by the service worker; a touch on it leads to the list of alarms in the panel that is open', async () => {
    const { page, worker } = await installed();
    await on.stage.write(1, 1, [7, 9, 21]);
    await comesNotification(page, 'Living room, Entrance: Warning');
    const asked = await worker.evaluate<string[]>(touch('Warning'));
    assert.deepEqual(asked, [`focus ${on.stage.url}`]);
    await page.getByRole('heading', { name: 'Alarms' }).waitFor();
    await showsNotification(page, 'Living room, Entrance: Warning', false);
    await on.stage.write(1, 1, [0, 9, 21]);
  });

  it('opens the panel where none is open', async () => {
    const { page, worker } = await installed();
    await on.stage.write(1, 1, [7, 9, 22]);
    await comesNotification(page, 'Living room, Entrance: Warning');
    await page.goto('about:blank');
    const asked = await worker.evaluate<string[]>(touch('Warning'));
    assert.deepEqual(asked, [`open ${on.stage.url}#alarms`]);
    await on.stage.write(1, 1, [0, 9, 22]);
  });

  it('goes when somebody acknowledges the alarm elsewhere, also after a reload; those of others stay', async () => {
    const { page } = await installed();
    for (const subzone of [7, 8]) {
      await on.stage.write(1, 2, [7, 20, subzone]);
      await comesNotification(page, `Living room, zone 20.${subzone}: Alarm`);
    }
    await showsNotification(page, 'Living room, zone 20.7: Alarm');
    const other = await on.enter('admin', { url: `${on.stage.url}#alarms` });
    await page.reload();
    await other.getByRole('button', { name: 'Acknowledge Living room, zone 20.7' }).click();
    await learn(page, page.getByText('zone 20.8: Alarm'));
    await lookingAt(page, () => showsNotification(page, 'Living room, zone 20.7: Alarm', false));
    await showsNotification(page, 'Living room, zone 20.8: Alarm');
    for (const subzone of [7, 8]) await on.stage.write(1, 2, [0, 20, subzone]);
  });

  it('comes once, also where another panel wrote the alarm down first, and not again after a reload', async () => {
    const { page } = await installed();
    const rings = (subzone: number, code = 7) => on.stage.write(1, 2, [code, 20, subzone]);
    await on.stage.changePanel({ alarms: { [`a:${SENSOR}/2/20.11`]: { since: Date.now() } } });
    await lookingAt(page, () => comesNotification(page, 'Living room, zone 20.11: Alarm'));
    for (const subzone of [11, 12]) await rings(subzone);
    await comesNotification(page, 'Living room, zone 20.12: Alarm');
    const told = [11, 12].map((subzone) => `Living room, zone 20.${subzone}: Alarm`);
    assert.deepEqual(await notificationsOf(page), told);
    await page.reload();
    await isLive(page);
    for (const subzone of [11, 12, 13]) await rings(subzone);
    await comesNotification(page, 'Living room, zone 20.13: Alarm');
    assert.deepEqual(await notificationsOf(page), ['Living room, zone 20.13: Alarm']);
    for (const subzone of [11, 12, 13]) await rings(subzone, 0);
  });

  it('is in the language of its device, whatever that of the panel that found it', async () => {
    const page = await on.enter('admin', { ...DEVICE, locale: 'de-DE' });
    await watchNotifications(page);
    await isLive(page);
    const found = { since: Date.now(), side: 'above', value: 1251.5, decimals: 1, limit: 1240.5, unit: 'V' };
    const voltage = `v:${SENSOR}/measurement16/3/`;
    await on.stage.measure({ type: 16, value: 1251.5, sensorIndex: 3 });
    await on.stage.changePanel({
      items: { [voltage]: { limit: { above: 1240.5 } } },
      alarms: { [`l:${voltage}`]: found },
    });
    const words = 'Spannung, Living room: 1\u202F251,5 V, über 1\u202F240,5 V';
    await lookingAt(page, () => comesNotification(page, words));
    await page.locator('.alarm-banner').getByText(words).waitFor();
    await on.stage.changePanel({ items: { [voltage]: null }, alarms: null });
  });

  it('comes after a break for an alarm that nobody has acknowledged meanwhile', async () => {
    const proxy = await FrontProxy.start(on.stage.port);
    try {
      const page = await on.open({ url: proxy.url, ...DEVICE });
      await logIn(page);
      await connected(page);
      await watchNotifications(page);
      await isLive(page);
      const other = await on.enter('admin', { url: `${on.stage.url}#alarms` });
      proxy.shut();
      await page.locator('.pill[data-state=waiting]').waitFor();
      for (const subzone of [14, 15]) await on.stage.write(1, 2, [7, 20, subzone]);
      await other.getByRole('button', { name: 'Acknowledge Living room, zone 20.14' }).click();
      const viewer = await on.enter('user', { url: `${on.stage.url}#alarms` });
      const row = viewer.locator('.alarm').filter({ hasText: 'zone 20.14' });
      await learn(viewer, row.getByText('Acknowledged by admin'));
      proxy.open();
      await connected(page);
      await comesNotification(page, 'Living room, zone 20.15: Alarm');
      await on.stage.write(1, 2, [7, 20, 16]);
      await comesNotification(page, 'Living room, zone 20.16: Alarm');
      const told = [15, 16].map((subzone) => `Living room, zone 20.${subzone}: Alarm`);
      assert.deepEqual(await notificationsOf(page), told);
    } finally {
      await proxy.end();
      for (const subzone of [14, 15, 16]) await on.stage.write(1, 2, [0, 20, subzone]);
    }
  });
});
