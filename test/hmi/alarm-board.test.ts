import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { install } from '@sinonjs/fake-timers';
import { type Alarm, type Limit, MAX_ALARMS, STATE_LIMIT } from '../../examples/hmi/src/alarms/alarm.ts';
import { AlarmBoard } from '../../examples/hmi/src/alarms/alarm-board.ts';
import type { JsonObject } from '../../examples/hmi/src/saved/merge-patch.ts';
import type { SaveResult } from '../../examples/hmi/src/saved/panel-document.ts';

const GUID = 'FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:77';
const ID = `a:${GUID}/2/7.1`;
const SAVED: SaveResult = { isSaved: true, notice: '' };
const REFUSED: SaveResult = { isSaved: false, problem: 'somebody was faster' };
/** Longer than a board waits before it writes. */
const LONG_MS = 20_000;
const MINUTE_MS = 60_000;

interface Save {
  alarm: Partial<Alarm>;
  answer(result: SaveResult): Promise<void>;
}

/** A board and what it wants to write down, and whose alarms it tells on its device. */
function makeBoard(context: TestContext) {
  const clock = install({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  context.after(() => clock.uninstall());
  const saves: Save[] = [];
  const news: string[] = [];
  let series: object | undefined;
  const board = new AlarmBoard({
    aheadMs: () => 0,
    seriesOf: () => series as never,
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
    onNews: (id) => news.push(id),
    request: () => undefined,
  });
  const event = { head: 0, obid: 1, timestamp: 0, vscpClass: 1, vscpType: 2, guid: GUID };
  const tell = (order = Date.now(), isLive = true, guid = GUID) =>
    board.take({ ...event, guid, data: Uint8Array.of(1, 7, 1) } as never, { at: Date.now(), order }, isLive);
  const measure = (value: number, past: readonly [second: number, value: number][] = []) => {
    const history = { times: past.map(([second]) => second), values: past.map(([, old]) => old) };
    series = { value, samples: 1, decimals: 0, symbol: '°C', at: Date.now(), history };
  };
  const state = (quantity: string, value: number, past: readonly [second: number, value: number][] = []) => {
    measure(value, past);
    series = { ...series, kind: 'state', quantity, symbol: '' };
  };
  return { board, saves, news, clock, tell, measure, state };
}

/** With one alarm, whose writing down has begun. */
async function start(context: TestContext) {
  const made = makeBoard(context);
  made.tell(1);
  await made.clock.tickAsync(LONG_MS);
  return made;
}

/** What is wrong with the value x; empty = nothing. */
function textOf(board: AlarmBoard): string {
  const alarm = board.alarms.get('l:v:x');
  return alarm && alarm.until === undefined ? board.wordsOf('l:v:x', alarm).text : '';
}

/** That has read what others wrote down, and what the server remembers. */
function begin(context: TestContext, alarms: Record<string, Alarm> = {}) {
  const made = makeBoard(context);
  made.board.share({}, alarms);
  made.board.inform();
  made.board.restart();
  return made;
}

const OLD: Alarm = { title: 'Hall', text: 'Alarm', since: 1 };
const ACKNOWLEDGED: Alarm = { ...OLD, by: 'kim', byAt: 2 };

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

test('an acknowledged alarm rings anew after a silence of its node, and not while that repeats it', async (context) => {
  const { board, saves, clock, tell } = await start(context);
  await saves[0]?.answer(SAVED);
  board.acknowledge(ID, 'kim');
  for (let minutes = 0; minutes < 60; minutes += 1) {
    await clock.tickAsync(MINUTE_MS);
    tell();
    assert.equal(board.unseen.length, 0, `minute ${minutes}`);
  }
  await clock.tickAsync(30 * MINUTE_MS);
  tell();
  assert.equal(board.unseen.length, 1);
  assert.equal(board.alarms.get(ID)?.since, Date.now());
});

test('a limit is an alarm only after its time without a break', async (context) => {
  const { board, clock, measure } = await start(context);
  const isRinging = () => board.alarms.has('l:v:x');
  board.share({ 'v:x': { above: 7.5, forS: 3 } }, {});
  measure(9);
  for (let seconds = 0; seconds < 3; seconds += 1) {
    board.check(Date.now());
    assert.equal(isRinging(), false, `${seconds} s`);
    await clock.tickAsync(1000);
  }
  measure(7);
  board.check(Date.now());
  measure(8);
  board.check(Date.now());
  await clock.tickAsync(2900);
  board.check(Date.now());
  assert.equal(isRinging(), false, 'from the beginning after a break');
  await clock.tickAsync(100);
  board.check(Date.now());
  assert.deepEqual(textOf(board), '8 °C, above 7.5 °C');
});

test('an alarm of a limit is over only when its value is back by as much as was set', async (context) => {
  const { board, clock, measure } = await start(context);
  const told: string[] = [];
  const look = (value: number) => {
    measure(value);
    board.check(Date.now());
    told.push(textOf(board));
  };
  board.share({ 'v:x': { above: 22, below: 18, backBy: 1, forS: 0 } }, {});
  for (const value of [22, 22.1, 22, 21.1, 21.9, 21, 21.9, 18, 17.5, 18.5, 19, 18.5]) look(value);
  const [above, below] = ['22 °C, above 22 °C', '18 °C, below 18 °C'];
  assert.deepEqual(told, ['', above, above, above, above, '', '', '', below, below, '', '']);
  assert.ok(board.alarms.get('l:v:x')?.until);

  look(23);
  const written = board.alarms.get('l:v:x') as Alarm;
  assert.equal(written.side, 'above', 'the next page knows it, too');
  await clock.tickAsync(1000);
  // Halfway between the limits it is over, however much was set.
  board.share({ 'v:x': { above: 22, below: 18, backBy: 50, forS: 0 } }, { 'l:v:x': written });
  told.length = 0;
  for (const value of [20.1, 20]) look(value);
  assert.deepEqual(told, ['23 °C, above 22 °C', '']);
});

test('without a distance the alarm of a limit is over at the limit', async (context) => {
  const { board, measure } = await start(context);
  board.share({ 'v:x': { above: 22, forS: 0 } }, {});
  for (const [value, isRinging] of [
    [22.1, true],
    [22, false],
  ] as const) {
    measure(value);
    board.check(Date.now());
    assert.equal(textOf(board) !== '', isRinging);
  }
});

test('an alarm that another panel wrote down is told once, also when its event comes behind it', (context) => {
  const { board, news, tell } = begin(context);
  board.share({}, { [ID]: { ...OLD, since: 5 } });
  tell(5);
  board.share({}, { [ID]: { ...OLD, since: 5 }, other: ACKNOWLEDGED });
  assert.deepEqual(news, [ID]);
});

test('an alarm that this panel heard first is told once, also when another one writes it down', (context) => {
  const { board, news, tell } = begin(context);
  tell(5);
  for (const since of [5, 400]) board.share({}, { [ID]: { ...OLD, since } });
  assert.deepEqual(news, [ID]);
});

test('alarms that were there when the page was loaded are not told, although their node repeats them', async (context) => {
  const { board, news, clock, tell } = makeBoard(context);
  tell(LONG_MS);
  tell(MINUTE_MS);
  board.share({}, { [ID]: OLD, 'a:seen': ACKNOWLEDGED });
  board.inform();
  board.restart();
  await clock.tickAsync(MINUTE_MS);
  tell();
  assert.deepEqual(news, []);
});

test('an alarm that comes before the page knows what others wrote down is told when it does', (context) => {
  const { board, news, tell } = makeBoard(context);
  tell(5);
  assert.deepEqual(news, []);
  board.share({}, {});
  board.inform();
  assert.deepEqual(news, [ID]);
});

test('an alarm that rang anew elsewhere is told anew, one that goes on is not', async (context) => {
  const { board, news, clock } = begin(context, { [ID]: ACKNOWLEDGED });
  await clock.tickAsync(MINUTE_MS);
  board.share({}, { [ID]: { ...ACKNOWLEDGED, until: 3 } });
  assert.deepEqual(news, []);
  board.share({}, { [ID]: { ...OLD, since: MINUTE_MS } });
  board.share({}, { [ID]: { ...OLD, since: MINUTE_MS, until: MINUTE_MS + 1 } });
  assert.deepEqual(news, [ID]);
});

test('after a break, what nobody has acknowledged is told once, wherever it is found first', (context) => {
  for (const isDocumentFirst of [true, false]) {
    const { board, news, clock, tell } = begin(context);
    board.lose();
    if (!isDocumentFirst) tell(5, false);
    board.share({}, { [ID]: { ...OLD, since: 5 } });
    board.inform();
    tell(5, false);
    board.restart();
    assert.deepEqual(news, [ID], `document first: ${isDocumentFirst}`);
    clock.uninstall();
  }
});

test('after a break, what the server alone remembers is told', (context) => {
  const { board, news, tell } = begin(context);
  board.lose();
  board.inform();
  tell(5, false);
  assert.deepEqual(news, [ID]);
});

test('what the server remembers from before a break, or is asked for again without one, is old', async (context) => {
  const { board, news, clock, tell } = begin(context);
  tell(5, false);
  await clock.tickAsync(LONG_MS);
  board.restart();
  board.share({}, {});
  board.lose();
  board.inform();
  tell(6, false);
  assert.deepEqual(news, []);
});

test('what the server remembers from before the page was loaded is old, also when that loses its connection first', async (context) => {
  const { board, news, clock, tell } = makeBoard(context);
  board.lose();
  await clock.tickAsync(LONG_MS);
  tell(-5, false);
  board.inform();
  board.restart();
  assert.deepEqual(news, []);
});

test('what came in a break is told by the next connection that lasts', async (context) => {
  const { board, news, clock, tell } = begin(context);
  board.lose();
  await clock.tickAsync(LONG_MS);
  board.take({ vscpClass: 20 } as never, { at: LONG_MS, order: LONG_MS }, true);
  board.lose();
  board.inform();
  tell(5, false);
  assert.deepEqual(news, [ID]);
});

test('after a break, what was acknowledged meanwhile is not told, although the server remembers its event', (context) => {
  const { board, news, tell } = begin(context);
  board.lose();
  tell(1, false);
  board.share({}, { [ID]: ACKNOWLEDGED });
  board.inform();
  tell(1, false);
  assert.deepEqual([news, board.unseen], [[], []]);
});

test('an acknowledged alarm whose node goes on does not ring anew on a page that was loaded or away for long', async (context) => {
  const { board, news, clock, tell } = makeBoard(context);
  await clock.tickAsync(60 * MINUTE_MS);
  board.share({}, { [ID]: ACKNOWLEDGED });
  board.inform();
  tell(Date.now() - MINUTE_MS, false);
  board.restart();
  tell();
  board.lose();
  await clock.tickAsync(60 * MINUTE_MS);
  board.inform();
  tell(Date.now() - 1, false);
  board.restart();
  tell();
  assert.deepEqual([news, board.unseen], [[], []]);
});

test('an acknowledged alarm rings anew on a page just loaded only when the server remembers that its node was quiet', async (context) => {
  const { board, news, clock, tell } = makeBoard(context);
  await clock.tickAsync(60 * MINUTE_MS);
  const other = 'a:other/2/7.1';
  board.share({}, { [ID]: ACKNOWLEDGED, [other]: ACKNOWLEDGED });
  board.inform();
  tell(Date.now() - 20 * MINUTE_MS, false);
  board.restart();
  tell();
  tell(Date.now(), true, 'other');
  assert.deepEqual(news, [ID]);
});

test('what rings anew here is not silenced by the acknowledgement of the time before', async (context) => {
  const { board, news, clock, tell } = begin(context, { [ID]: ACKNOWLEDGED });
  await clock.tickAsync(30 * MINUTE_MS);
  tell();
  board.share({}, { [ID]: ACKNOWLEDGED });
  assert.equal(board.unseen.length, 1);
  board.share({}, { [ID]: { ...OLD, since: Date.now() } });
  assert.deepEqual(news, [ID]);
});

const SECOND_MS = 1000;
const X = 'l:v:x';

/** A page just opened, a minute after the limit was set; `past` has values by the second in which they came. */
function openLate(
  context: TestContext,
  past: readonly [second: number, value: number][],
  limit: Partial<Limit> = {},
  alarms: Record<string, Alarm> = {},
) {
  const made = makeBoard(context);
  made.clock.tick(MINUTE_MS);
  made.measure(past.at(-1)?.[1] ?? 0, past);
  made.board.share({ 'v:x': { above: 30, forS: 0, setAt: 0, ...limit } }, alarms);
  made.board.inform();
  made.board.review();
  made.board.restart();
  made.board.check(Date.now());
  const { since, until, value, by } = made.board.alarms.get(X) ?? {};
  return { ...made, found: [since, until].map((ms) => (ms === undefined ? ms : ms / SECOND_MS)), value, by };
}

const PEAK = [
  [0, 22],
  [10, 36],
  [22, 22],
] as const satisfies [number, number][];

test('an alarm that came and went while no page was open is there on the next page, once', async (context) => {
  const { board, found, value, saves, clock } = openLate(context, [...PEAK]);
  assert.deepEqual([found, value], [[10, 22], 36]);
  const alarm = board.alarms.get(X) as Alarm;
  await clock.tickAsync(LONG_MS);
  assert.equal(saves.length, 1, 'written down for everybody');
  board.share({ 'v:x': { above: 30, forS: 0, setAt: 0 } }, { [X]: alarm });
  board.review();
  assert.deepEqual(board.alarms.get(X), alarm);
});

test('an alarm that came while no page was open and goes on has begun when it did', (context) => {
  const { found } = openLate(context, [...PEAK.slice(0, 2)]);
  assert.deepEqual(found, [10, undefined]);
});

test('a limit finds nothing in what was before it was set', (context) => {
  for (const [second, expected] of [
    [23, [undefined, undefined]],
    [22, [21, 22]],
    [15, [14, 22]],
  ] as const) {
    const { found, clock } = openLate(context, [...PEAK], { setAt: second * SECOND_MS });
    assert.deepEqual(found, expected, `set in second ${second}`);
    clock.uninstall();
  }
  assert.deepEqual(openLate(context, [...PEAK], { setAt: undefined as never }).found, [undefined, undefined]);
});

test('the time that a value has to be beyond, and by how much it has to be back, hold for what the server remembers', (context) => {
  const cases: [Partial<Limit>, (number | undefined)[]][] = [
    [{ forS: 12 }, [22, 22]],
    [{ forS: 13 }, [undefined, undefined]],
    [{ backBy: 8 }, [10, 22]],
    [{ backBy: 9 }, [10, undefined]],
  ];
  for (const [limit, expected] of cases) {
    const { found, clock } = openLate(context, [...PEAK], limit);
    assert.deepEqual(found, expected, JSON.stringify(limit));
    clock.uninstall();
  }
});

test('an alarm that was written down is not found again in what the server remembers', (context) => {
  const seen = { by: 'kim', byAt: 11_000 };
  // The clocks of two panels differ.
  for (const since of [9_000, 11_500]) {
    for (const until of [21_000, 22_500]) {
      const { found, by, clock } = openLate(context, [...PEAK], {}, { [X]: { since, until, ...seen } });
      assert.deepEqual([found, by], [[since / SECOND_MS, until / SECOND_MS], 'kim']);
      clock.uninstall();
    }
  }
});

test('an acknowledged alarm that ended while no page was open is acknowledged and has ended then', (context) => {
  const known: Alarm = { side: 'above', since: 10_000, by: 'kim', byAt: 11_000 };
  const { found, by } = openLate(context, [...PEAK], {}, { [X]: known });
  assert.deepEqual([found, by], [[10, 22], 'kim']);
});

test('a value that is beyond its limit again after the alarm was acknowledged rings anew', (context) => {
  const known: Alarm = { side: 'above', since: 10_000, by: 'kim', byAt: 11_000 };
  const { found, by } = openLate(context, [...PEAK, [40, 35]], {}, { [X]: known });
  assert.deepEqual([found, by], [[40, undefined], undefined]);
});

test('who acknowledges on one panel an alarm that another one has found too, and not saved yet, has done so', (context) => {
  const { board } = openLate(context, [...PEAK]);
  board.share({ 'v:x': { above: 30, forS: 0 } }, { [X]: { since: 10_400, by: 'kim', byAt: 50_000 } });
  assert.deepEqual([board.alarms.get(X)?.by, board.alarms.get(X)?.until], ['kim', 22_000]);
});

test('an alarm whose limit is taken away has ended', (context) => {
  const { board, measure } = makeBoard(context);
  measure(36);
  board.share({ 'v:x': { above: 30, forS: 0 } }, {});
  board.check(Date.now());
  assert.equal(board.alarms.get(X)?.until, undefined);
  board.share({}, {});
  board.check(Date.now());
  assert.equal(board.alarms.get(X)?.until, Date.now());
});

test('a value shows that it has a limit, that it rings, and that somebody has acknowledged it', (context) => {
  const { board, measure } = makeBoard(context);
  const marks = [board.markOf('v:x')];
  const look = () => {
    board.check(Date.now());
    marks.push(board.markOf('v:x'));
  };
  measure(22);
  board.share({ 'v:x': { above: 30, forS: 0 } }, {});
  look();
  measure(36);
  look();
  board.acknowledge(X, 'kim');
  look();
  measure(22);
  look();
  assert.deepEqual(marks, [undefined, 'set', 'rings', 'seen', 'set']);
});

test('a door that is open for its time is an alarm until it is closed', (context) => {
  const { board, clock, state } = makeBoard(context);
  state('Opening', 1);
  board.share({ 'v:x': { above: STATE_LIMIT, forS: 600 } }, {});
  const isOpenAfter = (minutes: number) => {
    clock.tick(minutes * MINUTE_MS);
    board.check(Date.now());
    return board.markOf('v:x');
  };
  assert.deepEqual([isOpenAfter(0), isOpenAfter(9), isOpenAfter(1)], ['set', 'set', 'rings']);
  assert.equal(board.wordsOf(X, board.alarms.get(X) as Alarm).text, 'Open');
  state('Opening', 0);
  assert.equal(isOpenAfter(0), 'set');
});

test('motion that nobody tells again has ended, now and in what the server remembers', (context) => {
  const { board, clock, state } = makeBoard(context);
  state('Motion', 1);
  board.share({ 'v:x': { above: STATE_LIMIT, forS: 0, setAt: 0 } }, {});
  board.check(Date.now());
  assert.equal(board.markOf('v:x'), 'rings');
  clock.tick(2 * MINUTE_MS);
  board.check(Date.now());
  assert.equal(board.markOf('v:x'), 'set');
  clock.tick(10 * MINUTE_MS);
  state('Motion', 1, [[300, 1]]);
  board.review();
  const { since = 0, until = 0 } = board.alarms.get(X) ?? {};
  assert.deepEqual([since, until], [300 * SECOND_MS, 360 * SECOND_MS]);
});

test('an alarm that was acknowledged and forgotten, for no more are kept, is not found again', (context) => {
  const others = (since: number) => {
    const seen: Alarm = { since, until: since + 1, by: 'kim', byAt: since };
    return Object.fromEntries(Array.from({ length: MAX_ALARMS }, (_, i) => [`a:${GUID}/2/${i}.1`, seen]));
  };
  for (const [since, expected] of [
    [15, undefined],
    [5, 10],
  ] as const) {
    const { found, clock } = openLate(context, [...PEAK], {}, others(since * SECOND_MS));
    assert.equal(found[0], expected, `the oldest that is kept began in second ${since}`);
    clock.uninstall();
  }
});
