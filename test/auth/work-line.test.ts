import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { WorkLine } from '../../src/auth/work-line.ts';

/** A task that ends when told to, and a log of what began. */
function createTasks() {
  const begun: number[] = [];
  const finish: (() => void)[] = [];
  const task = (id: number) => () => {
    begun.push(id);
    return new Promise<number>((resolve) => {
      finish[id] = () => resolve(id);
    });
  };
  return { begun, finish, task };
}

describe('work line', () => {
  test('runs so many at once, the rest in order, and refuses what does not fit', async () => {
    const { begun, finish, task } = createTasks();
    const line = new WorkLine(2, 3);
    const outcomes = [0, 1, 2, 3, 4, 5].map((id) => line.run(task(id)));
    assert.deepEqual(begun, [0, 1]);
    assert.equal(outcomes[5], undefined);
    finish[1]?.();
    assert.equal(await outcomes[1], 1);
    assert.deepEqual(begun, [0, 1, 2]);
    assert.notEqual(line.run(task(6)), undefined);
    for (const id of [0, 2]) finish[id]?.();
    await Promise.all([outcomes[0], outcomes[2]]);
    assert.deepEqual(begun, [0, 1, 2, 3, 4]);
    for (const id of [3, 4]) finish[id]?.();
    await Promise.all([outcomes[3], outcomes[4]]);
    assert.deepEqual(begun, [0, 1, 2, 3, 4, 6]);
  });

  test('a task that fails fails alone and gives its place free', async () => {
    const line = new WorkLine(1, 5);
    const failing = line.run(() => Promise.reject(new Error('no')));
    const next = line.run(() => Promise.resolve('done'));
    await assert.rejects(failing ?? Promise.resolve(), /no/);
    assert.equal(await next, 'done');
    await turn();
    assert.equal(await line.run(() => Promise.resolve('again')), 'again');
  });
});
