import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findsNothing, show, useStage } from './pages.ts';
import { RELAYS, SENSOR } from './stage.ts';

/** Each of these was seen once. */

const PHONE = { viewport: { width: 390, height: 800 }, hasTouch: true };
const LONG_NAME = 'W'.repeat(40);

const on = useStage();

describe('the panel', () => {
  it('does not take what HISTORY and LAST both tell for two values', async () => {
    for (const ageS of [12, 8, 4])
      await on.stage.measure({ type: 6, value: 30 - ageS, unit: 1 }, SENSOR, ageS);
    const page = await on.enter();
    await page.getByRole('button', { name: 'Temperature, Living room' }).click();
    const every = page
      .locator('dt', { hasText: 'One value every' })
      .locator('xpath=following-sibling::dd[1]');
    // Two intervals of 4 s; with the last value counted twice, or the first one for a fifth, they look shorter.
    const [seconds = 0] =
      String(await every.textContent())
        .match(/^\d+(?= s$)/)
        ?.map(Number) ?? [];
    assert.ok(seconds >= 3, `every ${seconds} s`);
  });

  it('has the focus in its content after the login, and tiles with names of their own', async () => {
    const page = await on.enter();
    await on.stage.measure({ type: 6, value: 21, unit: 1 });
    await on.stage.measure({ type: 6, value: 4, unit: 1 }, 'FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:03');
    assert.equal(await page.evaluate('document.activeElement.id'), 'main');
    await page.getByRole('button', { name: 'Temperature, Living room', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Temperature, Kitchen', exact: true }).waitFor();
  });

  it('says in the details of a value where it is, its mean, and the event that told it in words', async () => {
    const page = await on.enter();
    const tile = page.locator(`[data-item^="v:${RELAYS}"]`);
    for (const value of [20, 22]) {
      await on.stage.measure({ type: 6, value, unit: 1 }, RELAYS);
      await tile.filter({ hasText: String(value) }).waitFor();
      // Of values that come at once, the page remembers one.
      await page.waitForTimeout(500);
    }
    await tile.locator('.tile-name').click();
    const dialog = page.getByRole('dialog');
    const fact = (term: string | RegExp) =>
      dialog.locator('dt', { hasText: term }).locator('xpath=following-sibling::dd[1]');
    await fact('Mean in the plot').getByText('21 °C', { exact: true }).waitFor();
    await fact('Event').getByText('Measurement · Temperature: 22 °C', { exact: true }).waitFor();
    await fact('Data bytes')
      .getByText(/^([0-9A-F]{2} ?){2,4}$/)
      .waitFor();
    const node = await fact('Node').textContent();
    await dialog.getByRole('heading', { name: `Temperature, ${node}`, exact: true }).waitFor();
  });

  it('is as wide as the phone with a switch of the longest name', async () => {
    const page = await on.enter('admin', PHONE);
    await show(page, 'Switches');
    await page.getByText('Add a switch').click();
    await page.getByLabel('Name', { exact: true }).fill(LONG_NAME);
    await page.getByLabel('Zone', { exact: true }).fill('99');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('switch', { name: LONG_NAME }).waitFor();
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), PHONE.viewport.width);
  });

  it('has a legend that can be read, whichever line is under the cursor', async () => {
    await on.stage.measure({ type: 6, value: 21, unit: 1 });
    await on.stage.measure({ type: 16, value: 230 });
    const page = await on.enter();
    await show(page, 'Plot');
    await page.getByRole('button', { name: 'Living room · Voltage' }).click();
    await page.locator('.u-legend').getByText('Voltage').waitFor();
    const box = await page.locator('.u-over').boundingBox();
    assert.ok(box);
    for (const share of [0.1, 0.4, 0.7, 0.95])
      await page.mouse.move(box.x + box.width * share, box.y + box.height * share);
    const faint = `[...document.querySelectorAll('.u-legend .u-series')].map((row) => getComputedStyle(row).opacity)`;
    assert.deepEqual(new Set(await page.evaluate<string[]>(faint)), new Set(['1']));
  });

  it('shows the knobs of switches in forced colours', async () => {
    const page = await on.enter('admin', { forcedColors: 'active' });
    await show(page, 'Switches');
    await on.stage.write(20, 3, [0, 1, 1], RELAYS);
    await on.stage.write(20, 4, [1, 2, 1], RELAYS);
    await page.getByRole('switch', { name: 'Living room lamp', checked: true }).waitFor();
    await page.getByRole('switch', { name: 'Kitchen lamp', checked: false }).waitFor();
    const hidden = `[...document.querySelectorAll('.toggle')].filter((toggle) => {
      const [track, knob] = [toggle, toggle.firstElementChild].map((element) => getComputedStyle(element));
      const seen = knob.borderTopWidth === '0px' ? knob.backgroundColor : knob.borderTopColor;
      return seen === track.backgroundColor;
    }).map(({ outerHTML }) => outerHTML)`;
    await findsNothing(page, hidden);
  });
});
