import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { findsNothing, useStage } from './pages.ts';
import { RELAYS } from './stage.ts';

const IDS = [
  'overview',
  'plot',
  'switches',
  'events',
  'send',
  'nodes',
  'alarms',
  'account',
  'users',
  'status',
];
const LANGUAGES = ['en-GB', 'de-DE', 'sv-SE'];
const HEIGHT = 844;
const WIDTHS = [390, 360];
const DOUBLED = 'calc(200% * 0.9375)';

const on = useStage();

async function enter(locale: string): Promise<Page> {
  const page = await on.enter('admin', { locale, viewport: { width: 390, height: HEIGHT }, hasTouch: true });
  await on.stage.measure({ type: 6, value: 21.5, unit: 1 });
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

describe('on a phone', () => {
  for (const locale of LANGUAGES) {
    it(`no page is wider than the screen and no word leaves its tab, ${locale}`, async () => {
      const page = await enter(locale);
      for (const id of IDS) {
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
        }
      }
    });
  }
});
