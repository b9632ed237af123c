import assert from 'node:assert/strict';
import { afterEach, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { House } from '../../examples/house/house.ts';
import { nodeGuid } from '../../examples/house/house-event.ts';
import { parseGuid } from '../../src/client/index.ts';
import type { HostEvent } from '../support/native-host-event.ts';
import { learn, useStage } from './pages.ts';

const on = useStage();
const ending: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ending.splice(0)) await end();
});

/** The nodes of the simulated house answer what the host is given, until the test ends. */
function inhabit(answers: (event: HostEvent) => boolean = () => true): HostEvent[] {
  const house = new House(1, 0);
  const seen: HostEvent[] = [];
  let isEnded = false;
  const live = async () => {
    while (!isEnded) {
      const event = await on.stage.host.nextEvent(undefined, { timeoutMs: 500 }).catch(() => undefined);
      if (event === undefined || isEnded) continue;
      seen.push(event);
      if (!answers(event)) continue;
      for (const { vscpClass, vscpType, data, node } of house.receive(event))
        await on.stage.write(vscpClass, vscpType, data, nodeGuid(node));
    }
  };
  const lived = live();
  // Whoever waits for an event still would take it from the next test.
  ending.push(() => {
    isEnded = true;
    return lived;
  });
  return seen;
}

/** Colour and size of the words on buttons. */
const LOOKS = `['Press', 'Start'].map((word) => {
  const button = [...document.querySelectorAll('.control-card button')].find(({ textContent }) => textContent === word);
  const { color, fontSize } = getComputedStyle(button.querySelector('*') ?? button);
  return color + ' ' + fontSize;
})`;

const card = (page: Page, name: string) =>
  page.locator('.control-card').filter({ has: page.getByText(name, { exact: true }) });

