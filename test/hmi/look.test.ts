import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { type PageOptions, show, until, useStage } from './pages.ts';
import { RELAYS } from './stage.ts';

const PAGES = ['Overview', 'Plot', 'Switches', 'Events', 'Send', 'Nodes'];
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };
/** Least contrast of text (WCAG 2, AA). */
const AA = 4.5;

const STRANGER = 'FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:77';

const on = useStage();

async function enter(options: PageOptions = {}): Promise<Page> {
  const page = await on.enter('admin', options);
  await on.stage.measure({ type: 6, value: 21.5, unit: 1 });
  await on.stage.measure({ type: 35, value: 48 });
  await on.stage.write(20, 9, [0, 1, 1], RELAYS);
  await page.locator('article.tile').first().waitFor();
  return page;
}

/** Text nodes on show whose colour does not stand out from what is behind them, as `contrast text`. */
const FAINT_TEXT = `(() => {
  const parse = (colour) => {
    const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = (colour) => {
    const [r, g, b] = [...colour].slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return parse(getComputedStyle(document.documentElement).backgroundColor);
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.closest('[disabled],option,.skip')) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < ${AA}) faint.push(contrast.toFixed(2) + ' ' + walker.currentNode.data);
  }
  return faint;
})()`;

/** Controls without an accessible name. */
const NAMELESS = `[...document.querySelectorAll('button, input, select, a[href], [role=switch]')]
  .filter((element) => element.checkVisibility())
  .filter((element) => {
    const labelled = element.getAttribute('aria-labelledby')?.split(' ') ?? [];
    return !(element.getAttribute('aria-label') || element.labels?.length || element.textContent.trim()
      || labelled.some((id) => document.getElementById(id)?.textContent));
  })
  .map((element) => element.outerHTML.slice(0, 120))`;

describe('every page', () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has text that stands out and controls with names, ${colorScheme}`, async () => {
      const page = await enter({ colorScheme });
      for (const title of PAGES) {
        await show(page, title);
        assert.deepEqual(await page.evaluate(FAINT_TEXT), [], title);
        assert.deepEqual(await page.evaluate(NAMELESS), [], title);
      }
    });
  }

  it('fits a phone without scrolling sideways, and its navigation can be reached', async () => {
    const page = await enter(PHONE);
    for (const title of PAGES) {
      await page.getByRole('navigation').getByRole('link', { name: title }).tap();
      await page.getByRole('heading', { level: 2 }).waitFor();
      const widths = 'document.documentElement.scrollWidth - innerWidth';
      assert.ok(Number(await page.evaluate(widths)) <= 0, title);
      const link = await page.getByRole('navigation').getByRole('link', { name: title }).boundingBox();
      assert.ok(link && link.y + link.height <= PHONE.viewport.height && link.height >= 44, title);
    }
  });

  it('fills a wall screen', async () => {
    const page = await enter({ viewport: { width: 2560, height: 1440 } });
    const grid = await page.locator('.tiles').first().boundingBox();
    assert.ok(grid && grid.width > 2200);
  });

  it('is kept in place by the address and reached by it', async () => {
    const page = await on.enter('admin', { url: `${on.stage.url}#nodes` });
    await page.getByRole('heading', { name: 'Nodes' }).waitFor();
    await show(page, 'Events');
    assert.match(page.url(), /#events$/);
    await page.goBack();
    await page.getByRole('heading', { name: 'Nodes' }).waitFor();
  });
});

describe('the theme', () => {
  const background = 'getComputedStyle(document.documentElement).backgroundColor';

  it('follows the system, and the toggle overrules it for good', async () => {
    const page = await enter({ colorScheme: 'dark' });
    const dark = await page.evaluate(background);
    await page.getByRole('button', { name: 'Theme: as the system' }).click();
    await page.getByRole('button', { name: 'Theme: light' }).waitFor();
    const light = await page.evaluate(background);
    assert.notEqual(light, dark);
    await page.reload();
    assert.equal(await page.evaluate(background), light);
  });
});

