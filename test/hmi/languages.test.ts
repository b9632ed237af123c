import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { GERMAN } from '../../examples/hmi/src/texts/de.ts';
import { SWEDISH } from '../../examples/hmi/src/texts/sv.ts';
import { className, typeName } from '../../src/client/names.ts';
import { useStage } from './pages.ts';
import { RELAYS } from './stage.ts';

const on = useStage();

const TABLES = { 'de-DE': GERMAN, 'sv-SE': SWEDISH };

const enter = (locale: string) => on.enter('admin', { locale });

/** Names that people gave are the same in every language. */
const { nodes, zones } = JSON.parse(
  readFileSync(new URL('../../examples/hmi/panel.json', import.meta.url), 'utf8'),
);
const GIVEN_NAMES: string[] = [...Object.values<string>(nodes), ...Object.values<string>(zones)];
/** What the send form begins with: the protocol's own terms are not translated. */
const TERMS = [className(30), typeName(30, 5)];

/** Words of texts that contain values, and of lists. */
const WITH_VALUES = /\bzone \d|sub-?zone|\bSwitch \d|\bhighest\b|\blowest\b|^none$|\d to \d/;

/** All texts on show and all that is only heard, but for lists of the protocol's own terms. */
const ALL_TEXTS = `(() => {
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode())
    if (!walker.currentNode.parentElement.closest('td, datalist')) texts.push(walker.currentNode.data.trim());
  for (const element of document.querySelectorAll('[aria-label], [title], [placeholder]'))
    texts.push(...['aria-label', 'title', 'placeholder'].map((name) => element.getAttribute(name) ?? ''));
  return texts.filter((text) => text !== '');
})()`;

for (const [locale, table] of Object.entries(TABLES)) {
  describe(`a browser that asks for ${locale}`, () => {
    it('sees no English in any view', async () => {
      const page = await enter(locale);
      const english = new Set(Object.entries(table).flatMap(([text, own]) => (own === text ? [] : [text])));
      // Words that are English in one place and of the language in another.
      for (const own of [...Object.values(table), ...GIVEN_NAMES, ...TERMS]) english.delete(own);
      const isEnglish = (text: string) => english.has(text) || WITH_VALUES.test(text);
      await on.stage.measure({ type: 6, value: 21.5, unit: 1 });
      await on.stage.measure({ type: 16, value: 1234.5 });
      await on.stage.write(20, 9, [0, 1, 1], RELAYS);
      // At a place that has no name.
      await on.stage.write(20, 3, [0, 77, 3], RELAYS);
      await on.stage.write(2, 1, [0, 77, 3], RELAYS);
      await page.locator('article.tile').first().waitFor();
      const found: string[] = [];
      for (const id of [
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
      ]) {
        await page.evaluate(`location.hash = '#${id}'`);
        await page.locator('main h2').waitFor();
        const texts = await page.evaluate<string[]>(ALL_TEXTS);
        found.push(...texts.filter(isEnglish).map((text) => `${id}: ${text}`));
      }
      await page.evaluate(`location.hash = '#overview'`);
      await page
        .locator('.tile-name', { hasText: table.Motion ?? '' })
        .first()
        .click();
      await page
        .getByRole('dialog')
        .getByText(/^\S+ 77\.3$/)
        .waitFor();
      const texts = await page.evaluate<string[]>(ALL_TEXTS);
      found.push(...texts.filter(isEnglish).map((text) => `details: ${text}`));
      assert.deepEqual(found, []);
    });

    it('reads numbers as the language writes them', async () => {
      const page = await enter(locale);
      await on.stage.measure({ type: 6, value: 21.5, unit: 1 });
      await page.locator('.tile-number').getByText('21,5', { exact: true }).waitFor();
      await on.stage.measure({ type: 16, value: 12_345.5 });
      await page.locator('.tile-number').getByText('12\u202F345,5', { exact: true }).waitFor();
    });
  });
}

describe('the language', () => {
  it('is chosen in the panel, and stays', async () => {
    const page = await enter('de-DE');
    await page.getByRole('link', { name: 'Konto von admin' }).click();
    await page.getByLabel('Sprache').selectOption('Svenska');
    // The page loads anew; the device has stayed logged in.
    await page.getByRole('heading', { name: 'Konto' }).waitFor();
    await page.getByRole('button', { name: 'Logga ut' }).waitFor();
    assert.equal(await page.evaluate('document.documentElement.lang'), 'sv');
    await page.reload();
    await page.getByRole('button', { name: 'Logga ut' }).waitFor();
    await page.getByLabel('Språk').selectOption('English');
    await page.getByRole('button', { name: 'Log out' }).waitFor();
  });

  it('is English for a browser that asks for none of them', async () => {
    const page = await on.open({ locale: 'fi-FI' });
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    assert.equal(await page.evaluate('document.documentElement.lang'), 'en');
  });
});
