import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { LoginLine } from '../../src/auth/login-line.ts';

/** A line on a clock that stands until `pass` is called; logins end when told to. */
function create({ maxRunning = 1, maxWaiting = 100 } = {}) {
  let nowMs = 0;
  const sleepers: { atMs: number; wake: () => void }[] = [];
  const paused = new Map<string, number>();
  const begun: string[] = [];
  const finish = new Map<string, () => void>();
  const line = new LoginLine({
    maxRunning,
    maxWaiting,
    clock: {
      now: () => nowMs,
      sleep: (delayMs) => new Promise((wake) => sleepers.push({ atMs: nowMs + delayMs, wake })),
    },
    pausedUntilMs: (network) => paused.get(network),
  });
  const enter = (id: string, { isKnown = false, abandoned = (): boolean => false } = {}) =>
    line.enter({
      network: id.split('/', 1)[0] ?? '',
      isKnown,
      abandoned,
      run: () => {
        begun.push(id);
        return new Promise<string>((resolve) => finish.set(id, () => resolve(id)));
      },
    });
  const end = async (id: string): Promise<void> => {
    finish.get(id)?.();
    await turn();
  };
  const pass = async (toMs: number): Promise<void> => {
    nowMs = toMs;
    for (const sleeper of sleepers.splice(0)) {
      if (sleeper.atMs <= nowMs) sleeper.wake();
      else sleepers.push(sleeper);
    }
    await turn();
  };
  return { line, enter, end, pass, begun, paused };
}

describe('line of logins', () => {
  test('so many run at once; networks take turns, however many of one wait', async () => {
    const { enter, end, begun } = create({ maxRunning: 2 });
    for (const id of ['a/1', 'a/2', 'a/3', 'a/4', 'b/1', 'c/1']) void enter(id);
    assert.deepEqual(begun, ['a/1', 'a/2']);
    for (const id of ['a/1', 'a/2', 'a/3', 'b/1', 'c/1', 'a/4']) await end(id);
    assert.deepEqual(begun, ['a/1', 'a/2', 'a/3', 'b/1', 'c/1', 'a/4']);
  });

  test('from a network that failed one runs at a time, when its pause is over; others do not wait for it', async () => {
    const { enter, end, pass, begun, paused } = create({ maxRunning: 3 });
    paused.set('a', 500);
    for (const id of ['a/1', 'a/2', 'b/1']) void enter(id);
    assert.deepEqual(begun, ['b/1']);
    await pass(499);
    assert.deepEqual(begun, ['b/1']);
    await pass(500);
    assert.deepEqual(begun, ['b/1', 'a/1']);
    paused.set('a', 1500);
    await end('a/1');
    await pass(1499);
    assert.deepEqual(begun, ['b/1', 'a/1']);
    await pass(1500);
    assert.deepEqual(begun, ['b/1', 'a/1', 'a/2']);
  });

  test('those who have logged in before go first, strangers before those who failed, and nobody waits forever', async () => {
    const { enter, end, begun, paused } = create();
    paused.set('f', 0);
    void enter('x/1');
    void enter('f/1');
    for (let i = 1; i <= 5; i++) void enter(`s${i}/1`);
    for (let i = 1; i <= 6; i++) void enter(`k${i}/1`, { isKnown: true });
    for (let round = 0; round < 13; round++) await end(begun.at(-1) ?? '');
    assert.deepEqual(begun.map((id) => id[0]).join(''), 'xkkfkkkskssss');
  });

  test('who has gone gets no turn, and takes none from those behind', async () => {
    const { enter, begun, paused, pass } = create();
    paused.set('a', 100);
    const gone = enter('a/1', { abandoned: () => true });
    void enter('a/2');
    await pass(100);
    assert.equal(await gone, 'abandoned');
    assert.deepEqual(begun, ['a/2']);
  });

  test('when too many wait, the latest of the network that most wait from is given up', async () => {
    const { enter, end, begun } = create({ maxWaiting: 3 });
    const crowd = ['a/1', 'a/2', 'a/3', 'a/4'].map((id) => enter(id));
    const other = enter('b/1');
    assert.equal(await crowd[3], 'overload');
    for (const id of ['a/1', 'a/2', 'b/1']) await end(id);
    assert.equal(await other, 'b/1');
    assert.deepEqual(begun, ['a/1', 'a/2', 'b/1', 'a/3']);
  });

  test('a login that fails with an error fails alone and gives its place free', async () => {
    const { line, enter, end } = create();
    const turnOf = (run: () => Promise<string>) => ({
      network: 'a',
      isKnown: false,
      abandoned: () => false,
      run,
    });
    const failing = line.enter(turnOf(() => Promise.reject(new Error('no'))));
    const next = enter('a/2');
    await assert.rejects(failing, /no/);
    await end('a/2');
    assert.equal(await next, 'a/2');
  });
});
