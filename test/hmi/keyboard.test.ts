import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { findsNothing, type PageOptions, until, useStage } from './pages.ts';
import { RELAYS } from './stage.ts';

const STRANGER = 'FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:77';
const PHONE = { viewport: { width: 390, height: 800 } };
/** More than any view has. */
const MAX_STOPS = 250;

const on = useStage();

/** The name where nothing has the focus, as between the last stop of a page and the first. */
const NOTHING = 'nothing';

interface Stop {
  name: string;
  /** Why somebody could lose sight of it, or empty. */
  problem: string;
}

/** What has the focus. */
const FOCUSED = `(() => {
  const element = document.activeElement;
  if (element === document.body) return { name: '${NOTHING}', problem: '' };
  const ids = element.getAttribute('aria-labelledby')?.split(' ') ?? [];
  const labels = ids.length > 0 ? ids.map((id) => document.getElementById(id)) : [element.labels?.[0] ?? element];
  const name = element.getAttribute('aria-label') ?? labels.map((label) => label.textContent.trim()).join(' ');
  const ring = getComputedStyle(element.matches('.tile-name') ? element.closest('.tile') : element);
  const dialog = document.querySelector('dialog[open]');
  const [box] = element.getClientRects();
  const [left, right] = [Math.max(0, box?.left), Math.min(innerWidth, box?.right)];
  const [top, bottom] = [Math.max(0, box?.top), Math.min(innerHeight, box?.bottom)];
  const at = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  const problem = element.id !== 'main' && ring.outlineStyle === 'none' ? 'has no ring'
    : dialog && !dialog.contains(element) ? 'is outside of the dialog'
    : !(left < right && top < bottom) ? 'is not on the screen'
    : !(element.contains(at) || element.closest('.tile')?.contains(at)) ? 'is under ' + at?.outerHTML.slice(0, 80)
    : '';
  return { name, problem: name === '' ? 'has no name: ' + element.outerHTML.slice(0, 80) : problem };
})()`;

/** The corners of the button Done that cannot be pressed, just inside of its border. */
const DONE_COVERED = `(() => {
  const done = document.querySelector('.page-head [aria-pressed=true]');
  const { left, right, top, bottom } = done.getBoundingClientRect();
  return [left + 6, right - 6].flatMap((x) => [top + 6, bottom - 6].map((y) => document.elementFromPoint(x, y)))
    .filter((at) => at !== done)
    .map((at) => String(at?.outerHTML.slice(0, 80)));
})()`;

async function focused(page: Page): Promise<Stop> {
  await findsNothing(page, `[${FOCUSED}].filter(({ problem }) => problem !== '')`);
  return page.evaluate<Stop>(FOCUSED);
}

/** Presses Tab until something of that name has the focus. */
async function goTo(page: Page, name: RegExp): Promise<void> {
  const seen: string[] = [];
  for (let stops = 0; stops < MAX_STOPS; stops += 1) {
    await page.keyboard.press('Tab');
    const at = await focused(page);
    if (name.test(at.name)) return;
    seen.push(at.name.slice(0, 40));
  }
  assert.fail(`no ${name} among ${seen.join(', ')}`);
}

async function press(page: Page, name: RegExp, key = 'Enter'): Promise<void> {
  await goTo(page, name);
  await page.keyboard.press(key);
}

/** Types into fields, or chooses in lists by typing, as their labels are. */
async function fill(page: Page, texts: Record<string, string>): Promise<void> {
  for (const [label, text] of Object.entries(texts)) {
    // A label that holds its list has the words of the list too.
    await goTo(page, new RegExp(`^${label}`));
    await page.keyboard.type(text);
  }
}

/** The dialog is closed, and the focus is where it was before. */
async function backAt(page: Page, name: RegExp): Promise<void> {
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  assert.match((await focused(page)).name, name);
}

/** All stops from the content to the end of the page, by their names, there and back. */
async function walk(page: Page): Promise<string[]> {
  await page.locator('main').focus();
  const there: string[] = [];
  do {
    await page.keyboard.press('Tab');
    there.push((await focused(page)).name);
    assert.ok(there.length < MAX_STOPS, `no end: ${there.slice(-10).join(', ')}`);
  } while (there.at(-1) !== NOTHING);
  there.pop();
  const back: string[] = [];
  while (back.length < there.length) {
    await page.keyboard.press('Shift+Tab');
    back.push((await focused(page)).name);
  }
  assert.deepEqual(back.reverse(), there, 'the same way back');
  return there;
}

