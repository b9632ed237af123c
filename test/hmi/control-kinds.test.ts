import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ControlBoard } from '../../examples/hmi/src/controls/board.ts';
import { CONTROL_KINDS } from '../../examples/hmi/src/controls/kinds.ts';
import { readControl } from '../../examples/hmi/src/controls/spec.ts';
import { House } from '../../examples/house/house.ts';
import { nodeGuid } from '../../examples/house/house-event.ts';
import { type EventInput, parseGuid, type VscpEvent } from '../../src/client/index.ts';

const GUID = nodeGuid(99);
/** Where the devices of the house are. */
const PLACES: Record<string, { zone: number; subzone: number }> = {
  switch: { zone: 2, subzone: 1 },
  dimmer: { zone: 2, subzone: 2 },
  shutter: { zone: 3, subzone: 2 },
  colour: { zone: 1, subzone: 3 },
  'set-point': { zone: 1, subzone: 4 },
  pulse: { zone: 6, subzone: 2 },
  lock: { zone: 9, subzone: 2 },
};

function specOf(kind: string, more: Record<string, unknown> = {}) {
  const spec = readControl({ kind, ...PLACES[kind], ...more });
  assert.ok(spec);
  return spec;
}

/** A board with one control, and what it has sent. */
function boardWith(kind: string, more: Record<string, unknown> = {}, whyNotSend = (_class: number) => '') {
  const sent: EventInput[] = [];
  const board = new ControlBoard({
    send: async (event) => void sent.push(event),
    whyNotSend,
    request: () => {},
  });
  board.configure({ one: specOf(kind, more) });
  const control = board.controls.get('one');
  assert.ok(control);
  const hear = (vscpClass: number, vscpType: number, data: number[], isLive = true, order = 1) => {
    const event: VscpEvent = {
      ...{ head: 0, obid: 0, dateTime: '', timestamp: 0, guid: GUID },
      ...{ vscpClass, vscpType, data: Uint8Array.from(data) },
    };
    board.take(event, { at: 1, order }, isLive);
  };
  return { board, control, sent, hear };
}

describe('a control sends', () => {
  const ROWS: [what: string, kind: string, action: string, value: number, more: object, sent: number[]][] = [
    ['TurnOn', 'switch', 'on', 0, { index: 7 }, [30, 5, 7, 2, 1]],
    ['DimLamps', 'dimmer', 'level', 40, {}, [30, 20, 40, 2, 2]],
    ['ChangeLevel with the range of a byte', 'dimmer', 'level', 40, { form: 'level' }, [30, 22, 102, 2, 2]],
    ['BigChangeLevel', 'dimmer', 'level', 40, { form: 'big', index: 3 }, [30, 33, 3, 2, 2, 40]],
    ['at most the whole', 'dimmer', 'level', 400, {}, [30, 20, 100, 2, 2]],
    ['ShutterUp', 'shutter', 'up', 0, {}, [30, 34, 0, 3, 2]],
    ['Stop', 'shutter', 'stop', 0, {}, [30, 8, 0, 3, 2]],
    ['ShutterPreset with the position', 'shutter', 'position', 30, {}, [30, 39, 0, 3, 2, 30]],
    ['Close', 'shutter', 'down', 0, { form: 'open' }, [30, 4, 0, 3, 2]],
    ['SetColor', 'colour', 'colour', 0x0a14ff, {}, [102, 49, 0, 1, 3, 10, 20, 255]],
    ['DimLamps for white', 'colour', 'white', 55, {}, [30, 20, 55, 1, 3]],
    ['SetValueZone in °C', 'set-point', 'value', 21.5, {}, [85, 6, 0, 1, 4, 0x88, 0x81, 0, 215]],
    ['TimedPulseOn in ms', 'pulse', 'press', 0, { durationMs: 1500 }, [30, 30, 0, 6, 2, 0xc1, 0, 0, 5, 220]],
    ['Button', 'pulse', 'press', 0, { form: 'button', index: 4 }, [20, 1, 2, 6, 2, 0, 4]],
    ['Unlock', 'lock', 'unlock', 0, {}, [30, 43, 0, 9, 2]],
  ];
  for (const [what, kind, action, value, more, expected] of ROWS) {
    it(`${what} (${kind})`, async () => {
      const { board, control, sent } = boardWith(kind, { ...more });
      await board.run(control, action, value);
      const [event] = sent;
      assert.ok(event);
      assert.deepEqual([event.vscpClass, event.vscpType, ...Array.from(event.data ?? [])], expected);
    });
  }

  it('its level II form with the GUID of the interface', async () => {
    const { board, control, sent } = boardWith('dimmer', { guid: GUID });
    await board.run(control, 'level', 40);
    assert.deepEqual(sent, [{ vscpClass: 542, vscpType: 20, data: [...parseGuid(GUID), 40, 2, 2] }]);
  });
});

describe('a control whose user may not do everything', () => {
  const notDisplay = (vscpClass: number) => (vscpClass === 30 ? '' : 'may not');

  it('refuses the colour of a strip alone where only that may not be sent', async () => {
    const { board, control, sent } = boardWith('colour', {}, notDisplay);
    assert.deepEqual([control.whyNot, control.refused], ['', { colour: 'may not' }]);
    assert.equal(await board.run(control, 'colour', 5), 'may not');
    assert.equal(await board.run(control, 'white', 5), '');
    assert.equal(sent.length, 1);
  });

  it('is refused as a whole where nothing of it may be sent', () => {
    const { control } = boardWith('colour', { guid: GUID }, notDisplay);
    assert.equal(control.whyNot, 'may not');
  });
});