describe('controls', () => {
  before(() => on.stage.addEditor('bert'));

  it('send what they are for, and show what the node answered', async () => {
    inhabit();
    const page = await on.enter();
    const lamp = card(page, 'Dining table lamp');
    await lamp.getByText('State not known yet').waitFor();
    await lamp.getByRole('slider', { name: 'Dining table lamp Brightness' }).fill('40');
    await lamp.locator('.switch-state').getByText('40 %').waitFor();
    await lamp.getByRole('switch', { name: 'Dining table lamp' }).click();
    await lamp.getByText(/^Off/).waitFor();

    const shutter = card(page, 'Bedroom shutter');
    await shutter.getByRole('button', { name: 'Down Bedroom shutter' }).click();
    await shutter.getByText(/^Moving down/).waitFor();
    await shutter.getByRole('button', { name: 'Stop Bedroom shutter' }).click();
    await shutter.getByText(/% open|^Open/).waitFor();

    const strip = card(page, 'Living room strip');
    await strip.getByLabel('Colour').fill('#0a14ff');
    await strip.getByText('#0a14ff').waitFor();

    const heating = card(page, 'Living room thermostat');
    const higher = heating.getByRole('button', { name: 'Higher' });
    await higher.focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await heating.locator('.switch-state').getByText('18.5 °C').waitFor();

    const lock = card(page, 'Front door lock');
    await lock.getByRole('button', { name: 'Unlock Front door lock' }).click();
    await lock.getByRole('button', { name: 'Unlock? Press again Front door lock' }).click();
    await lock.getByText(/^Unlocked/).waitFor();

    const gate = card(page, 'Garage door');
    await gate.getByRole('button', { name: 'Press Garage door' }).click();
    await gate.getByText(/^On/).waitFor();
  });

  it('that are scenes have a Start that looks as what others are pressed by', async () => {
    const page = await on.enter();
    for (const name of ['Press Garage door', 'Start Good night'])
      await page.getByRole('button', { name }).and(page.locator(':enabled')).waitFor();
    const [press = '', start] = await page.evaluate<string[]>(LOOKS);
    assert.match(press, /^rgb/);
    assert.equal(start, press);
  });

  it('send white of a colour lamp and the position of a shutter, and show what was answered', async () => {
    const seen = inhabit();
    const page = await on.enter();
    const strip = card(page, 'Living room strip');
    await strip.getByRole('slider', { name: 'Living room strip White' }).fill('30');
    await strip.locator('.switch-state').getByText('white 30 %').waitFor();
    await strip.getByLabel('Colour').fill('#ff0000');
    await strip.locator('.switch-state').getByText('#ff0000, white 30 %').waitFor();
    const shutter = card(page, 'Bedroom shutter');
    await shutter.getByRole('slider', { name: 'Bedroom shutter Position' }).fill('35');
    await shutter.getByText(/^Moving/).waitFor();
    await on.stage.write(20, 40, [35, 3, 2], nodeGuid(14));
    await shutter.locator('.switch-state').getByText('35 % open').waitFor();
    assert.deepEqual(
      seen.map(({ vscpClass, vscpType, data }) => [vscpClass, vscpType, ...data]),
      [
        [30, 20, 30, 1, 3],
        [102, 49, 0, 1, 3, 255, 0, 0],
        [30, 39, 0, 3, 2, 35],
      ],
    );
  });

  it('send their level II forms, and understand an answer in either', async () => {
    const seen = inhabit();
    const page = await on.enter();
    const guid = nodeGuid(13);
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    const add = async (kind: string, name: string, zone: string, subzone: string) => {
      await page.getByRole('button', { name: 'Add a control' }).click();
      await dialog.getByLabel('Kind').selectOption(kind);
      await dialog.getByLabel('Zone', { exact: true }).fill(zone);
      await dialog.getByLabel('Sub-zone').fill(subzone);
      const field = dialog.getByLabel('GUID of the interface');
      if (!(await field.isVisible())) await dialog.getByText('Level II', { exact: true }).click();
      await field.fill(guid);
      await dialog.getByLabel('Name', { exact: true }).fill(name);
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.waitFor({ state: 'hidden' });
    };
    await add('Dimmer', 'Far lamp', '2', '2');
    await add('On and off', 'Far pump', '77', '1');
    const lamp = card(page, 'Far lamp');
    await lamp.getByRole('slider').fill('42');
    await lamp.locator('.switch-state').getByText('42 %').waitFor();
    const pump = card(page, 'Far pump');
    for (const [vscpType, word] of [
      [3, 'On'],
      [4, 'Off'],
    ] as const) {
      await pump.getByRole('switch').click();
      await pump.getByText('Waiting for the answer…').waitFor();
      await on.stage.write(532, vscpType, [...parseGuid(guid), 0, 77, 1], guid);
      await pump.getByText(new RegExp(`^${word} `)).waitFor();
    }
    const place = [...parseGuid(guid)];
    assert.deepEqual(
      seen.map(({ vscpClass, vscpType, data }) => [vscpClass, vscpType, ...data]),
      [
        [542, 20, ...place, 42, 2, 2],
        [542, 5, ...place, 0, 77, 1],
        [542, 6, ...place, 0, 77, 1],
      ],
    );
  });

  it('do the steps of a scene in order, and tell what did not answer', async () => {
    const seen = inhabit(({ vscpType }) => vscpType !== 42);
    const page = await on.enter();
    const night = card(page, 'Good night');
    await night.getByRole('button', { name: 'Start Good night' }).click();
    await night.getByText('Front door lock: No answer within 5 s').waitFor();
    assert.deepEqual(
      seen.filter(({ vscpClass }) => vscpClass === 30).map(({ vscpType, data }) => [vscpType, data[1]]),
      [
        [6, 1],
        [6, 2],
        [6, 2],
        [35, 3],
        [42, 9],
      ],
    );
  });

  it('ask once more before a lock opens, and forget the first press after a while', async () => {
    const seen = inhabit();
    const page = await on.enter('admin', { viewport: { width: 1280, height: 800 } });
    await page.clock.install();
    const lock = card(page, 'Front door lock');
    const again = lock.getByRole('button', { name: 'Unlock? Press again Front door lock' });
    await lock.getByRole('button', { name: 'Unlock Front door lock' }).click();
    await again.waitFor();
    await page.clock.fastForward(5_100);
    // Nothing else was touched: the button has the focus still.
    await again.waitFor({ state: 'detached' });
    await lock.getByRole('button', { name: 'Unlock Front door lock' }).click();
    await again.waitFor();
    assert.deepEqual(seen, []);
    await again.click();
    await lock.getByText(/^Unlocked/).waitFor();
  });

  it('that are scenes can be stopped; a pause is an hour at most', async () => {
    const seen = inhabit();
    const page = await on.enter();
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await page.getByRole('button', { name: 'Add a scene' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a scene' });
    assert.equal(await dialog.getByLabel('Kind').inputValue(), 'scene');
    await dialog.getByLabel('Name', { exact: true }).fill('Slow');
    for (let n = 0; n < 2; n += 1) await dialog.getByRole('button', { name: 'Add a step' }).click();
    const [one, two] = [dialog.getByLabel('What').first(), dialog.getByLabel('What').last()];
    assert.notEqual(await one.inputValue(), await two.inputValue(), 'the second begins with the next thing');
    for (let n = 0; n < 2; n += 1) await dialog.getByRole('button', { name: 'Remove step' }).first().click();
    for (const delay of ['0', '4000']) {
      await dialog.getByRole('button', { name: 'Add a step' }).click();
      const step = dialog.getByRole('listitem').last();
      await step.getByLabel('What').selectOption('An event…');
      await step.getByLabel('Class, type, data').fill('30 5: 00 02 07');
      await step.getByLabel('After, in seconds').fill(delay);
    }
    await dialog.getByRole('button', { name: 'Save' }).click();
    const delay = dialog.getByRole('listitem').last().getByLabel('After, in seconds');
    await dialog.locator('input:invalid').waitFor();
    await delay.fill('3600');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    const slow = card(page, 'Slow');
    await slow.getByRole('button', { name: 'Start Slow' }).click();
    await slow.getByText('Step 2 of 2').waitFor();
    await slow.getByRole('button', { name: 'Stop Slow' }).click();
    await slow.getByText('Stopped: Step 2 of 2').waitFor();
    assert.equal(seen.filter(({ data }) => data[2] === 7).length, 1);
  });

  it('show an error that the node answers', async () => {
    inhabit(() => false);
    const page = await on.enter();
    const heating = card(page, 'Living room thermostat');
    await heating.getByRole('button', { name: 'Lower' }).click();
    await heating.getByText('Waiting for the answer…').waitFor();
    await on.stage.write(508, 34, [0, 1, 4], nodeGuid(16));
    await heating.getByText('The node reports: Parameter').waitFor();
  });

  it('are added, changed and removed in the panel, for everybody; who may only look on is told why', async () => {
    inhabit();
    const [page, other] = [await on.enter(), await on.enter('user')];
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await page.getByRole('button', { name: 'Add a control' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Kind').selectOption('Dimmer');
    await dialog.getByLabel('Zone', { exact: true }).fill('2');
    await dialog.getByLabel('Sub-zone').fill('2');
    await dialog.getByLabel('Index').fill('9');
    await dialog.getByLabel('Name', { exact: true }).fill('Hood');
    await dialog.getByLabel('Room', { exact: true }).selectOption('Kitchen');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    const hood = card(page, 'Hood');
    await hood.getByRole('slider').fill('70');
    await hood.locator('.switch-state').getByText('70 %').waitFor();

    const theirs = card(other, 'Hood');
    await learn(other, theirs.locator('.switch-state').getByText('70 %'));
    const why = 'user may only look here, not switch or send.';
    await other.getByText(why).waitFor();
    assert.equal(await other.getByText(why).count(), 1, 'said once, not in each card');
    assert.equal(await theirs.getAttribute('title'), why);
    assert.equal(await theirs.getByRole('slider').isDisabled(), true);
    assert.equal(await theirs.getByRole('switch').isDisabled(), true);

    await page.getByRole('button', { name: 'Edit Hood' }).click();
    await dialog.getByLabel('Kind').selectOption('Scene');
    await dialog.getByRole('button', { name: 'Add a step' }).click();
    const step = dialog.getByRole('listitem');
    await step.getByLabel('What').selectOption('Dining table lamp');
    await step.getByLabel('Action').selectOption('Brightness');
    await step.getByLabel('Value').fill('15');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await card(page, 'Hood').getByRole('button', { name: 'Start Hood' }).click();
    await card(page, 'Hood').getByText(/^Done/).waitFor();
    await card(page, 'Dining table lamp').locator('.switch-state').getByText('15 %').waitFor();

    await page.getByRole('button', { name: 'Edit Hood' }).click();
    await dialog.getByRole('button', { name: /^Remove this control/ }).click();
    await dialog.getByRole('button', { name: /Press again/ }).click();
    await card(page, 'Hood').waitFor({ state: 'detached' });
    await learn(other, theirs, 'detached');
  });

  it('of two who change one, tell the later; what the other changed beside it stays', async () => {
    const [anna, bert] = [await on.enter(), await on.enter('bert')];
    const hers = anna.getByRole('dialog');
    const his = bert.getByRole('dialog');
    await anna.getByRole('button', { name: 'Edit', exact: true }).click();
    await bert.getByRole('button', { name: 'Edit', exact: true }).click();
    await anna.getByRole('button', { name: 'Add a control' }).click();
    await hers.getByLabel('Kind').selectOption('Dimmer');
    await hers.getByLabel('Zone', { exact: true }).fill('2');
    await hers.getByLabel('Name', { exact: true }).fill('Oven');
    await hers.getByRole('button', { name: 'Save' }).click();
    await hers.waitFor({ state: 'hidden' });
    await learn(bert, card(bert, 'Oven'));
    const open = async () => {
      for (const page of [anna, bert])
        await page.getByRole('button', { name: 'Edit Oven', exact: true }).click();
    };
    await open();
    await his.getByLabel('Sub-zone').fill('5');
    await his.getByLabel('Index').fill('6');
    await his.getByRole('button', { name: 'Save' }).click();
    await his.waitFor({ state: 'hidden' });
    await hers.getByLabel('Zone', { exact: true }).fill('4');
    await hers.getByLabel('Index').fill('7');
    await hers.getByRole('button', { name: 'Save' }).click();
    await hers.getByText('bert has changed this meanwhile to “6”.').waitFor();
    assert.equal(await hers.getByLabel('Index').inputValue(), '7', 'what she wrote');
    await hers.getByRole('button', { name: 'Save' }).click();
    await hers.waitFor({ state: 'hidden' });
    await anna.getByRole('button', { name: 'Edit Oven', exact: true }).click();
    for (const [label, value] of [
      ['Zone', '4'],
      ['Sub-zone', '5'],
      ['Index', '7'],
    ] as const)
      assert.equal(await hers.getByLabel(label, { exact: true }).inputValue(), value, label);
    await anna.keyboard.press('Escape');
    await anna.getByRole('button', { name: 'Edit Oven', exact: true }).click();
    await bert.getByRole('button', { name: 'Edit Oven', exact: true }).click();
    await hers.getByRole('button', { name: /^Remove this control/ }).click();
    await hers.getByRole('button', { name: /Press again/ }).click();
    await hers.waitFor({ state: 'hidden' });
    await his.getByLabel('Zone', { exact: true }).fill('9');
    await his.getByRole('button', { name: 'Save' }).click();
    // Whose change was the last is not known to who missed several.
    await his.getByText(/^(admin|Somebody else) has removed this meanwhile\./).waitFor();
    await his.getByRole('button', { name: 'Save' }).click();
    await his.waitFor({ state: 'hidden' });
    await learn(anna, card(anna, 'Oven'));
    await anna.getByRole('button', { name: 'Edit Oven', exact: true }).click();
    assert.equal(await hers.getByLabel('Zone', { exact: true }).inputValue(), '9', 'his, with its name');
  });

  it('that are scenes tell the later of two, and keep the steps that both wrote before the eyes', async () => {
    const [anna, bert] = [await on.enter(), await on.enter('bert')];
    const hers = anna.getByRole('dialog');
    const his = bert.getByRole('dialog');
    const add = async (page: Page, text: string) => {
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Add a step' }).click();
      const step = dialog.getByRole('listitem').last();
      await step.getByLabel('What').selectOption('An event…');
      await step.getByLabel('Class, type, data').fill(text);
    };
    await anna.getByRole('button', { name: 'Edit', exact: true }).click();
    await bert.getByRole('button', { name: 'Edit', exact: true }).click();
    await anna.getByRole('button', { name: 'Add a control' }).click();
    await hers.getByLabel('Kind').selectOption('Scene');
    await hers.getByLabel('Name', { exact: true }).fill('Party');
    await add(anna, '30 5: 00 01 01');
    await hers.getByRole('button', { name: 'Save' }).click();
    await hers.waitFor({ state: 'hidden' });
    await learn(bert, card(bert, 'Party'));
    for (const page of [anna, bert]) await page.getByRole('button', { name: 'Edit Party' }).click();
    await add(bert, '30 5: 00 01 02');
    await his.getByRole('button', { name: 'Save' }).click();
    await his.waitFor({ state: 'hidden' });
    await add(anna, '30 5: 00 01 03');
    await hers.getByRole('button', { name: 'Save' }).click();
    await hers.getByText('bert has changed this meanwhile.').waitFor();
    const last = hers.getByRole('listitem').last().getByLabel('Class, type, data');
    assert.match(await last.inputValue(), /03$/, 'what she wrote');
    await anna.keyboard.press('Escape');
    await anna.getByRole('button', { name: 'Edit Party' }).click();
    assert.match(await last.inputValue(), /02$/, 'what he saved');
    assert.equal(await hers.getByRole('listitem').count(), 2);
  });
});
