import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { nodeGuid } from '../../examples/house/house-event.ts';
import { learn, NO_POLL, show, useStage } from './pages.ts';
import { RELAYS } from './stage.ts';

const ADMIN = 'admin';
const VIEWER = 'websockets,receive-events';

/** Sub-zone of the living room's strip. */
const STRIP = 3;

const on = useStage();

const toggle = (page: Page) => page.getByRole('main').getByRole('switch').first();
const edit = (page: Page) => page.getByRole('button', { name: 'Edit', exact: true });

async function enter(rights: string): Promise<Page> {
  await on.stage.setRights('user', rights);
  const page = await on.enter('user');
  await on.stage.write(20, 3, [0, 1, 1], RELAYS);
  await toggle(page).waitFor();
  return page;
}

describe('rights that an administrator changes while the panel is open', () => {
  it('take switches and editing away, and give them back', async () => {
    const page = await enter(ADMIN);
    await learn(page, edit(page));
    await on.stage.setRights('user', VIEWER);
    await learn(page, edit(page), 'detached');
    await show(page, 'Switches');
    await page.getByText('user may only look here').first().waitFor();
    await page.locator('main [role=switch]:disabled').first().waitFor();
    await on.stage.setRights('user', ADMIN);
    await learn(page, page.locator('main [role=switch]:enabled').first());
    await show(page, 'Overview');
    await edit(page).waitFor();
  });

  it('are known after a refused command', async () => {
    const page = await enter(ADMIN);
    await learn(page, edit(page));
    await page.addInitScript(NO_POLL);
    await page.reload();
    await edit(page).waitFor();
    await on.stage.setRights('user', VIEWER);
    const enabled = page.locator('main [role=switch]:enabled').first();
    // The server looks at the users every other second; a switch may be taken away while it is pressed.
    for (let tries = 60; tries > 0 && (await edit(page).count()) > 0; tries -= 1) {
      await enabled.click({ timeout: 1_000 }).catch(() => undefined);
      await page.waitForTimeout(500);
    }
    await edit(page).waitFor({ state: 'detached' });
  });

  it('leave of a strip what may be sent, and say why its colour may not', async () => {
    await on.stage.setRights('user', `${VIEWER},send-events`, '30:*');
    const page = await on.enter('user');
    const strip = page.locator('.control-card', { hasText: 'Living room strip' });
    await strip.getByText('Colour: Events of this kind are not among those that user may send.').waitFor();
    assert.equal(await strip.getByLabel('Colour').isDisabled(), true);
    const sent = on.stage.host.nextEvent(({ data }) => data[2] === STRIP);
    await strip.getByRole('slider', { name: 'Living room strip White' }).fill('55');
    assert.deepEqual([...(await sent).data], [55, 1, STRIP]);
    await strip.getByText('Waiting for the answer…').waitFor();
    await on.stage.write(20, 40, [55, 1, STRIP], nodeGuid(15));
    await strip.locator('.switch-state').getByText('white 55 %').waitFor();
    const off = on.stage.host.nextEvent(({ data }) => data[2] === STRIP);
    await strip.getByRole('switch').click();
    assert.deepEqual([(await off).vscpType, ...(await off).data], [6, 0, 1, STRIP]);
    await on.stage.setRights('user', VIEWER);
  });

  it('are known after a reconnect', async () => {
    const page = await enter(ADMIN);
    await learn(page, edit(page));
    await on.stage.closeDriver();
    await page.getByText('The connection is lost').waitFor();
    await on.stage.setRights('user', VIEWER);
    await on.stage.openDriver();
    await page.getByText('Connected', { exact: true }).waitFor();
    await edit(page).waitFor({ state: 'detached' });
  });
});
