import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page, Worker } from 'playwright-core';
import {
  comesNotification,
  learn,
  lookingAt,
  showsNotification,
  useStage,
  watchNotifications,
} from './pages.ts';

const on = useStage();

/** The panel with its service worker, on a device that may notify. */
async function installed(user = 'admin'): Promise<{ page: Page; worker: Worker }> {
  const page = await on.enter(user, { serviceWorkers: 'allow', permissions: ['notifications'] });
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
});
