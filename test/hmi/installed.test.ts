import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { buildPart } from '../../scripts/build.mjs';
import { HMI_FOLDER } from '../../scripts/build-hmi.mjs';
import { TemporaryFolders } from '../support/temporary-folders.ts';
import { connected, logIn, openPage, until, useStage } from './pages.ts';
import { FrontProxy } from './proxy.ts';

interface Manifest {
  display: string;
  start_url: string;
  scope: string;
  icons: { src: string; type: string }[];
}

const folders = new TemporaryFolders('websocksrv-installed-');
/** A copy of the panel, which tests may change. */
const root = folders.next();
const on = useStage({ 'web-root': root });
let proxy: FrontProxy | undefined;

before(async () => {
  await buildPart('buildHmi');
  cpSync(HMI_FOLDER, root, { recursive: true });
});

afterEach(async () => {
  await proxy?.end();
  proxy = undefined;
});

after(() => folders.removeAll());

const KEPT_NEW_NAME = `(async () => {
  const kept = await caches.match(new URL('panel.json', document.baseURI));
  return (await kept?.text())?.includes('New name');
})()`;

const VERSION = 'document.documentElement.dataset';
const ONE_CACHE = 'caches.keys().then(({ length }) => length === 1)';
const KNOWS_NEWER = `caches.match(new URL('outdated', document.baseURI))`;
/** Nothing that a test waits for. */
const NEVER_MS = 3_600_000;
/** Longer than the service worker waits for the network. */
const SLOW_MS = 5_000;

/** Opens the page, and waits until its files are on the device. */
async function install(url: string): Promise<Page> {
  const { page } = await openPage(on.browser, url, { serviceWorkers: 'allow' });
  await page.locator('#user').waitFor();
  await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
  return page;
}

function change(name: string, edit: (text: string) => string): void {
  const path = join(root, name);
  writeFileSync(path, edit(readFileSync(path, 'utf8')));
  for (const coded of ['.gz', '.br']) rmSync(path + coded, { force: true });
}

/**
 * A new version of the panel: its page and its script have the mark, and the script has another name.
 * @returns publishes its service worker too
 */
function publish(mark: string): () => void {
  const [, name = ''] = /"(panel-\w+)\.js"/.exec(readFileSync(join(root, 'index.html'), 'utf8')) ?? [];
  const script = readFileSync(join(root, `${name}.js`), 'utf8');
  rmSync(join(root, `${name}.js`));
  writeFileSync(join(root, `panel-${mark}.js`), `${script};${VERSION}.script = '${mark}';`);
  change('index.html', (text) =>
    text.replace(name, `panel-${mark}`).replace('<html', `<html data-page="${mark}"`),
  );
  return () =>
    change('service-worker.js', (text) =>
      text.replaceAll(name, `panel-${mark}`).replace(/"[0-9a-f]{16}"/, `"${mark}"`),
    );
}

/** Loads the panel anew, and tells of which version its page and its script are. */
async function reload(page: Page): Promise<(string | undefined)[]> {
  await page.reload();
  await page.locator('#user').waitFor();
  await until(page, `${VERSION}.started === ''`);
  return page.evaluate(`[${VERSION}.page, ${VERSION}.script]`);
}

