import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { apply } from '../../examples/hmi/src/saved/merge-patch.ts';
import { readDocument } from '../../examples/hmi/src/saved/panel-document.ts';
import {
  arrangeRooms,
  listRooms,
  moved,
  type Placeable,
  removalOf,
} from '../../examples/hmi/src/store/rooms.ts';
import { learn, until, useStage } from './pages.ts';
import { RELAYS } from './stage.ts';

function thing(id: string, usualRoom = '', more: Partial<Placeable> = {}): Placeable {
  return { id, guid: '', title: id, rank: 0, usualRoom, ...more };
}

function arrange(
  things: Placeable[],
  content: unknown,
  favourites: string[] = [],
  withHidden = false,
  withEmpty = false,
) {
  const document = readDocument(content);
  const rooms = arrangeRooms(things, {
    document,
    favourites: new Set(favourites),
    withHidden,
    withEmpty,
    fits: () => true,
  });
  return rooms.map(({ name, items }) => [name, items.map(({ id }) => id)]);
}

describe('rooms', () => {
  const THINGS = [
    thing('x10'),
    thing('x9'),
    thing('lamp', 'Kitchen'),
    thing('heat', 'Attic 10'),
    thing('fan', 'Attic 9'),
  ];

  it('come by name with natural numbers, and what has no place behind all of them', () => {
    assert.deepEqual(arrange(THINGS, {}), [
      ['Attic 9', ['fan']],
      ['Attic 10', ['heat']],
      ['Kitchen', ['lamp']],
      ['Found, not placed yet', ['x9', 'x10']],
    ]);
  });

  it('have the order, the names and the things that people gave them', () => {
    const content = {
      rooms: { kitchen: { name: 'Cookhouse', order: 0 }, new: { name: 'New' } },
      items: {
        x9: { room: 'new' },
        lamp: { isHidden: true },
        x10: { room: 'kitchen', order: 1 },
        heat: { room: 'kitchen', order: 0 },
      },
    };
    assert.deepEqual(arrange(THINGS, content), [
      ['Cookhouse', ['heat', 'x10']],
      ['Attic 9', ['fan']],
      ['New', ['x9']],
    ]);
    assert.deepEqual(arrange(THINGS, content, ['fan'], true), [
      ['Favourites', ['fan']],
      ['Cookhouse', ['heat', 'x10', 'lamp']],
      ['Attic 9', ['fan']],
      ['New', ['x9']],
    ]);
  });

  it('take a node with all that it measures, but for what was placed by itself', () => {
    const things = [thing('a', '', { guid: 'N' }), thing('b', '', { guid: 'N' })];
    const content = {
      rooms: { hut: { name: 'Hut' }, loft: {} },
      nodes: { N: { room: 'hut' } },
      items: { b: { room: 'loft' } },
    };
    assert.deepEqual(arrange(things, content), [
      ['Hut', ['a']],
      ['loft', ['b']],
    ]);
  });

  it('that are gone give their things back to where they are found', () => {
    assert.deepEqual(arrange([thing('a')], { items: { a: { room: 'gone' } } }), [
      ['Found, not placed yet', ['a']],
    ]);
  });

  it('that somebody made are shown with nothing in them to whoever edits, those of zones are not', () => {
    const things = [thing('a', 'Hall')];
    const content = {
      rooms: { hut: { name: 'Hut' }, hall: { name: 'Lobby' } },
      items: { a: { room: 'attic' } },
    };
    const moved = { ...content, items: { a: { room: 'hut' } } };
    assert.deepEqual(arrange(things, moved, [], true, true), [['Hut', ['a']]]);
    assert.deepEqual(arrange([thing('a')], content, [], true, true), [
      ['Hut', []],
      ['Lobby', []],
      ['Found, not placed yet', ['a']],
    ]);
  });

  it('are there when somebody made them or something is in them, not for the name of a thing that is elsewhere', () => {
    const content = {
      rooms: { hut: { name: 'Hut' }, kitchen: { name: 'Kitchen' }, old: { order: 3 }, freezer: { order: 1 } },
      items: { a: { room: 'kitchen' }, b: { isHidden: true } },
      nodes: { N: { room: 'hut' } },
    };
    const things = [thing('a', 'Scenes'), thing('b', 'Cellar'), thing('c', 'Freezer', { guid: 'N' })];
    const there = listRooms(things, readDocument(content)).filter(({ isThere }) => isThere);
    assert.deepEqual(
      there.map(({ name }) => name),
      ['Cellar', 'Hut', 'Kitchen'],
    );
  });

  it('that are removed give back what was in them, and get nothing again with another of that name', () => {
    const content = {
      rooms: { hut: { name: 'Hut' } },
      items: { a: { room: 'hut', order: 1, name: 'A' } },
      nodes: { N: { room: 'hut' } },
    };
    const left = apply(content, removalOf('hut', readDocument(content)));
    assert.deepEqual(left, { rooms: {}, items: { a: { name: 'A' } }, nodes: { N: {} } });
  });

  it('are read whatever is in the document', () => {
    for (const content of [
      null,
      [],
      7,
      { rooms: [], items: 'x', nodes: { a: 1 } },
      { items: { a: { order: 'x', room: 5 } } },
    ])
      assert.deepEqual(arrange([thing('a')], content), [['Found, not placed yet', ['a']]]);
  });

  it('keep the order of the others when one thing moves', () => {
    const order = (ids: string[], id: string, to: number) =>
      Object.entries(moved(ids, id, to))
        .sort(([, a], [, b]) => a.order - b.order)
        .map(([name]) => name)
        .join('');
    assert.equal(order(['a', 'b', 'c'], 'c', 0), 'cab');
    assert.equal(order(['a', 'b', 'c'], 'a', 1), 'bac');
    assert.equal(order(['a', 'b', 'c'], 'a', -1), 'abc');
    assert.equal(order(['a', 'b', 'c'], 'c', 3), 'abc');
  });
});

