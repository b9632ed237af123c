import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Audience } from '../../src/session/audience.ts';
import type { Session } from '../../src/session/session.ts';
import { makeEvent } from '../support/events.ts';

/** A logged-in session that wants one class, or all (0). */
function createSession(wantedClass: number, anyOrigin = true, protocol = 'ws1'): Session {
  const asked = { count: 0 };
  return {
    user: {},
    protocol,
    asked,
    filter: { passesAnyOrigin: anyOrigin },
    receives: (vscpClass: number) => {
      asked.count++;
      return wantedClass === 0 || vscpClass === wantedClass;
    },
  } as unknown as Session;
}

test('who receives is worked out once per class and type', () => {
  const audience = new Audience();
  const session = createSession(10);
  audience.add(session);
  for (let i = 0; i < 100; i++) assert.deepEqual(audience.receiversOf(makeEvent()).sessions, [session]);
  assert.equal((session as unknown as { asked: { count: number } }).asked.count, 1);
});

test('kinds with the same receivers share one answer', () => {
  const audience = new Audience();
  for (let i = 0; i < 3; i++) audience.add(createSession(0));
  const receivers = audience.receiversOf(makeEvent({ vscpType: 6 }));
  assert.equal(audience.receiversOf(makeEvent({ vscpType: 7 })), receivers);
  assert.equal(audience.receiversOf(makeEvent({ vscpClass: 20 })), receivers);
});

test('a session that comes, changes or goes is heeded at once', () => {
  const audience = new Audience();
  const all = createSession(0);
  const late = createSession(10, false, 'ws2');
  audience.add(all);
  assert.deepEqual(
    { ...audience.receiversOf(makeEvent()) },
    {
      sessions: [all],
      unconditional: true,
      protocols: ['ws1'],
    },
  );
  audience.add(late);
  assert.deepEqual(
    { ...audience.receiversOf(makeEvent()) },
    {
      sessions: [all, late],
      unconditional: false,
      protocols: ['ws1', 'ws2'],
    },
  );
  audience.remove(all);
  assert.deepEqual(audience.receiversOf(makeEvent()).sessions, [late]);
  Object.assign(late, { receives: () => false });
  assert.deepEqual(audience.receiversOf(makeEvent()).sessions, [late], 'nobody has said that it changed');
  audience.update(late);
  assert.deepEqual(audience.receiversOf(makeEvent()).sessions, []);
});

test('more kinds than are kept are answered rightly all the same', () => {
  const audience = new Audience();
  const ten = createSession(10);
  audience.add(ten);
  for (let kind = 0; kind < 10_000; kind++) {
    const expected = kind % 20 === 10 ? [ten] : [];
    const event = makeEvent({ vscpClass: kind % 20, vscpType: kind });
    assert.deepEqual(audience.receiversOf(event).sessions, expected);
  }
});
