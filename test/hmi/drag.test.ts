import assert from 'node:assert/strict';
import { it } from 'node:test';
import { until, useStage } from './pages.ts';

const on = useStage();
/** Where a finger is held: above the bar of phones, and below that at the top. */
const NEAR_BOTTOM = 740;
const NEAR_TOP = 100;

it('a finger drags a thing to a room that is not in sight, for the page scrolls at its edges', async () => {
  const page = await on.enter('admin', {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  await page.getByRole('button', { name: 'Edit', exact: true }).tap();
  const touch = await page.context().newCDPSession(page);
  const hold = (type: 'touchStart' | 'touchMove', x: number, y: number) =>
    touch.send('Input.dispatchTouchEvent', { type, touchPoints: [{ x, y }] });
  const handle = page.getByRole('button', { name: /^Move Bathroom fan: .* in Bathroom/ });
  await handle.scrollIntoViewIfNeeded();
  const box = await handle.boundingBox();
  assert.ok(box);
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await hold('touchStart', x, y);
  await hold('touchMove', x, y + 10);
  await page.locator('[data-dragged]').waitFor();
  await hold('touchMove', 150, NEAR_BOTTOM);
  await until(page, 'scrollY + innerHeight >= document.documentElement.scrollHeight - 1');
  const scenes = page.locator('.room', { has: page.getByRole('heading', { name: 'Scenes' }) });
  const there = await scenes.boundingBox();
  assert.ok(there);
  await hold('touchMove', there.x + 40, there.y + 60);
  await scenes.locator('[data-dragged]').waitFor();
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await page.getByRole('button', { name: /^Move Bathroom fan: .* in Scenes/ }).waitFor();
  const again = await page.getByRole('button', { name: /^Move Bathroom fan/ }).boundingBox();
  assert.ok(again);
  await hold('touchStart', again.x + again.width / 2, again.y + again.height / 2);
  await hold('touchMove', 150, NEAR_TOP);
  await until(page, 'scrollY === 0');
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
});
