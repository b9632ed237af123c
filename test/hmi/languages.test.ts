import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { GERMAN } from '../../examples/hmi/src/texts/de.ts';
import { SWEDISH } from '../../examples/hmi/src/texts/sv.ts';
import { connected, PAGE_IDS, useStage } from './pages.ts';
import { RELAYS } from './stage.ts';

const on = useStage();

const TABLES = { 'de-DE': GERMAN, 'sv-SE': SWEDISH };

const enter = (locale: string) => on.enter('admin', { locale });

/** Names that people gave are the same in every language. */
const { nodes, zones } = JSON.parse(
  readFileSync(new URL('../../examples/hmi/panel.json', import.meta.url), 'utf8'),
);
const GIVEN_NAMES: string[] = [...Object.values<string>(nodes), ...Object.values<string>(zones)];
/** Words of texts that contain values, and of lists. */
const WITH_VALUES = /\bzone \d|sub-?zone|\bSwitch \d|\bhighest\b|\blowest\b|^none$|\d to \d/;

/** All texts on show and all that is only heard, but for lists of the protocol's own terms. */
const ALL_TEXTS = `(() => {
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode())
    if (!walker.currentNode.parentElement.closest('datalist')) texts.push(walker.currentNode.data.trim());
  for (const element of document.querySelectorAll('[aria-label], [title], [placeholder]'))
    texts.push(...['aria-label', 'title', 'placeholder'].map((name) => element.getAttribute(name) ?? ''));
  return texts.filter((text) => text !== '');
})()`;

/** What is read, tables too. */
const READ_TEXTS = `(() => {
  const texts = [];
  const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) texts.push(walker.currentNode.data.trim());
  return texts.filter((text) => text !== '');
})()`;

/** How a day and a moment are written. */
const WRITTEN: Record<string, { day: RegExp; moment: RegExp }> = {
  'de-DE': { day: /\d{1,2}\.\d{1,2}\.\d{4}/, moment: /\d{1,2}\.\d{1,2}\.\d{4}, \d{2}:\d{2}:\d{2}/ },
  'sv-SE': { day: /\d{1,2} [a-z]+\.? \d{4}/, moment: /\d{1,2} [a-z]+\.? \d{4},? \d{2}:\d{2}:\d{2}/ },
};

/** With a decimal point, or thousands in one piece or with a comma; addresses, versions, places and lines of the log are none. */
const isEnglishNumber = (text: string) =>
  !/\d+\.\d+\.\d|\d+:\d+|^\S+ \d+\.\d+$|^\d{4}-/.test(text) &&
  (/\d\.\d|\d,\d{3}\b|(?<![.\d])\d{5,}/.test(text) || /[A-Z][a-z]{2} \d{1,2}, \d{4}|\d [AP]M\b/.test(text));

for (const [locale, table] of Object.entries(TABLES)) {
  describe(`a browser that asks for ${locale}`, () => {
    it('sees no English in any view', async () => {
      const page = await enter(locale);
      const english = new Set(Object.entries(table).flatMap(([text, own]) => (own === text ? [] : [text])));
      // Words that are English in one place and of the language in another.
      for (const own of [...Object.values(table), ...GIVEN_NAMES]) english.delete(own);
      const isEnglish = (text: string) =>
        english.has(text) || WITH_VALUES.test(text) || text.split(/ · |: /).some((part) => english.has(part));
      const found: string[] = [];
      const look = async (what: string) => {
        const texts = await page.evaluate<string[]>(ALL_TEXTS);
        found.push(...texts.filter(isEnglish).map((text) => `${what}: ${text}`));
      };
      await on.stage.measure({ type: 6, value: 21.5, unit: 1 });
      await on.stage.measure({ type: 16, value: 1234.5 });
      await on.stage.write(20, 9, [0, 1, 1], RELAYS);
      // At a place that has no name.
      await on.stage.write(20, 3, [0, 77, 3], RELAYS);
      await on.stage.write(2, 1, [0, 77, 3], RELAYS);
      await on.stage.write(30, 5, [0, 1, 1]);
      await page.locator('article.tile').first().waitFor();
      for (const id of PAGE_IDS) {
        await page.evaluate(`location.hash = '#${id}'`);
        await page.locator('main h2').waitFor();
        const rows: Record<string, string> = { events: '.log td', nodes: '.nodes td', users: '.devices li' };
        if (rows[id] !== undefined) await page.locator(rows[id]).first().waitFor();
        await look(id);
        if (id !== 'events') continue;
        for (const event of await page.locator('.cell-button').all()) {
          await event.click();
          await look('an event');
          await page.keyboard.press('Escape');
        }
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
      await look('details');
      await page.keyboard.press('Escape');
      for (const name of [table.Temperature ?? '', 'Good night', 'Kitchen lamp', 'Dining table lamp']) {
        await page.getByRole('button', { name }).first().click();
        await look(`details of ${name}`);
        await page.keyboard.press('Escape');
      }
      assert.deepEqual(found, []);
    });

    it('reads numbers as the language writes them', async () => {
      const page = await enter(locale);
      await on.stage.measure({ type: 6, value: 21.5, unit: 1 });
      await page.locator('.tile-number').getByText('21,5', { exact: true }).waitFor();
      await on.stage.measure({ type: 16, value: 12_345.5 });
      await page.locator('.tile-number').getByText('12\u202F345,5', { exact: true }).waitFor();
    });

    it('reads dates and numbers as the language writes them in every view', async () => {
      const page = await enter(locale);
      await on.stage.measure({ type: 6, value: 21.5, unit: 1 });
      await on.stage.measure({ type: 16, value: 12_345.5 });
      await on.stage.measure({ form: 'zone', type: 6, value: 20.5, unit: 1, zone: 1, subzone: 4 });
      await on.stage.write(1, 1, [7, 9, 6]);
      await page.getByText('20,5 °C').first().waitFor();
      const { day, moment } = WRITTEN[locale] ?? assert.fail();
      const found: string[] = [];
      for (const [id, wanted] of [
        ['overview', /^20,5 °C/],
        ['plot', /^20,5 °C$/],
        ['events', /^12\u202F345,5 V$/],
        ['alarms', moment],
        ['account', day],
        ['status', /1\u202F024|4\u202F096|8\u202F192|16\u202F384|65\u202F536/],
      ] as const) {
        await page.evaluate(`location.hash = '#${id}'`);
        await page.getByText(wanted).first().waitFor();
        const texts = await page.evaluate<string[]>(READ_TEXTS);
        found.push(...texts.filter(isEnglishNumber).map((text) => `${id}: ${text}`));
      }
      assert.deepEqual(found, []);
      await on.stage.write(1, 1, [0, 9, 6]);
    });

    it('is told in the language what the server refuses', async () => {
      const page = await on.open({ locale });
      await page.locator('#user').fill('admin');
      await page.locator('#password').fill('secret');
      await page.locator('button[type=submit]').click();
      await connected(page);
      await page.evaluate(`location.hash = '#users'`);
      await page
        .getByRole('button', { name: (table['Change {name}'] ?? '').replace('{name}', 'user') })
        .click();
      await page.getByText(table['Events and addresses'] ?? '').click();
      await page.getByLabel(table.Addresses ?? '').fill('+here');
      await page.getByRole('button', { name: table.Save ?? '' }).click();
      const sentence = table['“{address}” is no address, or network such as 10.0.0.0/8.'] ?? '';
      await page.getByRole('alert').getByText(sentence.replace('{address}', '+here')).waitFor();
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
