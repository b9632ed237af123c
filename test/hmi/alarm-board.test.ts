import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { install } from '@sinonjs/fake-timers';
import type { Alarm } from '../../examples/hmi/src/alarms/alarm.ts';
import { AlarmBoard } from '../../examples/hmi/src/alarms/alarm-board.ts';
import type { JsonObject } from '../../examples/hmi/src/merge-patch.ts';
import type { SaveResult } from '../../examples/hmi/src/panel-document.ts';

const GUID = 'FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:77';
const ID = `a:${GUID}/2/7.1`;
const SAVED: SaveResult = { isSaved: true, notice: '' };
const REFUSED: SaveResult = { isSaved: false, problem: 'somebody was faster' };
/** Longer than a board waits before it writes. */
const LONG_MS = 20_000;

interface Save {
  alarm: Partial<Alarm>;
  answer(result: SaveResult): Promise<void>;
}

/** A board with one alarm, whose writing down has begun, and what it wants to write down. */
async function start(context: TestContext) {
  const clock = install({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  context.after(() => clock.uninstall());
  const saves: Save[] = [];
  const board = new AlarmBoard({
    aheadMs: () => 0,
    seriesOf: () => undefined,
    titleOf: (id) => id,
    nodeName: () => 'Hall',
    placeName: () => '',
    save: (patch) =>
      new Promise((resolve) => {
        saves.push({
          alarm: (patch.alarms as JsonObject)[ID] as Partial<Alarm>,
          answer: async (result) => {
            resolve(result);
            await clock.tickAsync(LONG_MS);
          },
        });
      }),
    onRaise: () => undefined,
    request: () => undefined,
  });
  const event = { head: 0, obid: 1, timestamp: 0, vscpClass: 1, vscpType: 2, guid: GUID };
  board.take({ ...event, data: Uint8Array.of(1, 7, 1) } as never, { at: Date.now(), order: 1 }, true);
  await clock.tickAsync(LONG_MS);
  return { board, saves, clock };
}

test('who acknowledges an alarm while it is being written down is written down behind it', async (context) => {
  const { board, saves, clock } = await start(context);
  board.acknowledge(ID, 'kim');
  await clock.tickAsync(LONG_MS);
  assert.deepEqual(
    saves.map(({ alarm }) => alarm.by),
    [null],
    'one after the other',
  );
  await saves[0]?.answer(SAVED);
  assert.equal(saves[1]?.alarm.by, 'kim');
  await saves[1]?.answer(SAVED);
  assert.equal(saves.length, 2);
});

test('an acknowledgement survives that another panel wrote the alarm first', async (context) => {
  const { board, saves, clock } = await start(context);
  await saves[0]?.answer(SAVED);
  board.acknowledge(ID, 'kim');
  board.share({}, { [ID]: { title: 'Hall', text: 'Alarm', since: 3 } });
  await clock.tickAsync(LONG_MS);
  await saves[1]?.answer(REFUSED);
  assert.equal(saves[2]?.alarm.by, 'kim');
  await saves[2]?.answer(SAVED);
  assert.deepEqual([board.alarms.get(ID)?.by, board.unseen.length, saves.length], ['kim', 0, 3]);
});

test('an alarm is acknowledged although the server has told it anew since it was drawn', async (context) => {
  const { board, saves } = await start(context);
  await saves[0]?.answer(SAVED);
  board.share({}, { [ID]: { title: 'Hall', text: 'Alarm', since: 1 } });
  board.acknowledge(ID, 'kim');
  assert.equal(board.unseen.length, 0);
});
