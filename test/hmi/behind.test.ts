import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { launchPlain, type PlainBrowser } from '../support/browser.ts';
import { TemporaryFolders } from '../support/temporary-folders.ts';
import { stretched } from '../support/time-factor.ts';
import { comesNotification, connected, logIn, until, useStage, watchNotifications } from './pages.ts';
import { FrontProxy } from './proxy.ts';

/** Within that a dead connection has to be found, on a machine that is not slow. */
const FOUND_LIMIT_MS = stretched(3_000);

const on = useStage();
const folders = new TemporaryFolders('websocksrv-behind-');
let plain: PlainBrowser | undefined;

before(async () => {
  plain = await launchPlain(folders.next());
  plain.context.setDefaultTimeout(90_000);
});

after(async () => {
  await plain?.end();
  folders.removeAll();
});

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

/** The panel in a browser as people have it, and another page to put before it. */
async function withPanel(url: string, use: (page: Page, other: Page) => Promise<void>): Promise<void> {
  const { context } = plain ?? assert.fail();
  await context.grantPermissions(['notifications'], { origin: new URL(url).origin });
  const [page, other] = [await context.newPage(), await context.newPage()];
  try {
    await page.bringToFront();
    await page.goto(url);
    await logIn(page);
    await connected(page);
    await use(page, other);
  } finally {
    await page.evaluate('localStorage.clear()').catch(() => undefined);
    await page.close();
    await other.close();
  }
}

/** Puts another page before it. What is asserted here is the browser's own doing: nothing of it is made up. */
async function hide(page: Page, other: Page): Promise<void> {
  await other.bringToFront();
  await until(page, `document.visibilityState === 'hidden'`);
  await page.evaluate('window.frameCount = 0; requestAnimationFrame(() => { window.frameCount += 1; })');
  // So long that a page on show would have had its frame.
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(await page.evaluate('window.frameCount'), 0);
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

describe('a panel behind another page', () => {
  it('notifies of a value beyond its limit, of one that does not come, and of a node', async () => {
    await withPanel(on.stage.url, async (page, other) => {
      await watchNotifications(page);
      await on.stage.measure({ type: 14, value: 500 });
      await setLimit(page, 'Power, Living room', 'Above, W', '900');
      await on.stage.measure({ type: 25, value: 300 });
      await setLimit(page, 'Illuminance, Living room', 'No value for, seconds', '4');
      await hide(page, other);
      await on.stage.measure({ type: 14, value: 901 });
      await comesNotification(page, 'Power, Living room: 901 W, above 900 W');
      await on.stage.write(1, 1, [7, 9, 31]);
      await comesNotification(page, 'Living room, Entrance: Warning');
      // Nothing comes for it: the page's own timers have to tell.
      await comesNotification(page, 'Illuminance, Living room: no value for 4 s');
      assert.equal(await page.evaluate('document.visibilityState'), 'hidden');
    });
  });
});

describe('a panel that the browser has frozen', () => {
  it('finds a connection that died meanwhile within 3 s of being looked at again', async (t) => {
    const proxy = await FrontProxy.start(on.stage.port);
    try {
      await withPanel(proxy.url, async (page, other) => {
        await page.evaluate(`{
          window.events = [];
          for (const name of ['freeze', 'resume']) document.addEventListener(name, () => window.events.push(name));
          document.addEventListener('visibilitychange', () => {
            if (document.visibilityState === 'visible') window.seenAt = performance.now();
          });
          new MutationObserver(() => {
            if (window.seenAt !== undefined) window.foundMs ??= performance.now() - window.seenAt;
          }).observe(document.querySelector('.pill'), { childList: true, characterData: true, subtree: true });
        }`);
        await hide(page, other);
        const session = await page.context().newCDPSession(page);
        await session.send('Page.setWebLifecycleState', { state: 'frozen' });
        proxy.silence();
        await new Promise((resolve) => setTimeout(resolve, 6_000));
        await session.send('Page.setWebLifecycleState', { state: 'active' });
        await page.bringToFront();
        await until(page, 'window.foundMs !== undefined');
        assert.deepEqual(await page.evaluate('window.events'), ['freeze', 'resume']);
        const foundMs = await page.evaluate<number>('window.foundMs');
        t.diagnostic(`found after ${foundMs.toFixed(0)} ms`);
        assert.ok(foundMs < FOUND_LIMIT_MS, `found after ${foundMs} ms`);
        await connected(page);
      });
    } finally {
      await proxy.end();
    }
  });
});
