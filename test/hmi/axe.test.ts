import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { afterEach, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { logIn, openPage, RELAYS, show, useStage } from './stage.ts';

const VIEWS = ['Overview', 'Plot', 'Switches', 'Events', 'Send', 'Nodes'];
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 800 } };
/** Of the font that the panel has by itself. */
const FONTS = ['100%', '200%'];

/** A node that nobody has named. */
const STRANGER = 'FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:77';

const on = useStage();

afterEach(async () => {
  for (const context of on.browser.contexts()) await context.close();
});

async function open(): Promise<Page> {
  const { page } = await openPage(on.browser, on.stage.url);
  // By the protocol, not as an element of the page: the page's own policy forbids scripts from elsewhere.
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  return page;
}

/** Violations, and whether the page is wider than the screen, as lines. */
const AUDIT = `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => [
  ...violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 120)).join(' | ')),
  ...(document.documentElement.scrollWidth > innerWidth
    ? ['wider than the screen: ' + [...document.querySelectorAll('body *')]
        .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth)
        .map((element) => element.tagName + '.' + element.className + ' ' + element.textContent.slice(0, 40))
        .slice(0, 8).join(' | ')]
    : []),
])`;

/** The page has taken up what changed. */
const TWO_FRAMES = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`;

/** In both themes and sizes, with the font doubled, and with colours that the system forces. */
async function audit(page: Page, what: string): Promise<string[]> {
  const found: string[] = [];
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    for (const font of FONTS) {
      await page.evaluate(`document.documentElement.style.fontSize = 'calc(${font} * 0.9375)'`);
      for (const forcedColors of ['none', 'active'] as const) {
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme, forcedColors });
          await page.evaluate(TWO_FRAMES);
          const lines = await page.evaluate<string[]>(AUDIT);
          const where = `${what}, ${size}, ${colorScheme}, font ${font}, forced colours ${forcedColors}`;
          found.push(...lines.map((line) => `${where}: ${line}`));
        }
      }
    }
  }
  await page.evaluate(`document.documentElement.style.fontSize = ''`);
  await page.setViewportSize(SIZES.desktop);
  return found;
}

describe('axe finds nothing, whatever theme, size, font and colours,', () => {
  it('on the login page', async () => {
    const page = await open();
    await page.getByText('Server, key and language').click();
    assert.deepEqual(await audit(page, 'Login'), []);
  });

  it('in any view and dialog', async () => {
    const page = await open();
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
    await page.getByLabel('Kind').selectOption('Set-point (thermostat)');
    found.push(...(await audit(page, 'Set-point')));
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
    assert.deepEqual(found, []);
  });
});
