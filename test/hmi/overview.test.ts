import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { command, passwordClient } from '../support/token-client.ts';
import { until, useStage } from './pages.ts';

const on = useStage();

/** Temperature, power, voltage, illuminance, humidity. */
const TYPES = [6, 14, 16, 25, 35];
/** With these, more than the overview has tiles for. */
const NODES = 52;
const guidOf = (node: number): string =>
  `FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:07:00:${node.toString(16).padStart(2, '0').toUpperCase()}`;

/** Changes what everybody's panel shows. @returns what there was, with the change */
async function savePanel(patch: object): Promise<Record<string, Record<string, unknown>>> {
  const client = await passwordClient(`ws://127.0.0.1:${on.stage.port}`, 'admin');
  const { revision } = (await command(client, 'PANEL')).args;
  const { saved } = (await command(client, 'PANELSET', { revision, patch })).args;
  assert.equal(saved, true);
  const { panel } = (await command(client, 'PANEL')).args;
  await client.close();
  return panel as Record<string, Record<string, unknown>>;
}

describe('the overview', () => {
  it('draws the plot in the details in the next frames, whatever else is due', async () => {
    const page = await on.enter();
    for (const value of [20, 22]) await on.stage.measure({ type: 6, value, unit: 1 });
    await page.getByRole('button', { name: 'Temperature, Living room' }).waitFor();
    // What is due once a second does not come any more.
    await page.evaluate('{ const now = Date.now(); Date.now = () => now; }');
    await page.getByRole('button', { name: 'Temperature, Living room' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('.uplot').waitFor();
    await dialog.getByRole('button', { name: '5 min', pressed: true }).waitFor();
    await page.reload();
  });

  it('tells in the details of a door when it was opened and closed', async () => {
    const page = await on.enter();
    const tile = page.locator('.tile', { hasText: 'Opening' });
    for (const [type, words] of [
      [7, 'Open'],
      [8, 'Closed'],
      [7, 'Open'],
    ] as const) {
      await on.stage.write(20, type, [0, 1, 1]);
      await tile.getByText(words, { exact: true }).waitFor();
      // Of values that come at once, the page remembers one.
      await page.waitForTimeout(500);
    }
    await page.getByRole('button', { name: /^Opening, / }).click();
    const told = page.getByRole('dialog').locator('dt', { hasText: 'Latest changes' });
    assert.match(
      String(await told.locator('xpath=following-sibling::dd[1]').textContent()),
      /^Open [\d:]+ · Closed [\d:]+ · Open [\d:]+$/,
    );
    await page.getByRole('button', { name: 'Close' }).click();
  });

  it('lets nobody order for everybody what only this viewer sees side by side', async () => {
    const page = await on.enter();
    await on.stage.measure({ type: 6, value: 21, unit: 1 });
    await on.stage.measure({ type: 35, value: 48 });
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    const handles = page.getByRole('button', { name: /^Move .*Living room/ });
    await handles.nth(1).waitFor();
    await page.getByRole('searchbox').fill('humidity');
    await until(page, `document.querySelectorAll('.slot').length === 1`);
    assert.equal(await handles.count(), 0);
    await page.getByRole('button', { name: /^Edit Humidity/ }).waitFor();
    await page.getByRole('searchbox').fill('');
    await handles.nth(1).waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
  });

  it('says what of the saved panel does not fit, shows the rest, and loses nothing of it', async () => {
    const bad = {
      rooms: { attic: 'Attic', hut: { name: 'Hut', order: 'first' } },
      items: { 'v:far': { name: 7, isHidden: 'yes' } },
    };
    await savePanel({ ...bad, nodes: { 'FF:01': 'Cellar' } });
    const [page, viewer] = [await on.enter(), await on.enter('user')];
    await page.getByText('rooms, “attic”: it has to be an object { … }.').waitFor();
    await page.getByText('items, “v:far”: “name” has to be a text.').waitFor();
    await page.getByText('nodes, “FF:01”: it has to be an object { … }.').waitFor();
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await page.getByRole('button', { name: 'Edit room Hut' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('Shed');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    const { rooms, items, nodes } = await savePanel({});
    assert.deepEqual(rooms, { attic: 'Attic', hut: { name: 'Shed', order: 'first' } });
    assert.deepEqual(items?.['v:far'], bad.items['v:far']);
    assert.equal(nodes?.['FF:01'], 'Cellar');
    assert.equal(await viewer.getByText('it has to be an object').count(), 0, 'who cannot mend it');
    await savePanel({ rooms: null, items: { 'v:far': null }, nodes: null });
  });

  it('shows a new sensor in a house of more values than it has tiles for', async () => {
    const nodes = Array.from({ length: NODES }, (_, node) => guidOf(node));
    await savePanel({
      rooms: { attic: { name: 'Attic' } },
      nodes: Object.fromEntries(nodes.map((guid) => [guid, { room: 'attic' }])),
    });
    const page = await on.enter();
    for (const guid of nodes) for (const type of TYPES) await on.stage.measure({ type, value: 50 }, guid);
    await page.getByText(/\d more: narrow the filter/).waitFor();
    await on.stage.measure({ type: 6, value: 19.5, unit: 1 }, guidOf(NODES));
    const found = page.getByRole('button', { name: /^Found, not placed yet/ });
    await found.click();
    await page.locator('.room[data-room=unplaced]').getByText('19.5').waitFor();
    await savePanel({ rooms: { attic: null }, nodes: null });
  });
});
