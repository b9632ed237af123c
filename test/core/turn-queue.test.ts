import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { TurnQueue } from '../../src/core/turn-queue.ts';

/** Counts turns of the event loop until `isOver`. */
async function countTurns(isOver: () => boolean, onTurn: (turns: number) => void): Promise<void> {
  for (let turns = 1; !isOver(); turns++) {
    onTurn(turns);
    await turn();
  }
}

test('a thousand tasks run in their order, and others get their turns in between', async () => {
  const queue = new TurnQueue();
  const ran: number[] = [];
  for (let task = 0; task < 1000; task++) queue.add(() => ran.push(task));
  assert.deepEqual(ran, [], 'none before its turn');
  let most = 0;
  let before = 0;
  await countTurns(
    () => ran.length === 1000,
    () => {
      most = Math.max(most, ran.length - before);
      before = ran.length;
    },
  );
  assert.deepEqual(
    ran,
    Array.from({ length: 1000 }, (_, task) => task),
  );
  assert.ok(most <= 32, `${most} in one turn`);
});

test('a task that takes long leaves the next one to another turn', async () => {
  const queue = new TurnQueue();
  const ranIn: number[] = [];
  let now = 0;
  const busy = () => {
    ranIn.push(now);
    for (const endMs = performance.now() + 3; performance.now() < endMs; );
  };
  for (let task = 0; task < 5; task++) queue.add(busy);
  await countTurns(
    () => ranIn.length === 5,
    (turns) => {
      now = turns;
    },
  );
  assert.equal(new Set(ranIn).size, 5, `in the turns ${ranIn}`);
});

test('what follows a task that was waited for comes before the next task', async () => {
  const queue = new TurnQueue();
  const steps: string[] = [];
  const waiting = queue.wait().then(async () => {
    steps.push('first');
    await undefined;
    steps.push('and what follows');
  });
  queue.add(() => steps.push('second'));
  await Promise.all([waiting, queue.wait()]);
  assert.deepEqual(steps, ['first', 'and what follows', 'second']);
});

test('a task may add another one, which has a turn of its own', async () => {
  const queue = new TurnQueue();
  let ran = 0;
  queue.add(() => {
    ran++;
    queue.add(() => {
      ran++;
    });
    assert.equal(ran, 1);
  });
  while (ran < 2) await turn();
});
