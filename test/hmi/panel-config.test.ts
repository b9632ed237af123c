import assert from 'node:assert/strict';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readControl } from '../../examples/hmi/src/controls/spec.ts';
import { readPanelConfig } from '../../examples/hmi/src/saved/panel-config.ts';
import { HMI_FOLDER } from '../../scripts/build-hmi.mjs';
import { logIn, openPage, show, useStage } from './pages.ts';

describe('panel.json', () => {
  it('is taken as it is when nothing is wrong with it', async () => {
    const whole = {
      title: 'House',
      hint: 'hello',
      url: 'ws://x/ws2',
      offline: false,
      nodes: { AA: 'Garden' },
      zones: { '1': 'Hall', '8.1': 'top' },
      switches: [{ name: 'Lamp', index: 1, zone: 2, subzone: 3 }],
    };
    const control = { kind: 'lock', name: 'Door', index: 1, zone: 2, subzone: 3 };
    const { config, problems } = await readPanelConfig(JSON.stringify({ ...whole, controls: [control] }));
    const { controls, ...rest } = config;
    assert.deepEqual([rest, problems], [whole, []]);
    assert.deepEqual(controls, { 'lock-2.3.1': readControl(control) });
  });

  const rows: [what: string, text: string, problem: RegExp][] = [
    ['switches that are no list', '{"title":"T","switches":{}}', /“switches” has to be a list/],
    ['a control of no kind', '{"title":"T","controls":[{"name":"L","kind":"x"}]}', /“controls”: entry 1/],
    [
      'a zone that is a text',
      '{"title":"T","controls":[{"name":"L","kind":"switch","zone":"2"}]}',
      /“controls”: entry 1: “zone” has to be a whole number from 0 to 255/,
    ],
    [
      'a misspelt key of a control',
      '{"title":"T","controls":[{"name":"L","kind":"switch","zoen":2}]}',
      /“controls”: entry 1: “zoen” is not known/,
    ],
    [
      'a step that cannot be done',
      '{"title":"T","controls":[{"name":"L","kind":"scene","steps":[{"thing":"c:a","action":"on","delayS":9000}]}]}',
      /“controls”: entry 1: step 1: the pause has to be from 0 to 3600 s/,
    ],
    ['a misspelt key', '{"title":"T","zone":{}}', /“zone” is not known/],
    [
      'a misspelt key of a switch',
      '{"title":"T","switches":[{"name":"L","zoen":2}]}',
      /“switches”: entry 1: “zoen” is not known/,
    ],
    ['a comma too much', '{"title":"T",,\n"nodes":{"AA":"B"}}', /line 1: a name in quotes is missing/],
    ['a quote that is missing', '{"title":"T",\n"hint: 1}', /line 2: /],
    ['a number for a title', '{"title":"T","hint":7}', /“hint” has to be a text/],
    ['a number for a name', '{"title":"T","zones":{"4":5}}', /“zones”: the name of “4” has to be a text/],
    ['a list of nodes', '{"title":"T","nodes":["x"]}', /“nodes” has to be an object/],
    [
      'a zone beyond a byte',
      '{"title":"T","switches":[{"name":"L","zone":256},{"name":"M"}]}',
      /entry 1 needs/,
    ],
  ];
  for (const [what, text, problem] of rows) {
    it(`says what is wrong with ${what}, and shows the rest`, async () => {
      const { config, problems } = await readPanelConfig(text);
      assert.match(problems.join(' '), problem);
      assert.equal(config.title, 'T');
      assert.ok(Array.isArray(config.switches));
      assert.deepEqual(config.controls, {}, 'nothing that would act at a wrong place');
    });
  }

  it('keeps good entries beside bad ones', async () => {
    const { config, problems } = await readPanelConfig(
      '{"zones":{"1":"Hall","2":3},"switches":[{},{"name":"M"}],}',
    );
    assert.deepEqual(config.zones, { '1': 'Hall' });
    assert.deepEqual(config.switches, [{ name: 'M', index: 0, zone: 0, subzone: 0 }]);
    assert.equal(problems.length, 2);
  });

  for (const text of ['', '[]', 'null', '7', '<html>', '{{{{{{{{']) {
    it(`of ${JSON.stringify(text)} gives an empty configuration and a sentence`, async () => {
      const { config, problems } = await readPanelConfig(text);
      assert.deepEqual([config.title, config.switches], ['VSCP panel', []]);
      assert.ok(problems.length > 0 && problems.length <= 6, problems.join(' '));
    });
  }
});

describe('the panel with a panel.json that is not right', () => {
  const on = useStage();
  const folder = () => join(on.stage.folder, 'web');
  after(() => rm(folder(), { recursive: true, force: true }));

  it('is no blank page after the login: it says what is wrong and has the names', async () => {
    await cp(HMI_FOLDER, folder(), { recursive: true });
    const text = '{"title":"Hut",,"zones":{"3":"Loft"},"switches":{}}';
    await writeFile(join(folder(), 'panel.json'), text);
    await on.stage.closeDriver();
    await on.stage.openDriver({ 'web-root': folder() });
    const { page, problems } = await openPage(on.browser, on.stage.url);
    await logIn(page);
    await page.getByText('panel.json: line 1').waitFor();
    await page.getByText('“switches” has to be a list').waitFor();
    await page.getByRole('heading', { name: 'Hut' }).waitFor();
    await show(page, 'Nodes');
    await on.stage.write(20, 9, [0, 3, 0]);
    await page.getByText('Loft').waitFor();
    assert.deepEqual(problems, []);
    await page.context().close();
  });

  for (const status of [403, 500]) {
    it(`is told when the server answers with ${status} for it`, async () => {
      const { page, problems } = await openPage(on.browser, 'about:blank');
      await page.route('**/panel.json', (route) => route.fulfill({ status, body: 'no' }));
      await page.goto(on.stage.url);
      await logIn(page);
      await page.getByText(`panel.json: the server does not give it out (status ${status}).`).waitFor();
      // The browser itself reports the status.
      assert.deepEqual(problems.filter((problem) => !problem.includes(String(status))), []); // biome-ignore format: short
      await page.context().close();
    });
  }
});
