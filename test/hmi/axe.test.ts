import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { CONTROL_KINDS } from '../../examples/hmi/src/controls/kinds.ts';
import { logIn, show, useStage } from './pages.ts';
import { RELAYS } from './stage.ts';

const VIEWS = ['Overview', 'Plot', 'Switches', 'Events', 'Send', 'Nodes'];
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 800 } };
/** Of the font that the panel has by itself. */
const FONTS = ['100%', '200%'];

/** A node that nobody has named. */
const STRANGER = 'FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:77';

const on = useStage();

async function withAxe(page: Page): Promise<Page> {
  // By the protocol, not as an element of the page: the page's own policy forbids scripts from elsewhere.
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  return page;
}

/** What it finds by these options (in an open dialog alone), and whether page or dialog is too wide, as lines. */
const auditBy = (
  options: string,
) => `axe.run(document.querySelector('dialog[open]') ?? document, { resultTypes: ['violations'], ${options} }).then(({ violations }) => [
  ...violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 120)).join(' | ')),
  ...(document.documentElement.scrollWidth > innerWidth
    ? ['wider than the screen: ' + [...document.querySelectorAll('body *')]
        .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth)
        .map((element) => element.tagName + '.' + element.className + ' ' + element.textContent.slice(0, 40))
        .slice(0, 8).join(' | ')]
    : []),
  ...[...document.querySelectorAll('dialog[open]')]
    .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
    .map(({ scrollWidth, clientWidth }) => 'the dialog scrolls sideways: ' + scrollWidth + ' in ' + clientWidth),
])`;
const EVERY_RULE = auditBy('');
/** The one rule that has to do with colours. */
const CONTRAST = auditBy(`runOnly: ['color-contrast']`);

/** Night without its veil: axe takes that for what is behind every text, and can say nothing. */
const NIGHT = `(() => {
  document.documentElement.setAttribute('data-night', '');
  const style = new CSSStyleSheet();
  style.replaceSync('html[data-night] body::after { content: none }');
  document.adoptedStyleSheets = [style];
})()`;

