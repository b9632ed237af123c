import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { NO_POLL, useStage } from './pages.ts';

const on = useStage();
const room = (page: Page) => page.locator('.room', { hasText: 'Living room' });
const FILE = { format: 'vscp-panel', panel: { rooms: { attic: { name: 'Attic' } } } };

/** A page that begins to edit, and learns of the other only when it saves. */
async function edits(user: string): Promise<Page> {
  // An option of its own, so that it is not the page that other tests use too.
  const page = await on.enter(user, { locale: 'en-GB' });
  await page.addInitScript(NO_POLL);
  await page.reload();
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  return page;
}

describe('two who edit the panel at once', () => {
  before(() => on.stage.addEditor('bert'));

  it('are told when an import would overwrite what the other did, and may do it all the same', async () => {
    const page = await edits('admin');
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Import' }).click();
    const buffer = Buffer.from(JSON.stringify(FILE));
    await (await chooser).setFiles({ name: 'take.json', mimeType: 'application/json', buffer });
    const bar = page.locator('.edit-bar');
    await bar.getByText(/Things that go: 0$/).waitFor();
    await on.stage.changePanel({ rooms: { cellar: { name: 'Wine' } } });
    await bar.getByRole('button', { name: 'Replace' }).click();
    await bar.getByText('admin has changed this meanwhile. Look at it, or do it again').waitFor();
    await bar.getByText(/Things that go: 1$/).waitFor();
    await bar.getByRole('button', { name: 'Replace' }).click();
    await bar.getByText('Imported take.json.').waitFor();
    const names = await page.locator('.room h3').allTextContents();
    assert.ok(names.includes('Attic') && !names.includes('Wine'), names.join());
  });

  it('are told, the later one, when both put the same room in order, and may do it again', async () => {
    const [anna, bert] = [await edits('admin'), await edits('bert')];
    const at = (page: Page, place: number) =>
      room(page).getByRole('button', { name: new RegExp(`: ${place} of 4 in Living room`) });
    const nameAt = async (page: Page, place: number) =>
      /^Move (.+): /.exec((await at(page, place).getAttribute('aria-label')) ?? '')?.[1] ?? '';
    await at(bert, 3).focus();
    const [hers, his] = [await nameAt(anna, 1), await nameAt(bert, 3)];
    await at(anna, 1).press('ArrowRight');
    await room(anna)
      .getByRole('button', { name: `Move ${hers}: 2 of` })
      .waitFor();
    await at(bert, 3).press('ArrowLeft');
    await bert.getByText('admin has changed this meanwhile. Look at it, or do it again').waitFor();
    assert.deepEqual([await nameAt(bert, 2), await nameAt(bert, 3)], [hers, his], 'what she did is shown');
    await at(bert, 3).press('ArrowLeft');
    await room(bert)
      .getByRole('button', { name: `Move ${his}: 2 of` })
      .waitFor();
  });
});
