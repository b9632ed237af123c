import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { GERMAN } from '../../examples/hmi/src/texts/de.ts';
import { SWEDISH } from '../../examples/hmi/src/texts/sv.ts';
import { findsNothing, PAGE_IDS, useStage } from './pages.ts';
import { RELAYS } from './stage.ts';

const LANGUAGES = { 'en-GB': {}, 'de-DE': GERMAN, 'sv-SE': SWEDISH };
/** A node that nobody has named. */
const STRANGER = 'FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:77';
const HEIGHT = 844;
const WIDTHS = [390, 360];
const DOUBLED = 'calc(200% * 0.9375)';

const on = useStage();

async function enter(locale: string): Promise<Page> {
  const page = await on.enter('admin', { locale, viewport: { width: 390, height: HEIGHT }, hasTouch: true });
  await on.stage.measure({ type: 6, value: 21.5, unit: 1 });
  await on.stage.measure({ type: 6, value: 3.5, unit: 1 }, STRANGER);
  await on.stage.write(20, 9, [0, 1, 1], RELAYS);
  await page.locator('article.tile').first().waitFor();
  return page;
}

const setFont = (page: Page, font: string) =>
  page.evaluate(`document.documentElement.style.fontSize = '${font}'`);

/** What makes the page wider than the screen, and words of the navigation that leave their tab or are broken in two. */
const TOO_WIDE = `[
  ...(document.documentElement.scrollWidth > innerWidth
    ? ['the page is ' + document.documentElement.scrollWidth + ' wide: ' + [...document.querySelectorAll('body *')]
        .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth)
        .map((element) => element.tagName + '.' + element.className + ' ' + element.textContent.slice(0, 30))
        .slice(0, 4).join(' | ')]
    : []),
  ...[...document.querySelectorAll('nav a')].flatMap((tab) => {
    const words = document.createRange();
    words.selectNodeContents(tab.querySelector('span'));
    const [outer, inner] = [tab.getBoundingClientRect(), words.getBoundingClientRect()];
    return [
      ...(inner.left < outer.left || inner.right > outer.right
        ? [tab.textContent + ': ' + Math.round(inner.width) + ' in ' + Math.round(outer.width)] : []),
      ...(words.getClientRects().length > 1 ? [tab.textContent + ' is broken'] : []),
    ];
  }),
]`;

const IN_ROWS = `new Set([...document.querySelectorAll('nav a')].map((tab) => tab.offsetTop)).size > 1
  ? ['the tabs are in more than one row'] : []`;

/** What has to be scrolled to sideways in the open dialog. */
const DIALOG_TOO_WIDE = `[...document.querySelectorAll('dialog[open]')]
  .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
  .flatMap((dialog) => [...dialog.querySelectorAll('*')]
    .filter((element) => element.checkVisibility()
      && element.getBoundingClientRect().right > dialog.getBoundingClientRect().left + dialog.clientLeft + dialog.clientWidth)
    .map((element) => element.tagName + '.' + element.className + ' ' + element.textContent.slice(0, 40)))`;

/** What an empty field says of what belongs into it, where it does not fit in. */
const CUT_PLACEHOLDERS = `[...document.querySelectorAll('main input:placeholder-shown')]
  .filter((input) => input.checkVisibility())
  .filter((input) => {
    const { fontSize, fontFamily, paddingLeft, paddingRight } = getComputedStyle(input);
    const ink = new OffscreenCanvas(1, 1).getContext('2d');
    ink.font = fontSize + ' ' + fontFamily;
    return ink.measureText(input.placeholder).width > input.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
  })
  .map(({ placeholder }) => placeholder + ' is cut')`;

describe('on a phone', () => {
  for (const [locale, table] of Object.entries<Record<string, string>>(LANGUAGES)) {
    it(`no page is wider than the screen and no word leaves its tab, ${locale}`, async () => {
      const page = await enter(locale);
      for (const id of PAGE_IDS) {
        await page.evaluate(`location.hash = '#${id}'`);
        await page.locator('main h2').waitFor();
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: HEIGHT });
          for (const font of ['', DOUBLED]) {
            await setFont(page, font);
            await findsNothing(page, TOO_WIDE, `${id}, ${width} px wide, font ${font || 'as usual'}`);
          }
          await setFont(page, '');
          await findsNothing(page, IN_ROWS, `${id}, ${width} px wide`);
          await findsNothing(page, CUT_PLACEHOLDERS, `${id}, ${width} px wide`);
        }
      }
    });

    it(`no dialog scrolls sideways with the font doubled, ${locale}`, async () => {
      const page = await enter(locale);
      const press = (text: string, name = '') =>
        page
          .getByRole('button', { name: (table[text] ?? text).replace('{name}', name), exact: true })
          .click();
      const look = async (what: string, close = true) => {
        await page.locator('dialog[open]').waitFor();
        await findsNothing(page, DIALOG_TOO_WIDE, what);
        if (close) await page.keyboard.press('Escape');
      };
      await setFont(page, DOUBLED);
      await page.locator('.tile-name').first().click();
      await page.locator('.dialog-plot canvas').waitFor();
      await look('details of a value', false);
      await press('Set an alarm');
      await look('its alarm');
      await press('Details of {name}', 'Good night');
      await look('details of a scene');
      await page.locator('.found-head button').first().click();
      await look('a node');
      await press('Edit');
      await press('Add a control');
      const kinds = page.locator('#control-kind');
      await kinds.waitFor();
      for (const kind of await kinds.locator('option').all()) {
        await kinds.selectOption(await kind.getAttribute('value'));
        await look(await kind.innerText(), false);
      }
      await page.locator('.steps + .hint + button').click();
      await look('a step of a scene');
      await press('Edit room {name}', 'Living room');
      await look('a room');
      await page.evaluate(`location.hash = '#events'`);
      await page.locator('.cell-button').first().click();
      await look('an event');
      await page.evaluate(`location.hash = '#users'`);
      await press('Change {name}', 'user');
      await look('a user');
    });
  }
});
