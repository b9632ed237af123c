import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { findsNothing, type PageOptions, show, useStage } from './pages.ts';
import { RELAYS } from './stage.ts';

const PAGES = ['Overview', 'Plot', 'Switches', 'Events', 'Send', 'Nodes'];
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };
/** Least contrast of text (WCAG 2, AA). */
const AA = 4.5;

/** Of CLASS1.MEASUREMENT Energy. */
const KWH = 1;

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

/** How much has moved since the page was loaded, and what: each with its share and the heights from which it went where. */
const SHIFTS = `new Promise((done) => {
  let sum = 0;
  const moved = [];
  const nameOf = (node) => {
    const element = node instanceof Element ? node : node?.parentElement;
    const text = element?.textContent.trim().replace(/\\s+/g, ' ').slice(0, 30);
    return element ? element.tagName.toLowerCase() + '.' + element.className + ' “' + text + '”' : 'something that is gone';
  };
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources, startTime } of list.getEntries()) {
      if (hadRecentInput) continue;
      sum += value;
      for (const { node, previousRect, currentRect } of sources)
        moved.push(value.toFixed(4) + ' at ' + startTime.toFixed(0) + ' ms: ' + nameOf(node)
          + [previousRect, currentRect].map(({ x, y, width, height }) => ' ' + [x, y, width, height].map(Math.round)).join(' ->'));
    }
  }).observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => done({ sum, moved }), 2000);
})`;

/** Controls without an accessible name. */
const NAMELESS = `[...document.querySelectorAll('button, input, select, a[href], [role=switch]')]
  .filter((element) => element.checkVisibility())
  .filter((element) => {
    const labelled = element.getAttribute('aria-labelledby')?.split(' ') ?? [];
    return !(element.getAttribute('aria-label') || element.labels?.length || element.textContent.trim()
      || labelled.some((id) => document.getElementById(id)?.textContent));
  })
  .map((element) => element.outerHTML.slice(0, 120))`;

/** Texts of which something lies outside of what cuts it off, unless dots say that there is more. */
const CUT_TEXT = `(() => {
  const ink = new OffscreenCanvas(1, 1).getContext('2d');
  const cut = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    const element = text.parentElement;
    if (!text.data.trim() || !element.checkVisibility() || element.closest('option, .skip')) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const box = range.getBoundingClientRect();
    const style = getComputedStyle(element);
    ink.font = style.fontWeight + ' ' + style.fontSize + ' ' + style.fontFamily;
    const left = box.left - ink.measureText(text.data.trim()).actualBoundingBoxLeft;
    for (let at = element; at !== document.body; at = at.parentElement) {
      const { overflowX, textOverflow, display, direction } = getComputedStyle(at);
      if (overflowX === 'visible' || display === 'inline') continue;
      const edge = at.getBoundingClientRect();
      const mayBeginEarlier = textOverflow === 'ellipsis' && direction === 'rtl';
      const isOut = (left < edge.left - 0.5 && !mayBeginEarlier) || box.top < edge.top - 0.5 || box.bottom > edge.bottom + 0.5
        || (textOverflow !== 'ellipsis' && box.right > edge.right + 0.5);
      if (overflowX !== 'auto' && isOut) cut.push(at.className + ': ' + text.data);
      break;
    }
  }
  return cut;
})()`;

/** What lies over something else of the frame, and what has left the screen sideways. */
const OVERLAPS = `(() => {
  const parts = [...document.querySelectorAll('.bar > *, .alarm-banner > *, nav > a')]
    .filter((element) => element.checkVisibility() && !element.matches('.space'))
    .map((element) => [element.className || element.textContent, element.getBoundingClientRect()])
    .filter(([, { width, height, bottom, top }]) => width * height > 0 && bottom > 0 && top < innerHeight);
  return parts.flatMap(([name, a], i) => [
    ...(a.left < 0 || a.right > innerWidth ? [name + ' is off the screen'] : []),
    ...parts.slice(i + 1)
      .filter(([, b]) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
      .map(([other]) => name + ' and ' + other),
  ]);
})()`;

/** Cumulative layout shift; up to 0.1 counts as good, beyond 0.25 as poor (web.dev). */
const MOST_SHIFT = 0.1;

/** All alarms of these zones are over and acknowledged: the next ones ring anew. */
async function settle(page: Page, zones: number[]): Promise<void> {
  for (const zone of zones) await on.stage.write(1, 2, [0, zone, 1]);
  await page.evaluate(`location.hash = '#alarms'`);
  const buttons = page.getByRole('button', { name: /^Acknowledge / });
  await buttons.first().waitFor();
  for (let left = await buttons.count(); left > 0; left = await buttons.count()) {
    await buttons.first().click();
    await buttons.nth(left - 1).waitFor({ state: 'detached' });
  }
  await page.locator('.alarm-banner').waitFor({ state: 'hidden' });
}

/** Coloured boxes that say nothing. */
const EMPTY = `[...document.querySelectorAll('.hint, .problem, .banner, .card')]
  .filter((element) => element.checkVisibility() && getComputedStyle(element).backgroundColor !== 'rgba(0, 0, 0, 0)')
  .filter((element) => element.textContent.trim() === '' && !element.querySelector('input, canvas, svg'))
  .map((element) => element.outerHTML.slice(0, 120))`;

