import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { BrowserContext, Page } from 'playwright-core';
import { launchProfile } from '../support/browser.ts';
import { logIn, openPage, show, useStage } from './pages.ts';

const KEY = '00112233445566778899AABBCCDDEEFF';
const PHONE = { viewport: { width: 390, height: 800 }, hasTouch: true };

const on = useStage();

const open = (url = on.stage.url, options: object = PHONE) => on.open({ url, ...options });

const connected = (page: Page) => page.getByText('Connected', { exact: true }).waitFor();

async function enter(options: object = PHONE): Promise<Page> {
  const page = await open(on.stage.url, options);
  await logIn(page);
  await connected(page);
  return page;
}

const account = (page: Page) => page.getByRole('link', { name: 'Account of' }).click();
const stored = (page: Page) => page.evaluate<string>('JSON.stringify(localStorage)');

/** A link for another device, made in the panel. */
async function makeLink(page: Page, label: string, may: string): Promise<string> {
  await account(page);
  await page.getByLabel('Name of the device').fill(label);
  await page.getByLabel('It may do').selectOption(may);
  await page.getByRole('button', { name: 'Make link and QR code' }).click();
  await page.getByRole('img', { name: 'QR code of the link' }).waitFor();
  const link = await page.getByLabel('Or this link').inputValue();
  await page.keyboard.press('Escape');
  return link;
}