describe('the panel on a device', () => {
  it('has what a browser wants to install it', async () => {
    const { page } = await openPage(on.browser, on.stage.url);
    const href = await page.locator('link[rel=manifest]').getAttribute('href');
    const answer = await fetch(new URL(href ?? '', on.stage.url));
    const manifest = (await answer.json()) as Manifest;
    assert.deepEqual([manifest.display, manifest.start_url, manifest.scope], ['standalone', './', './']);
    for (const { src, type } of manifest.icons) {
      const icon = await fetch(new URL(src, on.stage.url));
      assert.deepEqual([icon.status, icon.headers.get('content-type')], [200, type], src);
    }
    const manifestProblems = await page
      .context()
      .newCDPSession(page)
      .then((session) => session.send('Page.getAppManifest'))
      .then(({ errors }) => errors);
    assert.deepEqual(manifestProblems, []);
  });

  it('opens without the server, under a path of a proxy too, and comes back with it', async () => {
    proxy = await FrontProxy.start(on.stage.port, '/house');
    const page = await install(proxy.url);
    await proxy.end();
    proxy = undefined;
    await page.reload();
    await page.locator('#user').waitFor();
    assert.notEqual(await page.evaluate("getComputedStyle(document.querySelector('.card')).padding"), '0px');
  });

  it('is never an old one where the server answers', async () => {
    const page = await install(on.stage.url);
    change('index.html', (text) => text.replace('<html lang="en">', '<html lang="en" data-mark="new">'));
    await page.reload();
    await page.locator('#user').waitFor();
    assert.equal(await page.evaluate('document.documentElement.dataset.mark'), 'new');
  });

  it('opens without the server as it was with the last visit, not as on the day it was installed', async () => {
    proxy = await FrontProxy.start(on.stage.port, '/house');
    const page = await install(proxy.url);
    await page.reload();
    change('panel.json', () => '{ "title": "New name" }');
    await page.reload();
    await page.getByRole('heading', { name: 'New name' }).waitFor();
    // The copy is written beside the answer.
    await until(page, KEPT_NEW_NAME);
    await proxy.end();
    proxy = undefined;
    await page.reload();
    await page.getByRole('heading', { name: 'New name' }).waitFor();
  });

  it('opens without the server on a device that stays logged in, and logs in when that is back', async () => {
    const { page } = await openPage(on.browser, on.stage.url, { serviceWorkers: 'allow' });
    await logIn(page);
    await connected(page);
    await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
    await on.stage.closeDriver();
    await page.reload();
    await page.getByText('The server cannot be reached').waitFor();
    await on.stage.openDriver();
    await connected(page);
  });

  it('is shown as it is kept when the network has not answered for four seconds', async () => {
    proxy = await FrontProxy.start(on.stage.port);
    const page = await install(proxy.url);
    for (const path of ['/', '/panel.json']) proxy.lateMs.set(path, NEVER_MS);
    const began = performance.now();
    await page.reload({ waitUntil: 'commit' });
    const waitedMs = performance.now() - began;
    assert.ok(waitedMs > 3_900 && waitedMs < 30_000, `${waitedMs} ms`);
    await page.locator('#user').waitFor();
  });

  it('is of one version while a new one comes over a slow network, and an old one once at most', async () => {
    proxy = await FrontProxy.start(on.stage.port);
    const page = await install(proxy.url);
    const before = await reload(page);
    const publishWorker = publish('2');
    proxy.lateMs.set('/', SLOW_MS);
    assert.deepEqual(await reload(page), before, 'the network is late');
    await until(page, KNOWS_NEWER);
    proxy.isAway = true;
    assert.deepEqual(await reload(page), before, 'without the server');
    proxy.isAway = false;
    assert.deepEqual(await reload(page), ['2', '2'], 'the network is late again');
    proxy.lateMs.clear();
    publishWorker();
    assert.deepEqual(await reload(page), ['2', '2']);
    await until(page, `(async () => (await ${ONE_CACHE}) && !(await ${KNOWS_NEWER}))()`);
    proxy.isAway = true;
    assert.deepEqual(await reload(page), ['2', '2'], 'without the server');
  });

  for (const path of ['', '/house']) {
    it(`is taken off by \`"offline": false\`, served under “${path}/”`, async () => {
      proxy = await FrontProxy.start(on.stage.port, path);
      change('panel.json', () => '{}');
      const page = await install(proxy.url);
      change('panel.json', () => '{ "offline": false }');
      await page.reload();
      await page.locator('#user').waitFor();
      await until(
        page,
        'Promise.all([navigator.serviceWorker.getRegistrations(), caches.keys()]).then((lists) => lists.every(({ length }) => length === 0))',
      );
    });
  }
});
