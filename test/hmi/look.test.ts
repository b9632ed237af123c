import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { type PageOptions, show, useStage } from './pages.ts';
import { RELAYS } from './stage.ts';

const PAGES = ['Overview', 'Plot', 'Switches', 'Events', 'Send', 'Nodes'];
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };
/** Least contrast of text (WCAG 2, AA). */
const AA = 4.5;

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
