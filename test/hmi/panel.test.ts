import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { CLOCK_LEAD_MS, learn, logIn, show, until, useStage } from './pages.ts';
import { RELAYS, SENSOR } from './stage.ts';

const LAMP = [0, 1, 1];
const PLOT_PICTURE = `document.querySelector('.plot-frame canvas').toDataURL()`;

const on = useStage();

/** The panel logged in and listening. */
async function enter(): Promise<Page> {
  const page = await on.enter();
  await on.stage.measure({ type: 6, value: 21.5, unit: 1 });
  await tile(page, 'Temperature').waitFor();
  return page;
}

function tile(page: Page, name: string) {
  return page
    .locator('article.tile')
    .filter({ has: page.locator('.tile-name').getByText(name, { exact: true }) });
}

describe('the login page', () => {
  it('tells of a wrong password, lets the right one in and remembers the user, never the password', async () => {
    const page = await on.open();
    await logIn(page, 'wrong');
    await page.getByRole('alert').getByText('User or password is not right').waitFor();
    await logIn(page);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    const stored = await page.evaluate<string>('JSON.stringify(localStorage)');
    assert.match(stored, /admin/);
    assert.doesNotMatch(stored, /"secret|wrong/);
    await page.getByRole('link', { name: 'Account of admin' }).click();
    await page.getByRole('button', { name: 'Log out' }).click();
    assert.equal(await page.getByLabel('User', { exact: true }).inputValue(), 'admin');
    assert.equal(await page.getByLabel('Password', { exact: true }).inputValue(), '');
  });

  it('works where the browser has no WebCrypto: plain http from another host', async () => {
    const page = await on.open({ url: `http://panel.test:${on.stage.port}/` });
    assert.equal(await page.evaluate('isSecureContext'), false);
    await logIn(page);
    await page.getByText('Connected', { exact: true }).waitFor();
  });

  it('tells when there is no server', async () => {
    const page = await on.open();
    await page.getByText('Server, key and language').click();
    await page.getByLabel('Server', { exact: true }).fill('ws://127.0.0.1:9/ws2');
    await logIn(page);
    await page.getByRole('alert').getByText('No connection to the server.').waitFor();
  });

  it('is back after logging out', async () => {
    const page = await on.open();
    await logIn(page);
    await page.getByRole('link', { name: 'Account of admin' }).click();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    assert.equal(await page.locator('.shell').count(), 0);
  });
});

describe('tiles and plot', () => {
  it('move with the events of the host', async () => {
    const page = await enter();
    await tile(page, 'Temperature').getByText('21.5', { exact: true }).waitFor();
    await on.stage.measure({ type: 6, value: 22.25, unit: 1 });
    await tile(page, 'Temperature').getByText('22.25', { exact: true }).waitFor();
    await on.stage.measure({ type: 35, value: 48 });
    await tile(page, 'Humidity').locator('.gauge-value[stroke-dasharray^="48.0"]').waitFor();

    await show(page, 'Plot');
    const canvas = page.locator('.plot-frame canvas');
    await canvas.waitFor();
    const before = await page.evaluate<string>(PLOT_PICTURE);
    await on.stage.measure({ type: 6, value: 35, unit: 1 });
    await page
      .locator('.u-legend')
      .getByText(/^35[.0]* °C/)
      .waitFor();
    // By the protocol, not in the page: the page's own policy forbids evaluating texts.
    while ((await page.evaluate(PLOT_PICTURE)) === before) await page.waitForTimeout(50);
  });

  it('show what the server remembers to a panel that comes late', async () => {
    await on.stage.measure({ type: 16, value: 230.5 });
    const page = await on.open();
    await logIn(page);
    await tile(page, 'Voltage').getByText('230.5', { exact: true }).waitFor();
  });

  it('can be renamed, filtered and put into the plot', async () => {
    const page = await enter();
    // The name stays on the server: other tests look for other values.
    await on.stage.measure({ type: 16, value: 231 });
    await page.getByRole('button', { name: 'Voltage, Living room' }).click();
    await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('Sofa');
    await page.getByRole('button', { name: 'Save' }).click();
    await tile(page, 'Sofa').waitFor();
    await page.getByLabel('Filter tiles by name, room or node').fill('sofa');
    await tile(page, 'Humidity').waitFor({ state: 'detached' });
    assert.equal(await page.locator('article.tile').count(), 1);
    await page.getByLabel('Filter tiles by name, room or node').fill('nothing like this');
    await page.getByText('No measurement fits this filter.').waitFor();
    await show(page, 'Plot');
    await page.getByRole('button', { name: 'Living room · Humidity' }).click();
    await page.locator('.u-legend').getByText('Living room · Humidity').waitFor();
  });

  it('zoom by dragging and by buttons, and follow the present again', async () => {
    const page = await enter();
    await show(page, 'Plot');
    const over = page.locator('.u-over');
    const box = await over.boundingBox();
    assert.ok(box);
    await page.mouse.move(box.x + 50, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + 200, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await page.getByText('Zoomed in').waitFor();
    await page.getByRole('button', { name: 'Zoom out' }).click();
    await page.getByRole('button', { name: 'Follow now' }).click();
    await page.getByRole('button', { name: '5 min', exact: true, pressed: true }).waitFor();
  });

  it('follow the present over a longer span too, and never show the future', async () => {
    const page = await enter();
    await show(page, 'Plot');
    const isFollowing = page.getByText('Zoom with + and −');
    await page.getByRole('button', { name: '24 h', exact: true }).click();
    await page.getByRole('button', { name: 'Zoom out' }).click();
    await until(page, `document.querySelector('[data-seconds][aria-pressed=true]') === null`);
    await isFollowing.waitFor();
    await page.getByRole('button', { name: 'Back in time' }).click();
    await page.getByText('Zoomed in').waitFor();
    for (const name of ['Zoom out', 'Zoom out', 'Forward in time'])
      await page.getByRole('button', { name }).click();
    const coming = page.waitForEvent('download');
    await page.getByRole('button', { name: /as CSV$/ }).click();
    const [, last = ''] = /^values-(.+)\.csv$/.exec((await coming).suggestedFilename()) ?? [];
    const end = new Date(`${last.replace(/-(\d\d)$/, ':$1')}Z`).getTime();
    assert.ok(end <= Date.now() + CLOCK_LEAD_MS, `ends ${last}`);
  });

  it('look stale when no value has come for long', async () => {
    const page = await on.open();
    await page.clock.install({ time: Date.now() + CLOCK_LEAD_MS });
    await logIn(page);
    await page.getByText('Connected', { exact: true }).waitFor();
    await on.stage.measure({ type: 25, value: 300 });
    await page.clock.runFor(2000);
    await page.locator('article.tile:not([data-stale])').getByText('Illuminance').waitFor();
    await page.clock.fastForward('10:00');
    await page.clock.runFor(2000);
    await page.locator('article.tile[data-stale]').getByText('Illuminance').waitFor();
  });
});

describe('switches', () => {
  it('send CLASS1.CONTROL through the host and show the CLASS1.INFORMATION that answers', async () => {
    const page = await enter();
    await show(page, 'Switches');
    const lamp = page.getByRole('switch', { name: 'Living room lamp' });
    const card = page.locator('.switch-card').filter({ has: lamp });
    await on.stage.write(20, 4, LAMP, RELAYS);
    await card.getByText(/^Off/).waitFor();
    const asked = on.stage.host.nextEvent(({ vscpClass }) => vscpClass === 30);
    await lamp.click();
    await card.getByText('Waiting for the answer…').waitFor();
    const { vscpType, data } = await asked;
    assert.deepEqual([vscpType, ...data], [5, ...LAMP]);
    assert.equal(await lamp.getAttribute('aria-checked'), 'false');
    await on.stage.write(20, 3, LAMP, RELAYS);
    await card.getByText(/^On/).waitFor();
    assert.equal(await lamp.getAttribute('aria-checked'), 'true');
    const off = on.stage.host.nextEvent(({ vscpClass }) => vscpClass === 30);
    await lamp.focus();
    await page.keyboard.press('Space');
    assert.equal((await off).vscpType, 6);
  });

  it('tell when no answer comes', async () => {
    const page = await on.open();
    await page.clock.install({ time: Date.now() + CLOCK_LEAD_MS });
    await logIn(page);
    await page.getByText('Connected', { exact: true }).waitFor();
    await show(page, 'Switches');
    await page.getByRole('switch', { name: 'Kitchen lamp' }).click();
    await page.clock.runFor(8000);
    await page.getByText('No answer within 5 s').waitFor();
  });

  it('can be added, and are still there on the next visit', async () => {
    const page = await enter();
    await show(page, 'Switches');
    await page.getByText('Add a switch').click();
    await page.getByLabel('Name', { exact: true }).fill('Pump');
    await page.getByLabel('Zone', { exact: true }).fill('77');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('switch', { name: 'Pump' }).waitFor();
    await page.reload();
    await page.getByRole('switch', { name: 'Pump' }).waitFor();
    await page.getByRole('button', { name: 'Remove Pump' }).click();
    await page.getByRole('switch', { name: 'Pump' }).waitFor({ state: 'detached' });
  });

  it('show details on their page too, where who may edit names them', async () => {
    const page = await on.enter();
    const dialog = page.getByRole('dialog');
    const details = (name: string) => page.getByRole('button', { name: `Details of ${name}`, exact: true });
    await show(page, 'Switches');
    await on.stage.write(20, 3, LAMP, RELAYS);
    await details('Living room lamp').click();
    await dialog.getByText(/^On · /).waitFor();
    await dialog.getByText(RELAYS).waitFor();
    await dialog.getByLabel('Name', { exact: true }).fill('Reading lamp');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('switch', { name: 'Reading lamp' }).waitFor();
    await details('Reading lamp').click();
    await dialog.getByRole('heading', { name: 'Reading lamp' }).waitFor();
    // Where the page is left, the dialog goes, and can be opened on the next one.
    await page.goBack();
    await dialog.waitFor({ state: 'hidden' });
    await details('Reading lamp').click();
    await dialog.getByLabel('Name', { exact: true }).fill('');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await details('Living room lamp').waitFor();
  });

  it('that are hidden, or that a control shows, are not there; nor are hidden values offered for the plot', async () => {
    const page = await enter();
    await on.stage.write(20, 4, LAMP, RELAYS);
    await on.stage.write(20, 4, [2, 3, 1], RELAYS);
    await on.stage.measure({ type: 6, value: 21.5, unit: 1 });
    await on.stage.measure({ type: 16, value: 230 });
    await show(page, 'Switches');
    for (const name of ['Living room lamp', 'Bedroom lamp'])
      await page.getByRole('switch', { name }).waitFor();
    const hidden = [`s:3.1.2`, `v:${SENSOR}/measurement16/0/`];
    const change = (wish: object | null) => Object.fromEntries(hidden.map((id) => [id, wish]));
    await on.stage.changePanel({
      items: change({ isHidden: true }),
      controls: { lamp: { kind: 'switch', zone: 1, subzone: 1, index: 0, name: 'Living room lamp' } },
    });
    for (const name of ['Living room lamp', 'Bedroom lamp'])
      await learn(page, page.getByRole('switch', { name }), 'detached');
    await show(page, 'Plot');
    await page.getByRole('button', { name: 'Living room · Temperature' }).waitFor();
    await page.getByRole('button', { name: 'Living room · Voltage' }).waitFor({ state: 'detached' });
    await on.stage.changePanel({ items: change(null), controls: { lamp: null } });
    await learn(page, page.getByRole('button', { name: 'Living room · Voltage' }));
  });

  it('show details to those who may only look on, who can make them favourites', async () => {
    const page = await on.enter('user');
    const dialog = page.getByRole('dialog');
    await show(page, 'Switches');
    await page.getByRole('button', { name: 'Details of Kitchen lamp', exact: true }).click();
    await dialog.getByRole('heading', { name: 'Kitchen lamp', exact: true }).waitFor();
    assert.equal(await dialog.getByRole('button', { name: /^Save|^Change/ }).count(), 0);
    await dialog.getByLabel('Favourite on this device').check();
    await page.keyboard.press('Escape');
    await show(page, 'Overview');
    await page.locator('.room').first().getByText('Kitchen lamp', { exact: true }).waitFor();
  });
});

describe('the event log', () => {
  it('filters by class, type and sender, pauses, and shows an event in full', async () => {
    const page = await enter();
    await show(page, 'Events');
    const rows = page.locator('table.log tbody tr:visible');
    await on.stage.write(20, 1, [1, 2, 3], RELAYS);
    await on.stage.measure({ type: 14, value: 1234 });
    await rows.getByText('1\u202F234 W').waitFor();
    await page.getByLabel('Class').fill('information');
    await rows.getByText('Power').waitFor({ state: 'hidden' });
    await rows.getByText('Button').waitFor();
    await page.getByLabel('Class').fill('10');
    await page.getByLabel('Type').fill('power');
    await rows.getByText('1\u202F234 W').waitFor();
    await page.getByLabel('Type').fill('');
    await page.getByLabel('Class').fill('');
    await page.getByLabel('From').fill(RELAYS);
    await rows.getByText('Power').waitFor({ state: 'hidden' });
    await page.getByLabel('From').fill('');

    await page.getByRole('button', { name: 'Pause' }).click();
    await on.stage.write(20, 2, [9], RELAYS);
    await page.getByText('Paused; 1 more came in since.').waitFor();
    assert.equal(await rows.getByText('Mouse').count(), 0);
    await page.getByRole('button', { name: 'Resume' }).click();
    await rows.getByText('Mouse').first().click();
    await page.getByRole('dialog').getByText('VSCP_TYPE_INFORMATION_MOUSE').waitFor();
    await page.getByRole('button', { name: 'Use in the send form' }).click();
    assert.equal(await page.getByLabel('Data bytes').inputValue(), '09');
  });
});

describe('the words of the event log', () => {
  const rows: [type: string, words: string, vscpClass: number, vscpType: number, data: number[]][] = [
    ['Motion', 'activated · Entrance', 2, 1, [0, 9, 0, 1]],
    ['Node Heartbeat', 'alive · Kitchen', 20, 9, [0, 2, 0]],
    ['Heart beat', '“Attic node”', 1026, 2, [...Buffer.from('Attic node'), 0]],
  ];
  for (const [type, words, vscpClass, vscpType, data] of rows) {
    it(`tell what came, not its bytes: ${words}`, async () => {
      const page = await enter();
      await show(page, 'Events');
      await on.stage.write(vscpClass, vscpType, data, RELAYS);
      const row = page.locator('table.log tbody tr').first();
      await row.getByText(words, { exact: true }).waitFor();
      await row.getByRole('button', { name: type }).click();
      const told = page.getByRole('dialog').locator('dt:text-is("In words") + dd');
      assert.equal(await told.innerText(), words);
    });
  }
});

describe('the send form', () => {
  it('sends any event to the host', async () => {
    const page = await enter();
    await show(page, 'Send');
    const sent = on.stage.host.nextEvent(({ vscpClass }) => vscpClass === 512);
    await page.getByLabel('Class').fill('512');
    await page.getByLabel('Type').fill('9');
    await page.getByLabel('Data bytes').fill('0A, 0xff 10');
    await page.getByLabel('Priority').selectOption('7');
    await page.getByLabel('GUID').fill('1:2:3:4:5:6:7:8:9:a:b:c:d:e:f:10');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByText('Sent.').waitFor();
    const { head, vscpType, data, guid } = await sent;
    assert.deepEqual([head & 0xe0, vscpType, ...data], [0xe0, 9, 10, 255, 16]);
    assert.deepEqual([...guid], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
  });

  it('fills in the data of a measurement', async () => {
    const page = await enter();
    await show(page, 'Send');
    await page.getByLabel('Class').fill('10');
    await page.getByLabel('Type').fill('6');
    await page.getByLabel('Unit').selectOption('°C');
    await page.getByLabel('Value').fill('22.45');
    assert.equal(await page.getByLabel('Data bytes').inputValue(), '88 82 08 C5');
  });

  it('explains what is wrong and sends nothing', async () => {
    const page = await enter();
    await show(page, 'Send');
    const rows: [string, string, RegExp][] = [
      ['Data bytes', '1 2 300', /“300” is not a byte/],
      ['GUID', 'zz', /This is not a GUID: zz/],
      ['Class', '70000', /Class must be a whole number from 0 to 65535, not 70000/],
    ];
    for (const [label, text, problem] of rows) {
      const field = page.getByLabel(label);
      const old = await field.inputValue();
      await field.fill(text);
      await page.getByRole('button', { name: 'Send', exact: true }).click();
      await page.getByRole('status').getByText(problem).waitFor();
      await field.fill(old);
    }
  });
});

describe('the page of nodes', () => {
  it('shows nodes by their heartbeats', async () => {
    const page = await enter();
    await on.stage.write(20, 9, [0, 5, 0], RELAYS);
    await show(page, 'Nodes');
    const row = page.getByRole('row').filter({ hasText: 'Light relays' });
    await row.getByText('Alive').waitFor();
    await row.getByText(RELAYS).waitFor();
  });

  it('names and places a node, for those who may', async () => {
    const page = await enter();
    await on.stage.write(20, 9, [0, 5, 0], RELAYS);
    await on.stage.write(20, 9, [0, 1, 0]);
    await show(page, 'Nodes');
    const dialog = page.getByRole('dialog', { name: 'Name and place' });
    const place = async (name: string, to: string, room: string, newRoom?: string) => {
      const button = page.getByRole('button', { name: `Name and place ${name}`, exact: true });
      await button.focus();
      await page.keyboard.press('Enter');
      await dialog.getByText(RELAYS).waitFor();
      await dialog.getByLabel('Name', { exact: true }).fill(to);
      await dialog.getByLabel('Room', { exact: true }).selectOption(room);
      if (newRoom) await dialog.getByLabel('Name of the new room').fill(newRoom);
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.waitFor({ state: 'hidden' });
    };
    await place('Light relays', 'Attic relays', 'New room…', 'kitchen');
    await page.getByText('There is a room Kitchen already: it was put there.').waitFor();
    await page.getByRole('row').nth(1).getByText('Attic relays').waitFor();
    await until(page, `document.activeElement.ariaLabel === 'Name and place Attic relays'`);
    await place('Attic relays', '', 'No room yet');
    await page.getByRole('button', { name: 'Name and place Light relays' }).waitFor();
    const viewer = await on.enter('user');
    await show(viewer, 'Nodes');
    await viewer.getByRole('row').getByText('Light relays').waitFor();
    assert.equal(await viewer.getByRole('button', { name: /^Name and place/ }).count(), 0);
  });
});

describe('a restart of the driver', () => {
  it('is survived without a reload: stale while away, fresh after', async () => {
    const page = await enter();
    await page.evaluate('window.isKept = true');
    await on.stage.closeDriver();
    await page.getByText('The connection is lost').waitFor();
    await page.locator('article.tile[data-stale]').first().waitFor();
    await on.stage.openDriver();
    await on.stage.measure({ type: 6, value: -3.5, unit: 1 });
    await page.getByText('Connected', { exact: true }).waitFor();
    await tile(page, 'Temperature').getByText('−3.5', { exact: false }).waitFor();
    await page.getByText('The connection is lost').waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate('window.isKept'), true);
  });
});