describe('every page', () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has text that stands out and controls with names, ${colorScheme}`, async () => {
      const page = await enter({ colorScheme });
      for (const title of PAGES) {
        await show(page, title);
        await findsNothing(page, FAINT_TEXT, title);
        await findsNothing(page, NAMELESS, title);
        await findsNothing(page, EMPTY, title);
      }
    });

    it(`has alarms in red that stands out, ${colorScheme}`, async () => {
      const page = await enter({ colorScheme });
      await on.stage.write(1, 2, [7, 9, 1]);
      await page.locator('.alarm-banner').waitFor();
      await findsNothing(page, FAINT_TEXT);
      const [red = 0, green = 0, blue = 0] = await page.evaluate<number[]>(
        `getComputedStyle(document.querySelector('.alarm-banner')).color.match(/[\\d.]+/g).map(Number)`,
      );
      assert.ok(red > 1.3 * green && red > 1.3 * blue, `${red}, ${green}, ${blue}`);
      await settle(page, [9]);
    });
  }

  for (const { viewport, ...options } of [PHONE, { viewport: { width: 1440, height: 900 } }]) {
    it(`cuts no letter off, ${viewport.width} px wide`, async () => {
      await on.stage.measure({ type: 13, value: 12_345.67, unit: KWH });
      const page = await enter({ viewport, ...options });
      await page.getByRole('button', { name: /^(Humidity|jfÅgj), Living room$/ }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Name', { exact: true }).fill('jfÅgj');
      await dialog.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('button', { name: 'jfÅgj, Living room' }).waitFor();
      for (const id of ['overview', 'plot', 'switches', 'events', 'nodes', 'account', 'status']) {
        await page.evaluate(`location.hash = '#${id}'`);
        await page.locator('main h2').waitFor();
        if (id === 'overview') await page.locator('.tile-unit').getByText('kWh', { exact: true }).waitFor();
        await findsNothing(page, CUT_TEXT, id);
      }
    });
  }

  it('has tiles with names of two lines, which take no height from what else is in them', async () => {
    const page = await enter({ viewport: { width: 1366, height: 768 } });
    for (const sensorIndex of [0, 1]) await on.stage.measure({ type: 5, value: 1.5, sensorIndex });
    const name = page.getByText('Electric current, sensor 1', { exact: true });
    await name.waitFor();
    const heights = (text: string) =>
      page.evaluate<number[]>(`(() => {
      const title = [...document.querySelectorAll('.tile-title')].find(({ textContent }) => textContent.startsWith('Electric'));
      title.textContent = '${text}';
      const parts = [...title.closest('.tile-face').children].map((part) => part.getBoundingClientRect().height);
      return [title.scrollHeight > title.clientHeight, title.clientHeight, ...parts].map(Number);
    })()`);
    const [isShortCut, shortHeight = 0, ...short] = await heights('Electric');
    const [isLongCut, longHeight = 0, ...long] = await heights('Electric current, sensor 1');
    assert.deepEqual([isShortCut, isLongCut, long], [0, 0, short]);
    assert.ok(longHeight > 1.5 * shortHeight, `${longHeight} and ${shortHeight}`);
  });

  it('moves nothing that somebody could be reading while it loads', async (t) => {
    const page = await enter({ viewport: { width: 1280, height: 800 } });
    await page.evaluate(`location.hash = '#overview'`);
    await page.reload();
    await page.getByRole('button', { name: 'Temperature, Living room' }).waitFor();
    const { sum, moved } = await page.evaluate<{ sum: number; moved: string[] }>(SHIFTS);
    t.diagnostic([`moved ${sum.toFixed(3)}`, ...moved].join('; '));
    assert.ok(sum < MOST_SHIFT, [`${sum}`, ...moved].join('\n'));
  });

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

  it('keeps bar, navigation and alarm apart on a phone, with the font doubled and scrolled too', async () => {
    const page = await enter(PHONE);
    const zones = [9, 10, 11];
    for (const zone of zones) await on.stage.write(1, 2, [7, zone, 1]);
    await page.getByRole('link', { name: 'Alarms: 3 new' }).waitFor();
    assert.ok(Number((await page.locator('.bar').boundingBox())?.height) < 60, 'the bar is one line');
    for (const font of ['', 'calc(200% * 0.9375)']) {
      await page.evaluate(`document.documentElement.style.fontSize = '${font}'`);
      for (const y of [0, 500]) {
        await page.evaluate(`scrollTo(0, ${y})`);
        await findsNothing(page, OVERLAPS, `font ${font || 'as usual'}, at ${y}`);
      }
    }
    await settle(page, zones);
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

  it('changes with each press of its button, and follows the system again where both are the same', async () => {
    const page = await enter({ colorScheme: 'light' });
    const looks = [await page.evaluate(background)];
    for (const now of ['dark', 'as the system', 'dark']) {
      await page.getByRole('button', { name: /^Theme: / }).click();
      await page.getByRole('button', { name: `Theme: ${now}` }).waitFor();
      looks.push(await page.evaluate(background));
    }
    const [light, dark] = looks;
    assert.notEqual(light, dark);
    assert.deepEqual(looks, [light, dark, light, dark]);
  });
});
