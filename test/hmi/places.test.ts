import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { stretched } from '../support/time-factor.ts';
import { connected, logIn, openPage, until, useStage } from './pages.ts';
import { FrontProxy } from './proxy.ts';
import { RELAYS, SENSOR, Stage } from './stage.ts';

/** Within that a dead connection has to be found, on a machine that is not slow. */
const FOUND_LIMIT_MS = stretched(3_000);
/** From one look at the rights to the next, what an answer may take, and what a busy machine adds. */
const SILENCE_LIMIT_MS = stretched(25_000);
const DOOR = [0, 9, 0];

const on = useStage({ 'url-ws2': '/house/socket' });

async function enter(url: string, clockLeadMs?: number): Promise<Page> {
  const page = await on.open({ url, ...(clockLeadMs !== undefined && { clockLeadMs }) });
  await logIn(page);
  await page.getByText('Connected', { exact: true }).waitFor();
  return page;
}

async function behindProxy(prefix: string, use: (proxy: FrontProxy) => Promise<void>): Promise<void> {
  const proxy = await FrontProxy.start(on.stage.port, prefix);
  try {
    await use(proxy);
  } finally {
    await proxy.end();
  }
}

describe('the panel finds its server', () => {
  it('under another path than /ws2', async () => {
    await enter(on.stage.url);
  });

  it('behind a proxy that has it under a path of its own', async () => {
    await behindProxy('/vscp', async (proxy) => {
      const page = await enter(proxy.url);
      assert.match(page.url(), /\/vscp\//);
    });
  });
});

describe('a panel that is open', () => {
  it('finds its server again after the path of the websocket has changed', async () => {
    const page = await enter(on.stage.url);
    await on.stage.closeDriver();
    await page.getByText('The connection is lost').waitFor();
    await on.stage.openDriver({ 'url-ws2': '/elsewhere' });
    try {
      await page.getByText('Connected', { exact: true }).waitFor();
      await on.stage.measure({ type: 6, value: 19.5, unit: 1 });
      await page.locator('.tile-number').getByText('19.5', { exact: true }).waitFor();
    } finally {
      await on.stage.closeDriver();
      await on.stage.openDriver();
    }
  });
});

describe('a panel whose driver is on another port', () => {
  const enterAt = async (url: string): Promise<Page> => {
    const page = await on.open({ url: 'about:blank' });
    await page.route('**/panel.json', (route) => route.fulfill({ json: { url } }));
    await page.goto(on.stage.url);
    await logIn(page);
    return page;
  };

  it('goes where panel.json says, if that driver lets its pages in, and says if not', async () => {
    const origin = on.stage.url.replace(/\/$/, '');
    const other = await Stage.start({ 'allowed-origins': origin });
    try {
      const page = await enterAt(`ws://127.0.0.1:${other.port}/ws2`);
      await connected(page);
      await other.measure({ type: 6, value: 18.5, unit: 1 });
      await page.locator('.tile-number').getByText('18.5', { exact: true }).waitFor();
      await other.closeDriver();
      await page.getByText('The connection is lost').waitFor();
      await other.openDriver();
      await connected(page);
      await other.closeDriver();
      await other.openDriver({});
      const stranger = await enterAt(`ws://127.0.0.1:${other.port}/ws2`);
      await stranger.getByRole('alert').getByText('No connection to the server').waitFor();
    } finally {
      await other.end();
    }
  });
});

describe('a device that stays logged in', () => {
  const stored = 'vscp-panel.device';
  const inNewPlace = async (use: () => Promise<void>) => {
    await on.stage.closeDriver();
    await on.stage.openDriver({ 'url-ws2': '/elsewhere' });
    try {
      await use();
    } finally {
      await on.stage.closeDriver();
      await on.stage.openDriver();
    }
  };

  it('finds its server after the path of the websocket has changed, and keeps no address', async () => {
    const page = await enter(on.stage.url);
    const device = await page.evaluate<string>(`localStorage.getItem('${stored}')`);
    assert.deepEqual(Object.keys(JSON.parse(device)), ['user', 'token']);
    await inNewPlace(async () => {
      await page.reload();
      await page.getByText('Connected', { exact: true }).waitFor();
    });
  });

  it('finds it with an address that an earlier version has kept, which is forgotten then', async () => {
    const page = await enter(on.stage.url);
    const url = `${on.stage.url.replace('http', 'ws')}house/socket`;
    await page.evaluate(
      `localStorage.setItem('${stored}', JSON.stringify({ ...JSON.parse(localStorage.getItem('${stored}')), url: '${url}' }))`,
    );
    await inNewPlace(async () => {
      await page.reload();
      await page.getByText('Connected', { exact: true }).waitFor();
      const device = await page.evaluate<string>(`localStorage.getItem('${stored}')`);
      assert.deepEqual(Object.keys(JSON.parse(device)), ['user', 'token']);
    });
  });

  it('waits for a server that comes up elsewhere meanwhile', async () => {
    const page = await enter(on.stage.url);
    await page.route('**/driver.json', (route) => route.fulfill({ json: {} }));
    await page.reload();
    await page.getByText('The server cannot be reached').waitFor();
    await page.unroute('**/driver.json');
    await page.getByText('Connected', { exact: true }).waitFor();
  });
});

describe('a browser that cannot run the panel', () => {
  const FUTURE = {
    'has what it does not know': 'class { of the future }',
    'calls what it does not have': 'document.ofTheFuture();',
    'calls that later, but before the panel is there': 'await null; document.ofTheFuture();',
  };
  for (const [what, body] of Object.entries(FUTURE)) {
    it(`shows a sentence when the script ${what}`, async () => {
      const { page } = await openPage(on.browser, 'about:blank');
      await page.route('**/panel-*.js', (route) => route.fulfill({ contentType: 'text/javascript', body }));
      await page.goto(on.stage.url);
      await page.getByRole('alert').getByText('It needs Chrome or Edge 104, Firefox 93').waitFor();
      assert.equal(await page.getByRole('alert').count(), 1);
    });
  }

  it('shows a sentence when it knows no modules', async () => {
    const { page } = await openPage(on.browser, 'about:blank');
    await page.addInitScript('delete HTMLScriptElement.prototype.noModule');
    await page.route('**/panel-*.js', (route) => route.fulfill({ contentType: 'text/javascript', body: '' }));
    await page.goto(on.stage.url);
    await page.getByRole('alert').getByText('This browser is too old').waitFor();
  });

  it('is told apart from a script that did not arrive', async () => {
    const { page } = await openPage(on.browser, 'about:blank');
    await page.route('**/panel-*.js', (route) => route.abort());
    await page.goto(on.stage.url);
    await page.getByRole('alert').getByText('could not be loaded').waitFor();
  });
});

/** Notes in the page when the words of the connection change, free of this test's own delays. */
const WATCH_CONNECTION = `
  window.firstChangeMs = undefined;
  const began = performance.now();
  new MutationObserver(() => (window.firstChangeMs ??= performance.now() - began))
    .observe(document.querySelector('.pill'), { childList: true, characterData: true, subtree: true });
`;

/** What a browser tells a page that is back. */
const WAKES = {
  visibilitychange: `document.dispatchEvent(new Event('visibilitychange'))`,
  offline: `dispatchEvent(new Event('offline'))`,
  pageshow: `dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))`,
};

/** Presses a switch, and notes when the page says that it went wrong. */
const WATCH_SWITCH = `
  window.failedMs = undefined;
  const pressed = performance.now();
  new MutationObserver(() => {
    if (document.body.textContent.includes('Die Verbindung ging')) window.failedMs ??= performance.now() - pressed;
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
  document.querySelector('main [role=switch][aria-checked=false]').click();
`;

describe('after a sleep', () => {
  for (const [name, wake] of Object.entries(WAKES)) {
    it(`a dead connection is found within 3 s by ${name}, and another one is made`, async (t) => {
      await behindProxy('', async (proxy) => {
        const page = await enter(proxy.url);
        proxy.silence();
        await page.evaluate(WATCH_CONNECTION + wake);
        await until(page, 'window.firstChangeMs !== undefined');
        const foundMs = await page.evaluate<number>('window.firstChangeMs');
        t.diagnostic(`found after ${foundMs.toFixed(0)} ms`);
        assert.ok(foundMs < FOUND_LIMIT_MS, `found after ${foundMs} ms`);
        await page.getByText('Connected', { exact: true }).waitFor();
      });
    });
  }

  it('a switch pressed before the dead connection is found fails with it, in the words of the language', async (t) => {
    await behindProxy('', async (proxy) => {
      const page = await on.open({ url: proxy.url, locale: 'de-DE' });
      await page.locator('#user').fill('admin');
      await page.locator('#password').fill('secret');
      await page.locator('button[type=submit]').click();
      await connected(page);
      await on.stage.write(20, 4, [0, 1, 1], RELAYS);
      const off = page.locator('main [role=switch][aria-checked=false]');
      await off.first().waitFor();
      proxy.silence();
      await page.evaluate(WATCH_SWITCH + WAKES.visibilitychange);
      await until(page, 'window.failedMs !== undefined');
      const failedMs = await page.evaluate<number>('window.failedMs');
      t.diagnostic(`failed after ${failedMs.toFixed(0)} ms`);
      assert.ok(failedMs < FOUND_LIMIT_MS, `failed after ${failedMs} ms`);
      await page.getByText('Die Verbindung ging währenddessen verloren').waitFor();
      assert.equal(await off.count(), 1);
    });
  });

  it('a connection that dies without a word, while somebody looks, is found without a wake', async (t) => {
    await behindProxy('', async (proxy) => {
      const page = await enter(proxy.url);
      proxy.silence();
      await page.evaluate(WATCH_CONNECTION);
      await until(page, 'window.firstChangeMs !== undefined');
      const foundMs = await page.evaluate<number>('window.firstChangeMs');
      t.diagnostic(`found after ${foundMs.toFixed(0)} ms`);
      assert.ok(foundMs < SILENCE_LIMIT_MS, `found after ${foundMs} ms`);
    });
  });

  it('a living connection stays', async () => {
    const page = await enter(on.stage.url);
    await page.evaluate(WATCH_CONNECTION + WAKES.visibilitychange);
    await page.waitForTimeout(3_000);
    assert.equal(await page.evaluate('window.firstChangeMs'), undefined);
  });
});

describe('a door that opens while the connection is away', () => {
  for (const clockLeadMs of [0, 10 * 60_000, -10 * 60_000, 56 * 365 * 86_400_000]) {
    it(`is shown open with the clocks ${clockLeadMs / 60_000} minutes apart`, async () => {
      await behindProxy('', async (proxy) => {
        const page = await enter(proxy.url, clockLeadMs);
        const door = page.locator('article.tile').filter({ hasText: 'Opening' });
        await on.stage.write(20, 8, DOOR, SENSOR);
        await door.getByText('Closed', { exact: true }).waitFor();
        await page.context().setOffline(true);
        proxy.cut();
        await page.getByText('The connection is lost').waitFor();
        // Dates have whole seconds.
        await page.waitForTimeout(1_100);
        await on.stage.write(2, 9, DOOR, SENSOR);
        await page.context().setOffline(false);
        await page.getByText('Connected', { exact: true }).waitFor();
        await door.getByText('Open', { exact: true }).waitFor();
        assert.match(String(await door.locator('.tile-age').textContent()), /^(now|\d+ s)$/);
      });
    });
  }
});