/** What has the focus: its name, whether that is seen, and whether it is outside of an open dialog. */
const FOCUSED = `(() => {
  const element = document.activeElement;
  const ring = element.matches('.tile-name') ? element.closest('.tile') : element;
  const dialog = document.querySelector('dialog[open]');
  return {
    name: element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent,
    isSeen: element === document.body || getComputedStyle(ring).outlineStyle !== 'none',
    isOutside: dialog !== null && element !== document.body && !dialog.contains(element),
  };
})()`;
const MAX_STOPS = 150;

/** Presses Tab until something of that name has the focus. */
async function goTo(page: Page, name: RegExp): Promise<void> {
  const seen: string[] = [];
  for (let stops = 0; stops < MAX_STOPS; stops += 1) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate<{ name: string; isSeen: boolean; isOutside: boolean }>(FOCUSED);
    assert.ok(at.isSeen, `${at.name}: the focus is not seen`);
    assert.ok(!at.isOutside, `${at.name}: outside of the dialog`);
    if (name.test(at.name)) return;
    seen.push(at.name.slice(0, 40));
  }
  assert.fail(`no ${name} among ${seen.join(', ')}`);
}

async function press(page: Page, name: RegExp): Promise<void> {
  await goTo(page, name);
  await page.keyboard.press('Enter');
}

describe('the keyboard', () => {
  it('reaches everything: login, pages, a tile and its details', async () => {
    const page = await on.open();
    await page.locator('#user:focus').waitFor();
    await page.keyboard.type('admin');
    await page.keyboard.press('Tab');
    await page.keyboard.type('secret');
    await page.keyboard.press('Enter');
    await page.getByText('Connected', { exact: true }).waitFor();
    await on.stage.measure({ type: 6, value: 21.5, unit: 1 });
    await page.getByRole('button', { name: 'Temperature, Living room' }).waitFor();
    assert.equal(await page.evaluate('document.activeElement.id'), 'main', 'after the login');
    await page.locator('.skip').focus();
    await page.keyboard.press('Enter');
    assert.equal(
      await page.evaluate('document.activeElement.id'),
      'main',
      'the first stop skips to the content',
    );
    const label = () => page.evaluate<string | null>('document.activeElement.getAttribute("aria-label")');
    for (let stops = 0; stops < 60 && (await label()) !== 'Temperature, Living room'; stops += 1)
      await page.keyboard.press('Tab');
    assert.equal(await label(), 'Temperature, Living room');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    assert.match(String(await page.evaluate('document.activeElement.textContent')), /Temperature/);
  });

  it('is enough to place a new sensor, to set its alarm and to acknowledge it; the focus is always seen', async () => {
    const page = await on.enter();
    await on.stage.measure({ type: 6, value: 3.5, unit: 1 }, STRANGER);
    const dialog = page.getByRole('dialog');
    await press(page, /^Name and place /);
    assert.equal(await page.evaluate(`${FOCUSED}.name`), 'Name', 'naming begins at once');
    await page.keyboard.type('Freezer');
    await goTo(page, /^Room$/);
    await page.keyboard.type('Kitchen');
    await press(page, /^Save$/);
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Temperature, Freezer' }).waitFor();
    await until(page, `${FOCUSED}.name === 'Temperature, Freezer'`);
    await page.keyboard.press('Enter');
    await press(page, /^Set an alarm$/);
    assert.equal(await page.evaluate(`${FOCUSED}.name`), 'Above');
    await page.keyboard.type('8');
    await press(page, /^Save$/);
    await dialog.waitFor({ state: 'hidden' });
    assert.equal(
      await page.evaluate(`${FOCUSED}.name`),
      'Temperature, Freezer',
      'the dialog gave the focus back',
    );
    await on.stage.measure({ type: 6, value: 9.5, unit: 1 }, STRANGER);
    await page.getByRole('link', { name: 'Show alarms' }).waitFor();
    await press(page, /^Show alarms$/);
    await press(page, /^Acknowledge Temperature, Freezer$/);
    await page.getByText(/^Acknowledged by admin, /).waitFor();
    assert.equal(await page.evaluate('document.activeElement.id'), 'main', 'the button has gone');
  });
});
