import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { install } from '@sinonjs/fake-timers';
import { ControlBoard } from '../../examples/hmi/src/controls/board.ts';
import { SceneRunner } from '../../examples/hmi/src/controls/scene-run.ts';
import { readControl } from '../../examples/hmi/src/controls/spec.ts';
import type { EventInput } from '../../src/client/index.ts';

let clock: ReturnType<typeof install>;
beforeEach(() => {
  clock = install({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => clock.uninstall());

const EVENT = (vscpType: number, delayS = 0) => ({ vscpClass: 30, vscpType, data: [0, 1, 1], delayS });

/** A board with a scene and a lamp that answers nothing; what was sent is by type and time. */
function boardWith(steps: unknown[], { refuses = '', lamp = {} as object } = {}) {
  const sent: [vscpType: number, atS: number][] = [];
  const begin = Date.now();
  const send = async ({ vscpType }: EventInput) => {
    sent.push([vscpType, Math.floor((Date.now() - begin) / 1000)]);
  };
  const board = new ControlBoard({
    send,
    whyNotSend: (_class, vscpType) => (vscpType === 6 ? refuses : ''),
    request: () => undefined,
  });
  const specs = { scene: { kind: 'scene', steps }, lamp: { kind: 'switch', zone: 1, ...lamp } };
  const read = Object.entries(specs).flatMap(([id, entry]) => {
    const spec = readControl(entry);
    return spec ? [[id, spec] as const] : [];
  });
  board.configure(Object.fromEntries(read));
  const scene = board.controls.get('scene');
  assert.ok(scene);
  const options = { board, send, switches: { switches: new Map() }, switchControl: { whyNot: '' } };
  const runner = new SceneRunner({ ...options, titleOf: (id: string) => id } as never);
  return { runner, scene, board, sent };
}

describe('a scene', () => {
  it('does each step after its pause, in their order', async () => {
    const { runner, scene, sent } = boardWith([EVENT(5, 2), EVENT(6, 3), EVENT(7)]);
    const done = runner.start(scene);
    await clock.tickAsync(1_999);
    assert.deepEqual(sent, []);
    await clock.tickAsync(2_999);
    assert.deepEqual(sent, [[5, 2]]);
    await clock.tickAsync(10);
    await done;
    assert.deepEqual(sent, [[5, 2], [6, 5], [7, 5]]); // biome-ignore format: short
    assert.deepEqual([scene.notice, scene.problem, scene.askedAt], ['Done', '', 0]);
  });

  const THING = (thing: string, action = 'on') => ({ thing, action });
  const rows: [what: string, step: object, options: object, problem: RegExp][] = [
    ['a thing that is gone', THING('c:gone'), {}, /^step 2: it is not there any more$/],
    ['a thing that cannot do that', THING('c:lamp', 'up'), {}, /^step 2: it cannot do “up”$/],
    [
      'what the user may not do with a thing',
      THING('c:lamp', 'off'),
      { refuses: 'only looking' },
      /^step 2: only looking$/,
    ],
    ['another scene', THING('c:scene', 'start'), {}, /^step 2: it cannot do/],
    ['a control that cannot be read', THING('c:lamp'), { lamp: { zone: '2' } }, /^step 2: “zone” has to be/],
  ];
  for (const [what, step, options, problem] of rows) {
    it(`ends with the reason at a step for ${what}`, async () => {
      const { runner, scene, sent } = boardWith([EVENT(5), step, EVENT(7)], options);
      await Promise.all([runner.start(scene), clock.tickAsync(100)]);
      assert.match(scene.problem, problem);
      assert.deepEqual(sent.map(([vscpType]) => vscpType), [5]); // biome-ignore format: short
      assert.equal(scene.notice, '');
    });
  }

  it('that is stopped does not do the rest, and can be started again', async () => {
    const { runner, scene, sent } = boardWith([EVENT(5), EVENT(7, 60)]);
    const done = runner.start(scene);
    await clock.tickAsync(1_000);
    runner.stop(scene);
    await done;
    assert.deepEqual([scene.notice, scene.problem, scene.askedAt], ['Stopped: Step 2 of 2', '', 0]);
    await clock.tickAsync(120_000);
    assert.equal(sent.length, 1);
    const again = runner.start(scene);
    await clock.tickAsync(61_000);
    await again;
    assert.equal(sent.length, 3);
  });

  for (const [what, step, problem] of [
    ['too long a pause', EVENT(5, 3601), /^step 2: the pause/],
    ['no type', { ...EVENT(5), vscpType: 'x' }, /^step 2: class and type/],
    ['too much data', { ...EVENT(5), data: Array(25).fill(0) }, /^step 2: it can have 24 bytes/],
    ['no object', 7, /^step 2: it has to be an object/],
  ] as const) {
    it(`with a step that has ${what} says so, and does nothing`, async () => {
      const { runner, scene, sent } = boardWith([EVENT(5), step]);
      assert.match(scene.whyNot, problem);
      await Promise.all([runner.start(scene), clock.tickAsync(100)]);
      assert.deepEqual(sent, []);
    });
  }
});