describe('a control shows', () => {
  const ROWS: [told: string, kind: string, events: number[][], words: string][] = [
    ['On', 'switch', [[20, 3, 0, 2, 1]], 'On'],
    ['Off over level II', 'switch', [[532, 4, ...parseGuid(GUID), 0, 2, 1]], 'Off'],
    ['nothing of another index', 'switch', [[20, 3, 1, 2, 1]], ''],
    ['LevelChanged', 'dimmer', [[20, 40, 30, 2, 2]], '30 %'],
    ['nothing of another sub-zone', 'dimmer', [[20, 40, 30, 2, 3]], ''],
    ['Off after a level', 'dimmer', [[20, 40, 30, 2, 2], [20, 4, 0, 2, 2]], 'Off'], // biome-ignore format: a row
    ['ShutterUp, whatever the reserved byte is', 'shutter', [[20, 59, 0, 3, 2]], 'Moving up'],
    ['the end of the way', 'shutter', [[20, 60, 0, 3, 2], [20, 64, 0, 3, 2]], 'Closed'], // biome-ignore format: a row
    ['a position', 'shutter', [[20, 40, 30, 3, 2]], '30 % open'],
    ['Opened', 'shutter', [[20, 7, 0, 3, 2]], 'Open'],
    ['a colour', 'colour', [[20, 51, 0, 1, 3, 0, 10, 20, 255]], '#0a14ff, white –'],
    ['a set-point', 'set-point', [[65, 6, 0, 1, 4, 0x88, 0x81, 0, 215]], '21.5 °C'],
    ['nothing of another unit', 'set-point', [[65, 6, 0, 1, 4, 0x80, 0x81, 0, 215]], ''],
    ['Door lock', 'lock', [[20, 75, 0, 9, 2]], 'Locked'],
  ];
  for (const [told, kind, events, words] of ROWS) {
    it(`${told} (${kind})`, () => {
      const { control, hear } = boardWith(kind);
      for (const [vscpClass = 0, vscpType = 0, ...data] of events) hear(vscpClass, vscpType, data);
      assert.equal(control.kind.words(control.state, control.spec), words.replace(', white –', ''));
    });
  }

  it('what is newer, when the server tells what it remembers', () => {
    const { control, hear } = boardWith('dimmer');
    hear(20, 40, [80, 2, 2], true, 10);
    hear(20, 40, [30, 2, 2], false, 5);
    assert.equal(control.state.level, 80);
    hear(20, 40, [30, 2, 2], false, 11);
    assert.equal(control.state.level, 30);
  });

  it('an error of the node, a confirmation, and that no answer came', async () => {
    const { board, control, hear } = boardWith('shutter');
    await board.run(control, 'up');
    hear(508, 34, [0, 3, 2]);
    assert.match(control.problem, /Parameter/i);
    await board.run(control, 'up');
    hear(20, 13, [0, 3, 2]);
    assert.equal(control.problem, 'The node reports an error');
    await board.run(control, 'up');
    hear(20, 39, [3, 2, 0, 0, 30, 0, 35]);
    assert.ok(control.askedAt > 0, 'the confirmation of something else');
    hear(20, 39, [3, 2, 0, 0, 30, 0, 34]);
    assert.deepEqual([control.askedAt, control.problem, control.notice], [0, '', 'Confirmed']);
    await board.run(control, 'up');
    board.checkTimeouts(control.askedAt + 6000);
    assert.match(control.problem, /No answer/);
    hear(508, 34, [0, 3, 2]);
    assert.match(control.problem, /No answer/, 'an error that nobody has asked for');
  });
});

describe('the simulated house', () => {
  for (const [kind, place] of Object.entries(PLACES)) {
    for (const [action, { value }] of Object.entries(CONTROL_KINDS[kind]?.actions ?? {})) {
      it(`answers “${action}” of a ${kind}, and another place does not`, async () => {
        const house = new House(1, 0);
        // The kitchen lamp is the second of its node.
        const { board, control, sent, hear } = boardWith(kind, kind === 'switch' ? { index: 1 } : {});
        await board.run(control, action, value?.(control.spec).max);
        const [event] = sent;
        assert.ok(event);
        const data = Array.from(event.data ?? []);
        const answers = house.receive({ ...event, data });
        assert.ok(answers.length > 0);
        for (const answer of answers) hear(answer.vscpClass, answer.vscpType, answer.data);
        assert.deepEqual([control.askedAt, control.problem], [0, '']);
        assert.notEqual(control.kind.words(control.state, control.spec), '');
        const elsewhere = new House(1, 0).receive({
          ...event,
          data: data.map((byte) => (byte === place.zone ? 77 : byte)),
        });
        assert.deepEqual(elsewhere, []);
      });
    }
  }

  it('moves a shutter for a while, and ends a pulse', () => {
    const house = new House(1, 0);
    house.receive({ vscpClass: 30, vscpType: 35, data: [0, 3, 2] });
    house.receive({ vscpClass: 30, vscpType: 30, data: [0, 6, 2, 0xc2, 0, 0, 0, 3] });
    const said = house.advance(30_000).filter(({ node }) => node === 14 || node === 17);
    const told = said.map(({ vscpType }) => vscpType).filter((type) => type !== 9);
    assert.deepEqual(told, [4, 64]);
  });

  it('refuses a set-point that it cannot keep, with an error', () => {
    const answers = new House(1, 0).receive({ vscpClass: 85, vscpType: 6, data: [0, 1, 4, 0x88, 0, 99] });
    assert.deepEqual(answers.map(({ vscpClass, vscpType }) => [vscpClass, vscpType]), [[508, 34]]); // biome-ignore format: short
  });
});