async function enter(options: PageOptions = {}): Promise<Page> {
  const page = await on.enter('admin', options);
  await on.stage.measure({ type: 6, value: 21.5, unit: 1 });
  await on.stage.measure({ type: 16, value: 230 });
  await on.stage.write(20, 9, [0, 1, 1], RELAYS);
  await page.getByRole('button', { name: 'Voltage, Living room' }).waitFor();
  return page;
}

/** Goes to a page by its link, with keys; the focus then is in the content. */
async function visit(page: Page, link: RegExp): Promise<void> {
  await press(page, link);
  await until(page, `document.activeElement.id === 'main'`);
}

describe('the keyboard', () => {
  it('logs in, and skips to the content', async () => {
    const page = await on.open();
    await page.locator('#user:focus').waitFor();
    await page.keyboard.type('admin');
    await page.keyboard.press('Tab');
    await page.keyboard.type('secret');
    await page.keyboard.press('Enter');
    await page.getByText('Connected', { exact: true }).waitFor();
    assert.equal(await page.evaluate('document.activeElement.id'), 'main', 'after the login');
    await page.locator('.skip').focus();
    await page.keyboard.press('Enter');
    assert.equal(
      await page.evaluate('document.activeElement.id'),
      'main',
      'the first stop skips to the content',
    );
  });

  for (const [device, options] of [
    ['desk', {}],
    ['phone', PHONE],
  ] as const) {
    it(`passes everything in every view on a ${device}, there and back, and is always seen`, async () => {
      const page = await enter(options);
      await on.stage.write(1, 2, [7, 30, 1]);
      await page.locator('.alarm-banner').waitFor();
      const views: [id: string, content: string, stops: RegExp[]][] = [
        [
          'overview',
          '.tile',
          [/^Temperature, Living room$/, /^Living room lamp$/, /^Filter tiles/, /^Edit$/],
        ],
        ['plot', '.chip', [/^15 min$/, /^Zoom in$/, /^Follow now$/, /CSV$/, /^Living room · Voltage$/]],
        ['switches', '.toggle', [/^Living room lamp$/, /^Add a switch$/]],
        ['events', '.cell-button', [/^Pause$/, /^Clear$/, /^Class$/, /^Latest events$/, /^Alarm$/]],
        ['send', 'form', [/^Class$/, /^Data bytes$/, /^Priority$/, /^Send$/]],
        ['nodes', 'td', [/^Table of nodes$/]],
        ['alarms', '.alarm', [/^No sound on this device$/, /^Acknowledge Living room, zone 30.1$/]],
        [
          'account',
          '.devices li',
          [/^Log out$/, /^Manage users$/, /^Revoke /, /^Make link/, /^Full screen$/],
        ],
        ['users', '.devices li', [/^Add a user$/, /^Change user$/, /^Remove user$/]],
        ['status', '.log-lines li', [/^Sessions$/]],
      ];
      for (const [id, content, wanted] of views) {
        await page.evaluate(`location.hash = '#${id}'`);
        await page.locator(`main ${content}`).first().waitFor({ state: 'attached' });
        const stops = await walk(page);
        for (const name of wanted)
          assert.ok(
            stops.some((stop) => name.test(stop)),
            `${id}: no ${name} among ${stops.join(', ')}`,
          );
      }
      await page.evaluate(`location.hash = '#alarms'`);
      await page.getByRole('button', { name: /^Acknowledge / }).click();
      await page.locator('.alarm-banner').waitFor({ state: 'hidden' });
      await on.stage.write(1, 2, [0, 30, 1]);
      await page.getByText('Ended', { exact: true }).waitFor();
    });
  }

  for (const [device, options] of [
    ['desk', {}],
    ['phone', PHONE],
  ] as const)
    it(`is never out of sight on a ${device} while the overview is edited, and Done is at hand everywhere`, async () => {
      const page = await enter(options);
      await press(page, /^Edit$/);
      for (const font of ['', 'calc(200% * 0.9375)']) {
        await page.evaluate(`document.documentElement.style.fontSize = '${font}'`);
        await walk(page);
        for (const share of [0, 0.5, 1]) {
          await page.evaluate(`scrollTo(0, ${share} * document.body.scrollHeight)`);
          await findsNothing(page, DONE_COVERED, `font ${font || 'as usual'}, at ${share}`);
        }
      }
      await press(page, /^Done$/);
      assert.equal((await focused(page)).name, 'Edit');
    });

  it('opens a tile, switches and dims', async () => {
    const page = await enter();
    await press(page, /^Temperature, Living room$/);
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await backAt(page, /^Temperature, Living room$/);
    const asked = on.stage.host.nextEvent(({ vscpClass }) => vscpClass === 30);
    await press(page, /^Living room lamp$/, 'Space');
    assert.deepEqual([(await asked).vscpType, ...(await asked).data], [5, 0, 1, 1]);
    assert.match((await focused(page)).name, /^Living room lamp$/);
    const dimmed = on.stage.host.nextEvent(({ vscpClass, vscpType }) => vscpClass === 30 && vscpType === 20);
    await press(page, /^Dining table lamp Brightness/, 'End');
    assert.equal((await dimmed).data[0], 100);
  });

  it('chooses what is plotted, how long, and zooms', async () => {
    const page = await enter();
    await visit(page, /^Plot$/);
    await press(page, /^15 min$/);
    await page.locator('[aria-pressed=true]').getByText('15 min').waitFor();
    await press(page, /^Zoom in$/, 'Space');
    await until(page, `document.querySelector('[data-seconds][aria-pressed=true]') === null`);
    await press(page, /^Back in time$/, 'Space');
    await page.getByText('Zoomed in: the plot stands still').waitFor();
    await press(page, /^Follow now$/);
    await page.getByText('Zoom with + and −').waitFor();
    await press(page, /^Living room · Voltage$/, 'Space');
    await page.locator('.u-legend').getByText('Voltage').waitFor();
    assert.equal((await focused(page)).name, 'Living room · Voltage', 'the chips were made anew');
    const coming = page.waitForEvent('download');
    await press(page, /as CSV$/);
    assert.match((await coming).suggestedFilename(), /\.csv$/);
  });

  it('holds the list of events, opens one, and sends it again', async () => {
    const page = await enter();
    await visit(page, /^Events$/);
    await press(page, /^Pause$/);
    await page.getByText('Paused; 0 more').waitFor();
    assert.equal((await focused(page)).name, 'Resume');
    await goTo(page, /^Type$/);
    await page.keyboard.type('heartbeat');
    await goTo(page, /^Latest events$/);
    await press(page, /heartbeat/i);
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await backAt(page, /heartbeat/i);
    await page.keyboard.press('Enter');
    await press(page, /^Use in the send form$/);
    await until(page, `document.activeElement.id === 'main'`);
    const sent = on.stage.host.nextEvent(({ vscpClass }) => vscpClass === 20);
    await goTo(page, /^Class$/);
    await page.keyboard.press('Enter');
    assert.equal((await sent).vscpType, 9);
    await page.getByText('Sent.').waitFor();
    assert.equal((await focused(page)).name, 'Class');
  });

  it('adds a switch and takes it away', async () => {
    const page = await enter();
    await visit(page, /^Switches$/);
    await press(page, /^Add a switch$/);
    await goTo(page, /^Name$/);
    await page.keyboard.type('Attic lamp');
    await goTo(page, /^Zone$/);
    await page.keyboard.type('77');
    await page.keyboard.press('Enter');
    const toggle = page.getByRole('switch', { name: 'Attic lamp' });
    await toggle.waitFor();
    await press(page, /^Remove Attic lamp$/);
    await toggle.waitFor({ state: 'detached' });
    assert.equal(await page.evaluate('document.activeElement.id'), 'main', 'the button has gone');
  });

  it('sets up another device and revokes it', async () => {
    const page = await enter();
    await visit(page, /^Account of admin$/);
    await goTo(page, /^Name of the device$/);
    await page.keyboard.type('Hall');
    await goTo(page, /^Your password$/);
    await page.keyboard.type('secret');
    await page.keyboard.press('Enter');
    await page.getByRole('img', { name: 'QR code of the link' }).waitFor();
    await page.keyboard.press('Escape');
    await backAt(page, /^Your password$/);
    await page.locator('.devices li').filter({ hasText: 'Hall' }).waitFor();
    await press(page, /^Revoke Hall$/);
    await page.keyboard.press('Enter');
    await page.locator('.devices li').filter({ hasText: 'Hall' }).waitFor({ state: 'detached' });
    assert.equal(await page.evaluate('document.activeElement.id'), 'main', 'the button has gone');
  });

  it('adds a user, who is told what is wrong, and removes the user', async () => {
    const page = await enter();
    await visit(page, /^Account of admin$/);
    await visit(page, /^Manage users$/);
    await press(page, /^Add a user$/);
    await goTo(page, /^User name$/);
    await page.keyboard.type('kim');
    await goTo(page, /^Password$/);
    await page.keyboard.type('four words in a row');
    await press(page, /^Save$/);
    await page.getByRole('dialog').getByRole('alert').filter({ hasText: /\S/ }).waitFor();
    assert.equal((await focused(page)).name, 'Save', 'kept while it was busy');
    await goTo(page, /^Your password$/);
    await page.keyboard.type('secret');
    await page.keyboard.press('Enter');
    await backAt(page, /^Add a user$/);
    await goTo(page, /^Your password$/);
    await page.keyboard.type('secret');
    await press(page, /^Remove kim$/);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Change kim' }).waitFor({ state: 'detached' });
    assert.equal(await page.evaluate('document.activeElement.id'), 'main', 'the button has gone');
  });

  it('makes a dimmer from nothing, changes it and removes it', async () => {
    const page = await enter();
    await press(page, /^Edit$/);
    await press(page, /^Add a control$/);
    await fill(page, {
      Kind: 'Dimmer',
      Zone: '2',
      'Sub-zone': '7',
      Index: '9',
      Name: 'Hood',
      Room: 'Kitchen',
    });
    await press(page, /^Save$/);
    await until(page, `${FOCUSED}.name === 'Details of Hood'`);
    const dimmed = on.stage.host.nextEvent(({ vscpClass, vscpType }) => vscpClass === 30 && vscpType === 20);
    await press(page, /^Hood Brightness$/, 'End');
    assert.deepEqual([...(await dimmed).data], [100, 2, 7]);
    await press(page, /^Edit Hood$/);
    await fill(page, { 'Sub-zone': '8', Name: 'Range' });
    await page.keyboard.press('Enter');
    await until(page, `${FOCUSED}.name === 'Details of Range'`);
    const changed = on.stage.host.nextEvent(({ vscpClass, vscpType }) => vscpClass === 30 && vscpType === 20);
    await press(page, /^Range Brightness$/, 'End');
    assert.deepEqual([...(await changed).data], [100, 2, 8], 'the card is another one');
    await press(page, /^Details of Range$/);
    await press(page, /^Change the control…$/);
    await page.getByRole('dialog', { name: 'Edit control' }).waitFor();
    await page.keyboard.press('Escape');
    await backAt(page, /^Details of Range$/);
    await press(page, /^Edit Range$/);
    await press(page, /^Remove this control$/);
    await page.keyboard.press('Enter');
    await page.locator('.switch-name').getByText('Range').waitFor({ state: 'detached' });
    await until(page, `document.activeElement.id === 'main'`);
  });

  it('makes a scene of steps, takes one out, puts them in order, and starts it', async () => {
    const page = await enter();
    await press(page, /^Edit$/);
    await press(page, /^Add a control$/);
    await fill(page, { Kind: 'Scene' });
    await press(page, /^Add a step$/);
    assert.match((await focused(page)).name, /^What/, 'the step is filled in at once');
    await page.keyboard.type('An event');
    await fill(page, { 'Class, type, data': '30 5: 00 02 07' });
    await press(page, /^Add a step$/);
    await page.keyboard.type('Kitchen lamp');
    await fill(page, { Action: 'Off' });
    await press(page, /^Add a step$/);
    const told = page.getByRole('dialog').getByRole('status');
    await press(page, /^Earlier, Step 3 of 3$/);
    assert.equal((await focused(page)).name, 'Earlier, Step 2 of 3', 'the same button');
    await told.getByText('Step 2 of 3').waitFor();
    await press(page, /^Later, Step 2 of 3$/);
    assert.equal((await focused(page)).name, 'Earlier, Step 3 of 3');
    await press(page, /^Remove step$/);
    assert.equal((await focused(page)).name, 'Add a step', 'the last one has gone');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Shift+Tab');
    for (const [now, afterwards] of [
      ['Earlier, Step 2 of 2', 'Later, Step 1 of 2'],
      ['Later, Step 1 of 2', 'Earlier, Step 2 of 2'],
      ['Earlier, Step 2 of 2', 'Later, Step 1 of 2'],
    ]) {
      assert.equal((await focused(page)).name, now);
      await page.keyboard.press('Enter');
      assert.equal((await focused(page)).name, afterwards, 'what is pressed next is at hand');
      await told.getByText(afterwards?.slice(-11) ?? '').waitFor();
    }
    await fill(page, { Name: 'Evening' });
    await press(page, /^Save$/);
    await until(page, `${FOCUSED}.name === 'Details of Evening'`);
    const asked = on.stage.host.nextEvent(({ vscpClass }) => vscpClass === 30);
    await press(page, /^Start Evening$/);
    assert.equal((await asked).vscpType, 6, 'the lamp is the first now');
    await on.stage.host.nextEvent(({ vscpClass, data }) => vscpClass === 30 && data[2] === 7);
    await press(page, /^Edit Evening$/);
    await press(page, /^Remove step$/);
    assert.match((await focused(page)).name, /^What/, 'the next step');
    await page.keyboard.press('Escape');
    await backAt(page, /^Edit Evening$/);
  });

  it('names a room, puts it first, and removes one', async () => {
    const page = await enter();
    await press(page, /^Edit$/);
    await press(page, /^Edit room Kitchen$/);
    await fill(page, { Name: 'Galley', Icon: 'Kitchen', Place: 'First' });
    await press(page, /^Save$/);
    await page.locator('.room').first().getByText('Galley', { exact: true }).waitFor();
    await until(page, `${FOCUSED}.name === 'Edit room Galley'`);
    await focused(page);
    await press(page, /^Details of Kitchen lamp$/);
    await fill(page, { Room: 'New room' });
    await fill(page, { 'Name of the new room': 'Shed' });
    await page.keyboard.press('Enter');
    await page.locator('.room').getByText('Shed', { exact: true }).waitFor();
    await until(page, `${FOCUSED}.name === 'Details of Kitchen lamp'`);
    await press(page, /^Edit room Shed$/);
    await press(page, /^Remove this room$/);
    await page.keyboard.press('Enter');
    await page.locator('.room').getByText('Shed', { exact: true }).waitFor({ state: 'detached' });
    await until(page, `document.activeElement.id === 'main'`);
  });

  it('takes the panel out as a file, and in again', async () => {
    const page = await enter();
    // Without a listener from the beginning, the browser may be told too late that the test chooses the file.
    page.on('filechooser', () => {});
    await press(page, /^Edit$/);
    const coming = page.waitForEvent('download');
    await press(page, /^Export$/);
    const path = await (await coming).path();
    assert.equal((await focused(page)).name, 'Export');
    const choosing = page.waitForEvent('filechooser');
    await press(page, /^Import$/);
    await (await choosing).setFiles(path);
    await until(page, `${FOCUSED}.name === 'Replace'`);
    await press(page, /^Cancel$/);
    assert.equal((await focused(page)).name, 'Import');
    const again = page.waitForEvent('filechooser');
    await page.keyboard.press('Enter');
    await (await again).setFiles(path);
    await until(page, `${FOCUSED}.name === 'Replace'`);
    await page.keyboard.press('Enter');
    await page.getByText(/^Imported /).waitFor();
    assert.equal((await focused(page)).name, 'Import');
  });

  it('shows details of switches and scenes, and makes them favourites', async () => {
    const page = await on.enter('user');
    await visit(page, /^Switches$/);
    await press(page, /^Details of Kitchen lamp$/);
    await page.getByRole('dialog', { name: 'Kitchen lamp' }).waitFor();
    await page.keyboard.press('Escape');
    await backAt(page, /^Details of Kitchen lamp$/);
    await visit(page, /^Overview$/);
    for (const name of ['Bedroom lamp', 'Good night']) {
      const details = new RegExp(`^Details of ${name}$`);
      await press(page, details);
      await press(page, /^Favourite on this device$/, 'Space');
      await page.locator('.room').first().getByText(name, { exact: true }).waitFor({ state: 'attached' });
      await page.keyboard.press('Escape');
      await backAt(page, details);
    }
  });

  it('is enough to place a new sensor, to set its alarm and to acknowledge it', async () => {
    const page = await on.enter();
    await on.stage.measure({ type: 6, value: 3.5, unit: 1 }, STRANGER);
    const dialog = page.getByRole('dialog');
    await press(page, /^Name and place /);
    assert.equal((await focused(page)).name, 'Name', 'naming begins at once');
    await page.keyboard.type('Freezer');
    await goTo(page, /^Room$/);
    await page.keyboard.type('Kitchen');
    await press(page, /^Save$/);
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Temperature, Freezer' }).waitFor();
    await until(page, `${FOCUSED}.name === 'Temperature, Freezer'`);
    await page.keyboard.press('Enter');
    await press(page, /^Set an alarm$/);
    assert.equal((await focused(page)).name, 'Above, °C');
    await page.keyboard.type('8');
    await press(page, /^Save$/);
    await backAt(page, /^Temperature, Freezer$/);
    await on.stage.measure({ type: 6, value: 9.5, unit: 1 }, STRANGER);
    await page.getByRole('link', { name: 'Show alarms' }).waitFor();
    await press(page, /^Show alarms$/);
    await press(page, /^Acknowledge Temperature, Freezer$/);
    const row = page.locator('.alarm').filter({ hasText: 'Freezer' });
    await row.getByText(/^Acknowledged by admin, /).waitFor();
    assert.equal(await page.evaluate('document.activeElement.id'), 'main', 'the button has gone');
  });
});