describe('a device that stays logged in', () => {
  it('comes back after a reload, a restart of the driver, of its host and of the browser, without a password', async () => {
    const profile = await mkdtemp(join(tmpdir(), 'websocksrv-profile-'));
    const launch = () => launchProfile(profile);
    let context: BrowserContext = await launch();
    try {
      let page = await context.newPage();
      await page.goto(on.stage.url);
      await logIn(page);
      await connected(page);
      assert.doesNotMatch(await stored(page), /secret"/);
      await page.reload();
      await connected(page);
      await on.stage.closeDriver();
      await page.getByText('The connection is lost').waitFor();
      await on.stage.openDriver();
      await connected(page);
      await on.stage.host.kill();
      await page.getByText('The connection is lost').waitFor();
      await on.stage.startHost();
      await connected(page);
      await context.close();
      context = await launch();
      page = await context.newPage();
      await page.goto(on.stage.url);
      await connected(page);
    } finally {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    }
  });

  it('is asked for the password again when it does not want to stay, or after logging out', async () => {
    const page = await open();
    await page.getByLabel('Stay logged in on this device').uncheck();
    await logIn(page);
    await connected(page);
    await page.reload();
    await page.getByLabel('Password', { exact: true }).waitFor();
    await page.getByLabel('Stay logged in on this device').check();
    await logIn(page);
    await connected(page);
    await account(page);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('Password', { exact: true }).waitFor();
    await page.reload();
    await page.getByLabel('Password', { exact: true }).waitFor();
    assert.doesNotMatch(await stored(page), /token/);
  });

  it('is thrown out within seconds when it is revoked in the list', async () => {
    const phone = await enter();
    await phone.reload();
    await connected(phone);
    const desk = await enter({});
    await account(desk);
    const entries = desk.locator('.devices li');
    await entries.first().waitFor();
    for (let left = await entries.count(); left > 0; left -= 1) {
      const button = entries.first().getByRole('button', { name: 'Revoke' });
      await button.click();
      await button.click();
      while ((await entries.count()) === left) await desk.waitForTimeout(50);
    }
    await phone
      .getByRole('alert')
      .getByText(/ended this login|not logged in any more/)
      .waitFor();
    await phone.reload();
    await phone.getByLabel('Password', { exact: true }).waitFor();
  });

  it('is asked for the new password when it was changed, phone and screen on the wall alike, and stays with it', async () => {
    const desk = await open(on.stage.url, {});
    await logIn(desk, 'secret', 'user');
    await connected(desk);
    const wall = await open(await makeLink(desk, 'Wall', 'look only, for a screen on the wall'));
    await connected(wall);
    const phone = await open();
    await logIn(phone, 'secret', 'user');
    await connected(phone);
    await phone.reload();
    await connected(phone);
    await on.stage.setPassword('user', 'four words in a row');
    try {
      for (const page of [desk, wall, phone]) await page.getByLabel('Password', { exact: true }).waitFor();
      await phone.reload();
      await logIn(phone, 'secret', 'user');
      await phone.getByRole('alert').getByText('User or password is not right').waitFor();
      await logIn(phone, 'four words in a row', 'user');
      await connected(phone);
      await phone.reload();
      await connected(phone);
      await wall.reload();
      await wall.getByLabel('Password', { exact: true }).waitFor();
    } finally {
      await on.stage.setPassword('user', 'secret');
      await on.stage.closeDriver();
      await on.stage.openDriver();
    }
  });

  it('works where nothing may be stored, without staying', async () => {
    const { page } = await openPage(on.browser, 'about:blank', PHONE);
    await page.addInitScript(
      `Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied'); } })`,
    );
    await page.goto(on.stage.url);
    await page.getByLabel('this browser keeps nothing').waitFor();
    await logIn(page);
    await connected(page);
  });
});

describe('a link for another device', () => {
  it('logs a screen on the wall in, which may look only, and is taken out of the address', async () => {
    const desk = await enter({});
    const link = await makeLink(desk, 'Wall', 'look only, for a screen on the wall');
    assert.match(link, /#setup=/);
    const wall = await open(link, { viewport: { width: 1024, height: 600 } });
    await connected(wall);
    assert.doesNotMatch(wall.url(), /setup/);
    assert.equal(await wall.evaluate('history.length'), 2);
    await show(wall, 'Switches');
    await wall.getByText('may only look here, not switch or send').waitFor();
    assert.equal(await wall.getByRole('switch').first().isDisabled(), true);
    await show(wall, 'Send');
    assert.equal(await wall.getByRole('button', { name: 'Send', exact: true }).isDisabled(), true);
    await account(wall);
    await wall.getByText('may not switch and send events').waitFor();
    await wall.reload();
    await connected(wall);
  });

  it('that was cut short says so', async () => {
    const page = await open(`${on.stage.url}#setup=eyJ0b2tlbiI6`);
    await page.getByRole('alert').getByText('This link is not complete').waitFor();
    assert.doesNotMatch(page.url(), /setup/);
  });

  it('that ended says so, and the password is asked for', async () => {
    const token = `${'0'.repeat(16)}.${'0'.repeat(64)}`;
    const text = Buffer.from(JSON.stringify({ token, user: 'admin' })).toString('base64url');
    const page = await open(`${on.stage.url}#setup=${text}`);
    await page.getByRole('alert').getByText('no longer logged in').waitFor();
  });
});

describe('a user who may look only', () => {
  it('is offered nothing that the server would refuse, and told why', async () => {
    const page = await open();
    await logIn(page, 'secret', 'user');
    await connected(page);
    await show(page, 'Switches');
    await page.getByText('user may only look here, not switch or send.').waitFor();
    assert.equal(await page.getByRole('switch').first().isDisabled(), true);
    assert.equal(await page.getByText('Add a switch').count(), 0);
  });
});

describe('a server with a key of its own', () => {
  it('has the key asked for where people see it, once', async () => {
    const keyFile = join(on.stage.folder, 'vscp.key');
    await writeFile(keyFile, `${KEY}\n`, { mode: 0o600 });
    await on.stage.closeDriver();
    await on.stage.openDriver({ 'key-file': keyFile });
    try {
      const page = await open();
      const key = page.getByLabel('Key', { exact: true });
      await key.waitFor();
      await key.fill('FF'.repeat(16));
      await logIn(page);
      await page.getByRole('alert').getByText('The key is another one').waitFor();
      await key.fill('zz');
      await logIn(page);
      await page.getByRole('alert').getByText('32 hex digits').waitFor();
      await key.fill(KEY);
      await logIn(page, 'wrong');
      await page.getByRole('alert').getByText('User or password is not right').waitFor();
      await logIn(page);
      await connected(page);
      await page.reload();
      await connected(page);
    } finally {
      await on.stage.closeDriver();
      await on.stage.openDriver();
    }
  });
});

describe('a connection that is not encrypted', () => {
  it('is told of once, in plain words, unless it stays on this machine', async () => {
    const page = await open(`http://panel.test:${on.stage.port}/`);
    await logIn(page);
    await connected(page);
    await page.getByText('Everybody in the same network can read').waitFor();
    await page.getByRole('button', { name: 'Understood' }).click();
    await page.reload();
    await connected(page);
    assert.equal(await page.getByText('Everybody in the same network').count(), 0);
    const local = await enter();
    assert.equal(await local.getByText('Everybody in the same network').count(), 0);
  });
});