describe('the overview by rooms', () => {
  const on = useStage();
  before(() => on.stage.addEditor('bert'));
  const STRANGER = 'FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:77';

  const MISSPELT = 'FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:79';
  const FRIDGE = 'FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:78';

  /** Ids that more than one element has. */
  const TWICE = `[...document.querySelectorAll('[id]')].map(({ id }) => id)
    .filter((id, i, all) => all.indexOf(id) !== i)`;

  const room = (page: Page, name: string) =>
    page.locator('.room').filter({ has: page.locator('.room-head h3').getByText(name, { exact: true }) });

  it('has values and switches of a room together, with a line that sums it up', async () => {
    const page = await on.enter();
    await on.stage.measure({ type: 6, value: 21.5, unit: 1 });
    await on.stage.write(20, 3, [0, 1, 1], RELAYS);
    const living = room(page, 'Living room');
    await living.getByText('21.5 °C · 1 on').waitFor();
    await living.locator('article.tile').getByText('Temperature').waitFor();
    const asked = on.stage.host.nextEvent(({ vscpClass }) => vscpClass === 30);
    await living.getByRole('switch', { name: 'Living room lamp' }).click();
    assert.deepEqual([(await asked).vscpType, ...(await asked).data], [6, 0, 1, 1]);
    await on.stage.write(20, 4, [0, 1, 1], RELAYS);
    await living.getByText('21.5 °C', { exact: true }).waitFor();
    // A fridge in the same room: the mean would be the temperature of neither.
    await on.stage.measure({ form: 'zone', type: 6, value: 5.5, unit: 1, zone: 1, subzone: 0 }, FRIDGE);
    await living.getByText('5.5 to 21.5 °C', { exact: true }).waitFor();
  });

  it('offers what is found to be named and placed, and everybody sees it there', async () => {
    const page = await on.enter();
    const other = await on.enter('user');
    await on.stage.measure({ type: 6, value: 3.5, unit: 1 }, STRANGER);
    const found = room(page, 'Found, not placed yet');
    await found.getByRole('button', { name: 'Name and place' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('Freezer');
    await dialog.getByLabel('Room', { exact: true }).selectOption('New room…');
    await dialog.getByLabel('Name of the new room').fill('Pantry');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await room(page, 'Pantry').locator('.tile-node').getByText('Freezer').waitFor();
    await room(page, 'Found, not placed yet').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Details of Kitchen lamp' }).click();
    const offered = await dialog.getByLabel('Room', { exact: true }).locator('option').allTextContents();
    assert.equal(offered.includes('Freezer'), false, `it is no room: ${offered}`);
    assert.ok(offered.includes('Pantry') && offered.includes('Scenes'), String(offered));
    await page.keyboard.press('Escape');
    // Without a reload, within the time between two questions.
    await room(other, 'Pantry').getByText('Freezer').waitFor();
    assert.equal(await other.getByRole('button', { name: 'Edit', exact: true }).count(), 0);
    await page.reload();
    await room(page, 'Pantry').getByText('Freezer').waitFor();
  });

  it('on a phone: Edit leads to the name, Close stays in sight, and buttons fit a finger', async () => {
    const page = await on.enter('admin', {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    await on.stage.measure({ type: 6, value: 21, unit: 1 });
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    const edit = page.getByRole('button', { name: 'Edit Temperature, Living room' });
    assert.ok(((await edit.boundingBox())?.height ?? 0) >= 44);
    await edit.click();
    const dialog = page.getByRole('dialog');
    const name = dialog.getByLabel('Name', { exact: true });
    const isFocused = await name.evaluate((element) => element.matches(':focus'));
    assert.ok(isFocused, 'where it is changed');
    const [close, field] = [
      await dialog.getByRole('button', { name: 'Close' }).boundingBox(),
      await name.boundingBox(),
    ];
    assert.ok(close && field);
    const head = await dialog.locator('.dialog-head').boundingBox();
    const top = (await dialog.boundingBox())?.y ?? 0;
    assert.ok(head && head.y - top < 2, 'nothing shows above the head');
    assert.ok(close.y >= 0 && close.y + close.height <= field.y && field.y < 844, 'both in sight');
    const favourite = await dialog.getByLabel('Favourite on this device').boundingBox();
    const plot = await dialog.locator('.dialog-plot').boundingBox();
    assert.ok(favourite && plot && favourite.y < plot.y, 'above the plot');
    await dialog.getByRole('button', { name: 'Close' }).click();
    await dialog.waitFor({ state: 'hidden' });
  });

  it('names and places a node again from the details of a value, and empties both', async () => {
    const page = await on.enter();
    await on.stage.measure({ type: 6, value: 4, unit: 1 }, MISSPELT);
    const dialog = page.getByRole('dialog');
    const name = dialog.getByLabel('Name', { exact: true });
    const place = async (was: string, to: string, choice: string) => {
      assert.equal(await name.inputValue(), was);
      await name.fill(to);
      await dialog.getByLabel('Room', { exact: true }).selectOption(choice);
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.waitFor({ state: 'hidden' });
    };
    const found = room(page, 'Found, not placed yet');
    await found.getByRole('button', { name: 'Name and place' }).click();
    await place('', 'Celar', 'Kitchen');
    await page.getByRole('button', { name: 'Temperature, Celar' }).click();
    const choices = await dialog.getByLabel('Room', { exact: true }).locator('option').allTextContents();
    assert.equal(choices.includes('No room yet'), false, 'the room of its node holds');
    await dialog.getByRole('button', { name: 'Name and place Celar' }).click();
    await place('Celar', 'Cellar', 'Living room');
    await room(page, 'Living room').getByRole('button', { name: 'Temperature, Cellar' }).click();
    await dialog.getByRole('button', { name: 'Name and place Cellar' }).click();
    await place('Cellar', '', 'No room yet');
    await found.getByRole('button', { name: 'Name and place' }).waitFor();
  });

  it('is edited: a name, another room, hidden, and back', async () => {
    const page = await on.enter();
    await on.stage.measure({ type: 35, value: 48 });
    await page.getByRole('button', { name: 'Humidity, Living room', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('Damp');
    await dialog.getByLabel('Room', { exact: true }).selectOption('Kitchen');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await room(page, 'Kitchen').getByRole('button', { name: 'Damp, Living room' }).click();
    await dialog.getByLabel('Hide it from everybody').check();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Damp, Living room' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await room(page, 'Kitchen').getByRole('button', { name: 'Edit Damp, Living room' }).click();
    await dialog.getByLabel('Hide it from everybody').uncheck();
    await dialog.getByLabel('Name', { exact: true }).fill('');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Done', exact: true }).click();
    await room(page, 'Kitchen').getByRole('button', { name: 'Humidity, Living room', exact: true }).waitFor();
  });

  it('is put in order by keyboard and by dragging, and the rooms too', async () => {
    const page = await on.enter();
    await on.stage.measure({ type: 6, value: 21.5, unit: 1 });
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    const names = () =>
      room(page, 'Living room')
        .locator('.slot')
        .evaluateAll((slots) => slots.map(({ textContent }) => textContent));
    const first = async (text: string) => {
      for (let i = 0; i < 200 && !(await names())[0]?.includes(text); i += 1) await page.waitForTimeout(50);
      assert.match(String((await names())[0]), new RegExp(text));
    };
    await first('Living room heater');
    const handle = page.getByRole('button', { name: /^Move Living room heater: 1 of/ });
    await handle.focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('button', { name: /^Move Living room heater: 2 of/ }).waitFor();
    await first('Living room lamp');
    assert.match(
      String(await page.evaluate('document.activeElement.getAttribute("aria-label")')),
      /^Move Living room heater/,
    );

    const grip = page.getByRole('button', { name: /^Move Temperature, Living room/ });
    await grip.scrollIntoViewIfNeeded();
    const from = await grip.boundingBox();
    const to = await room(page, 'Living room').locator('.slot').first().boundingBox();
    assert.ok(from && to);
    await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    await page.mouse.down();
    await page.mouse.move(to.x + 30, to.y + 30, { steps: 8 });
    await page.mouse.up();
    await page.getByRole('button', { name: /^Move Temperature, Living room: 1 of/ }).waitFor();

    await page.getByRole('button', { name: 'Edit room Living room' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('Lounge');
    await dialog.getByLabel('Icon').selectOption('sofa');
    await dialog.getByLabel('Place').selectOption('First');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.locator('.room').first().getByText('Lounge', { exact: true }).waitFor();
    await page.locator('.room').first().locator('.room-icon svg').waitFor();
  });

  it('shows favourites of this device first, and leaves them in their rooms, even the only thing in one', async () => {
    const page = await on.enter();
    await on.stage.measure({ type: 25, value: 230 });
    const value = 'Illuminance, Living room';
    const lamp = 'Details of Kitchen lamp';
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await page.getByRole('button', { name: `Edit ${value}`, exact: true }).click();
    await dialog.getByLabel('Room', { exact: true }).selectOption('New room…');
    await dialog.getByLabel('Name of the new room').fill('Meter room');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Done', exact: true }).click();
    const rooms = ['Favourites', 'Meter room'].map((name) => room(page, name));
    for (const name of [value, lamp]) {
      await page.getByRole('button', { name, exact: true }).click();
      await page.getByLabel('Favourite on this device').check();
      await page.keyboard.press('Escape');
    }
    await page.locator('.room').first().getByText('Favourites').waitFor();
    for (const one of rooms) await one.getByText('230', { exact: true }).waitFor();
    await on.stage.measure({ type: 25, value: 231 });
    for (const one of rooms) await one.getByText('231', { exact: true }).waitFor();
    const id = await rooms[1]?.locator('.slot').getAttribute('data-item');
    await on.stage.changePanel({ items: { [String(id)]: { limit: { above: 1000 } } } });
    for (const one of rooms) await learn(page, one.getByRole('img', { name: 'Alarm is set' }));
    await on.stage.write(20, 3, [1, 2, 1], RELAYS);
    for (const one of ['Favourites', 'Kitchen'])
      await room(page, one).getByRole('switch', { name: 'Kitchen lamp', checked: true }).waitFor();
    await room(page, 'Favourites').getByText('1 on', { exact: true }).waitFor();
    assert.deepEqual(await page.evaluate(TWICE), [], 'ids that two elements have');

    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await rooms[1]?.getByRole('button', { name: /^Move Illum/ }).waitFor();
    assert.equal(
      await rooms[0]?.getByRole('button', { name: /^(Move|Edit) / }).count(),
      0,
      'its room has them',
    );
    const handle = page.getByRole('button', { name: /^Move Kitchen lamp/ });
    const place = await handle.getAttribute('aria-label');
    await handle.press('ArrowLeft');
    await until(page, `/^Move Kitchen lamp/.test(document.activeElement.ariaLabel)`);
    await until(page, `document.activeElement.ariaLabel !== '${place}'`);
    await handle.press('ArrowRight');
    await until(page, `document.activeElement.ariaLabel === '${place}'`);
    await page.getByRole('button', { name: 'Done', exact: true }).click();

    await rooms[0]?.getByRole('button', { name: value, exact: true }).click();
    await page.getByLabel('Favourite on this device').uncheck();
    await page.keyboard.press('Escape');
    await rooms[0]?.getByText('Illuminance').waitFor({ state: 'detached' });
    await until(page, `document.activeElement.id === 'main'`);
    await rooms[1]?.getByText('231', { exact: true }).waitFor();
  });

  it('has details and favourites of switches, controls and scenes, also for those who may only look on', async () => {
    const page = await on.enter('user');
    const dialog = page.getByRole('dialog');
    await on.stage.write(20, 3, [1, 2, 1], RELAYS);
    const [lamp, dimmer, scene] = ['Kitchen lamp', 'Dining table lamp', 'Good night'];
    for (const name of [lamp, dimmer, scene]) {
      const details = page.getByRole('button', { name: `Details of ${name}`, exact: true });
      await details.click();
      await dialog.getByRole('heading', { name, exact: true }).waitFor();
      assert.equal(
        await dialog.getByRole('button', { name: /^Save|^Change/ }).count(),
        0,
        'nothing to change',
      );
      const facts = await dialog.locator('dl').innerText();
      if (name === lamp) {
        await dialog.getByText(/^On · /).waitFor();
        for (const part of ['2, 1', RELAYS, 'Information · On']) assert.ok(facts.includes(part), facts);
      } else if (name === dimmer) assert.match(facts, /State not known yet\s+Kind\s+Dimmer\s+Zone.*\s+2, 2/);
      else assert.match(facts, /Kind\s+Scene\s+Steps\s+5/);
      await dialog.getByLabel('Favourite on this device').check();
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'hidden' });
      await room(page, 'Favourites').getByText(name, { exact: true }).waitFor();
    }
    await room(page, 'Favourites')
      .getByRole('button', { name: `Details of ${scene}` })
      .click();
    await dialog.getByLabel('Favourite on this device').uncheck();
    await page.keyboard.press('Escape');
    await room(page, 'Favourites').getByText(scene, { exact: true }).waitFor({ state: 'detached' });
    await room(page, 'Scenes').getByText(scene, { exact: true }).waitFor();
    const editor = await on.enter();
    const asked = on.stage.host.nextEvent(({ vscpClass }) => vscpClass === 30);
    await editor.getByRole('switch', { name: lamp }).click();
    await asked;
    assert.equal(await editor.getByRole('dialog').count(), 0, 'the knob opens nothing');
    await editor.getByRole('button', { name: `Details of ${dimmer}` }).click();
    await editor.getByRole('button', { name: 'Change the control…' }).click();
    await editor.getByRole('dialog', { name: 'Edit control' }).getByLabel('Kind').waitFor();
    await editor.keyboard.press('Escape');
    await editor.getByRole('dialog').waitFor({ state: 'hidden' });
    const back = await editor.evaluate('document.activeElement.getAttribute("aria-label")');
    assert.equal(back, `Details of ${dimmer}`, 'where it began');
    await editor.getByRole('button', { name: `Details of ${lamp}` }).click();
    await editor.getByRole('dialog').getByLabel('Name', { exact: true }).waitFor();
  });

  it('loses a room that somebody removes, also when nothing is in it', async () => {
    const page = await on.enter();
    await on.stage.measure({ type: 16, value: 231 });
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    const dialog = page.getByRole('dialog');
    const edit = page.getByRole('button', { name: 'Edit Voltage, Living room' });
    const place = async (to: string, name = '') => {
      await edit.click();
      await dialog.getByLabel('Room', { exact: true }).selectOption(to);
      if (name !== '') await dialog.getByLabel('Name of the new room').fill(name);
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.waitFor({ state: 'hidden' });
    };
    await place('New room…', 'Shed');
    await room(page, 'Shed').locator('.slot').waitFor();
    await place('New room…', 'kitchen');
    await page.getByText('There is a room Kitchen already: it was put there.').waitFor();
    await room(page, 'Shed').locator('.slot').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Edit room Kitchen' }).click();
    await dialog.getByRole('button', { name: 'Save' }).waitFor();
    const remove = dialog.getByRole('button', { name: 'Remove this room' });
    assert.equal(await remove.isVisible(), false, 'a zone has that name');
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Edit room Shed' }).click();
    await remove.click();
    await dialog.getByRole('button', { name: /Press again/ }).click();
    await room(page, 'Shed').waitFor({ state: 'detached' });
    await edit.click();
    const choices = await dialog.getByLabel('Room', { exact: true }).locator('option').allTextContents();
    assert.equal(choices.includes('Shed'), false, String(choices));
  });

  it('tells the later of two who change the same thing, and loses nothing', async () => {
    const [anna, bob] = [await on.enter('bert'), await on.enter()];
    await on.stage.measure({ type: 14, value: 900 });
    const opened = async (page: Page) => {
      await page.getByRole('button', { name: 'Power, Living room' }).click();
      return page.getByRole('dialog');
    };
    const [first, second] = [await opened(anna), await opened(bob)];
    await first.getByLabel('Name', { exact: true }).fill('Stove');
    await second.getByLabel('Name', { exact: true }).fill('Oven');
    await first.getByRole('button', { name: 'Save' }).click();
    await first.waitFor({ state: 'hidden' });
    await second.getByRole('button', { name: 'Save' }).click();
    await second.getByText('bert has changed this meanwhile to “Stove”.').waitFor();
    assert.equal(await second.getByLabel('Name', { exact: true }).inputValue(), 'Oven');
    await bob.locator('.tile').getByText('Stove').waitFor();
    await second.getByRole('button', { name: 'Save' }).click();
    await second.waitFor({ state: 'hidden' });
    await learn(anna, anna.getByRole('button', { name: 'Oven, Living room' }));
  });

  it('tells the later of two also when the change of the other came in while the form was open', async () => {
    const [anna, bert] = [await on.enter(), await on.enter('bert')];
    await on.stage.measure({ type: 13, value: 6.5 });
    const open = async (page: Page) => {
      await page.getByRole('button', { name: 'Energy, Living room' }).click();
      return page.getByRole('dialog');
    };
    const [hers, his] = [await open(anna), await open(bert)];
    await his.getByLabel('Name', { exact: true }).fill('Meter');
    await his.getByRole('button', { name: 'Set an alarm' }).click();
    await his.getByLabel('Above').fill('50');
    await his.getByRole('button', { name: 'Save' }).click();
    await his.waitFor({ state: 'hidden' });
    await learn(anna, anna.locator('.tile').getByText('Meter'));
    await hers.getByLabel('Name', { exact: true }).fill('Counter');
    await hers.getByRole('button', { name: 'Set an alarm' }).click();
    await hers.getByLabel('Below').fill('1');
    await hers.getByRole('button', { name: 'Save' }).click();
    await hers.getByText('bert has changed this meanwhile to “Meter”.').waitFor();
    assert.equal(await hers.getByLabel('Name', { exact: true }).inputValue(), 'Counter');
    await hers.getByRole('button', { name: 'Save' }).click();
    await hers.waitFor({ state: 'hidden' });
    await anna.getByRole('button', { name: 'Counter, Living room' }).click();
    assert.equal(await hers.getByLabel('Above').inputValue(), '50', 'what she did not touch');
    assert.equal(await hers.getByLabel('Below').inputValue(), '1');
  });

  it('goes out as a file and comes in again; what is no such file is told', async () => {
    const page = await on.enter();
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    const coming = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export' }).click();
    const path = await (await coming).path();
    const file = JSON.parse(await readFile(path, 'utf8'));
    assert.equal(file.format, 'vscp-panel');
    assert.deepEqual([file.panel.alarms, Object.keys(file.panel).length > 0], [undefined, true]);
    const take = async (text: string) => {
      const chooser = page.waitForEvent('filechooser');
      await page.getByRole('button', { name: 'Import' }).click();
      await (await chooser).setFiles({
        name: 'take.json',
        mimeType: 'application/json',
        buffer: Buffer.from(text),
      });
    };
    await take(JSON.stringify({ some: 'thing' }));
    await page.getByText('take.json: This is no file that a panel has exported.').waitFor();
    const whole = JSON.stringify(file, null, 1);
    const cut = whole.slice(0, whole.length / 2);
    await take(cut);
    await page.getByText(/^take\.json: line \d+: .*missing\.$/).waitFor();
    const question = page.getByText('take.json takes the place of all that is set up. Things that go:');
    await take(JSON.stringify({ format: 'vscp-panel', panel: { rooms: { kitchen: { name: 'Galley' } } } }));
    await question.waitFor();
    assert.match(String(await question.textContent()), / [1-9]\d*$/);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await question.waitFor({ state: 'hidden' });
    await take(JSON.stringify({ format: 'vscp-panel', panel: { rooms: { kitchen: { name: 'Galley' } } } }));
    await page.getByRole('button', { name: 'Replace' }).click();
    await page.getByText('Imported take.json.').waitFor();
    await room(page, 'Galley').waitFor();
    await take(whole);
    await page.getByRole('button', { name: 'Replace' }).click();
    await room(page, 'Galley').waitFor({ state: 'detached' });
  });
});