/** The page has taken up what changed. */
const TWO_FRAMES = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`;

const LAYOUTS = Object.entries(SIZES).flatMap(([size, viewport]) =>
  FONTS.map((font) => ({ size, viewport, font })),
);
const COLOURS = (['none', 'active'] as const).flatMap((forcedColors) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ colorScheme, forcedColors })),
);
/** In every layout (size and font) with every set of colours (theme, forced colours). */
async function audit(page: Page, what: string): Promise<string[]> {
  const found: string[] = [];
  for (const { size, viewport, font } of LAYOUTS) {
    await page.setViewportSize(viewport);
    await page.evaluate(`document.documentElement.style.fontSize = 'calc(${font} * 0.9375)'`);
    for (const [i, colours] of COLOURS.entries()) {
      await page.emulateMedia({ ...colours });
      await page.evaluate(TWO_FRAMES);
      const lines = await page.evaluate<string[]>(i === 0 ? EVERY_RULE : CONTRAST);
      const where = `${what}, ${size}, font ${font}, ${JSON.stringify(colours)}`;
      found.push(...lines.map((line) => `${where}: ${line}`));
    }
  }
  await page.evaluate(`document.documentElement.style.fontSize = ''`);
  await page.setViewportSize(SIZES.desktop);
  await page.emulateMedia({ colorScheme: null, forcedColors: null });
  return found;
}

describe('axe finds nothing, whatever theme, size, font and colours,', () => {
  it('on the login page', async () => {
    const page = await withAxe(await on.open());
    await page.getByText('Server, key and language').click();
    const found = await audit(page, 'Login');
    await logIn(page, 'wrong');
    await page.getByRole('alert').getByText('is not right').waitFor();
    found.push(...(await audit(page, 'Login that is refused')));
    assert.deepEqual(found, []);
  });

  it('in any view and dialog', async () => {
    const page = await withAxe(await on.open());
    await logIn(page);
    await page.getByText('Connected', { exact: true }).waitFor();
    await on.stage.measure({ type: 6, value: 21.5, unit: 1 });
    await on.stage.measure({ type: 35, value: 48 });
    await on.stage.measure({ type: 6, value: 3.5, unit: 1 }, STRANGER);
    await on.stage.write(20, 9, [0, 1, 1], RELAYS);
    await page.locator('article.tile').first().waitFor();
    const found: string[] = [];
    for (const view of VIEWS) {
      await show(page, view);
      await page.waitForTimeout(600);
      found.push(...(await audit(page, view)));
    }
    await show(page, 'Events');
    await page.locator('.cell-button').first().click();
    found.push(...(await audit(page, 'Event')));
    await page.keyboard.press('Escape');
    await show(page, 'Overview');
    await page.locator('.tile-name').first().click();
    found.push(...(await audit(page, 'Details of a value')));
    await page.keyboard.press('Escape');
    // A lamp that is on, and a dimmer at a level: what was told of both has a plot.
    await on.stage.write(20, 3, [1, 2, 1], RELAYS);
    await on.stage.write(20, 40, [50, 2, 2], RELAYS);
    for (const [what, name] of [
      ['a switch', 'Kitchen lamp'],
      ['a control', 'Dining table lamp'],
      ['a scene', 'Good night'],
    ]) {
      await page.getByRole('button', { name: `Details of ${name}`, exact: true }).click();
      if (what !== 'a scene') await page.locator('.dialog-plot canvas').waitFor();
      found.push(...(await audit(page, `Details of ${what}`)));
      await page.keyboard.press('Escape');
    }
    await page.getByRole('button', { name: 'Name and place' }).click();
    found.push(...(await audit(page, 'Name and place')));
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await page.locator('.slot-bar').first().waitFor();
    found.push(...(await audit(page, 'Overview while it is edited')));
    await page.getByRole('button', { name: 'Add a control' }).click();
    await page.getByLabel('Kind').selectOption('Scene');
    await page.getByRole('button', { name: 'Add a step' }).click();
    found.push(...(await audit(page, 'Scene')));
    for (const { title } of Object.values(CONTROL_KINDS).filter((kind) => kind.hasAddress)) {
      await page.getByLabel('Kind').selectOption(title);
      found.push(...(await audit(page, title)));
    }
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Edit Good night' }).click();
    await page.getByRole('button', { name: 'Later, Step 1 of 5' }).click();
    found.push(...(await audit(page, 'Scene of five steps')));
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Edit room Living room' }).click();
    found.push(...(await audit(page, 'Room')));
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Account of admin' }).click();
    await page.locator('.devices li').first().waitFor();
    found.push(...(await audit(page, 'Account')));
    await page.getByLabel('Name of the device').fill('Wall');
    await page.getByRole('button', { name: 'Make link and QR code' }).click();
    await page.getByRole('img', { name: 'QR code of the link' }).waitFor();
    found.push(...(await audit(page, 'Link for another device')));
    await page.keyboard.press('Escape');
    await on.stage.write(1, 2, [7, 9, 1]);
    await page.locator('.alarm-banner').waitFor();
    for (const id of ['alarms', 'status', 'users']) {
      await page.evaluate(`location.hash = '#${id}'`);
      await page.locator('.alarm, .log-lines li, .devices li').first().waitFor();
      found.push(...(await audit(page, id)));
    }
    await page.getByRole('button', { name: 'Add a user' }).click();
    found.push(...(await audit(page, 'New user')));
    await page.keyboard.press('Escape');
    await page.evaluate(NIGHT);
    await page.evaluate(`location.hash = '#overview'`);
    await page.locator('.tile-name').first().waitFor();
    found.push(...(await audit(page, 'Night')));
    assert.deepEqual(found, []);
  });

  it('in what is seldom seen: alarm and its end, import, user, switch, kiosk', async () => {
    const page = await withAxe(await on.enter());
    await on.stage.measure({ type: 6, value: 21.5, unit: 1 });
    const found: string[] = [];
    const look = async (what: string) => void found.push(...(await audit(page, what)));
    await page.getByRole('button', { name: 'Temperature, Living room' }).click();
    await page.getByRole('button', { name: 'Set an alarm' }).click();
    await look('Alarm of a value');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    const file = page.locator('.edit-bar input[type=file]');
    const content = { 'wrong.json': '{', 'right.json': '{ "format": "vscp-panel", "panel": {} }' };
    for (const [name, text] of Object.entries(content)) {
      await file.setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) });
      await page.locator('.edit-bar').getByText(name).waitFor();
      await look(`Import of ${name}`);
    }
    await page.evaluate(`location.hash = '#switches'`);
    await page.getByText('Add a switch').click();
    await look('Add a switch');
    await page.evaluate(`location.hash = '#users'`);
    await page.getByRole('button', { name: 'Change user' }).click();
    await look('Change of a user');
    await page.keyboard.press('Escape');
    await page.evaluate(`location.hash = '#account'`);
    await page.getByLabel('Kiosk: hide the bar and the menu').check();
    await page.evaluate(`location.hash = '#overview'`);
    await page.locator('.tile-name').first().waitFor();
    await look('Kiosk');
    await on.stage.write(1, 2, [7, 9, 3]);
    await page.locator('.alarm-banner').waitFor();
    for (const subzone of [1, 3]) await on.stage.write(1, 2, [0, 9, subzone]);
    await page.locator('.alarm-banner[data-ended]').waitFor();
    await look('Kiosk with an alarm that has ended');
    assert.deepEqual(found, []);
  });

  it('for somebody who may only look on, connected or not', async () => {
    const page = await withAxe(await on.enter('user'));
    await on.stage.measure({ type: 6, value: 21.5, unit: 1 });
    await on.stage.write(20, 9, [0, 1, 1], RELAYS);
    await on.stage.write(1, 2, [7, 9, 1]);
    await page.locator('.alarm-banner').waitFor();
    const found: string[] = [];
    for (const view of ['overview', 'switches', 'send', 'alarms']) {
      await page.evaluate(`location.hash = '#${view}'`);
      await page.locator('.tile, .switch-card, form, .alarm').first().waitFor();
      found.push(...(await audit(page, `${view} of a viewer`)));
    }
    await on.stage.closeDriver();
    await page.getByText('The connection is lost').waitFor();
    for (const view of ['overview', 'switches', 'send', 'nodes']) {
      await page.evaluate(`location.hash = '#${view}'`);
      await page.locator('.tile, .switch-card, form, .nodes').first().waitFor();
      found.push(...(await audit(page, `${view} without a connection`)));
    }
    await on.stage.openDriver();
    await page.getByText('Connected', { exact: true }).waitFor();
    assert.deepEqual(found, []);
  });
});
