import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Audience, type AudienceEntry } from '../../src/delivery/audience.ts';
import type { EventFrames } from '../../src/delivery/event-frames.ts';
import { makeEvent } from '../support/events.ts';

type Entry = AudienceEntry & { asked: number };

const ws1 = {} as EventFrames;
const ws2 = {} as EventFrames;

/** An entry that wants one class, or all (0). */
function createEntry(wantedClass: number, acceptsAnyOrigin = true, frames = ws1): Entry {
  return {
    frames,
    acceptsAnyOrigin,
    receivesAnything: true,
    asked: 0,
    receives(this: Entry, vscpClass: number) {
      this.asked++;
      return wantedClass === 0 || vscpClass === wantedClass;
    },
  } as unknown as Entry;
}

test('who receives is worked out once per class and type', () => {
  const audience = new Audience<Entry>();
  const entry = createEntry(10);
  audience.add(entry);
  for (let i = 0; i < 100; i++) assert.deepEqual(audience.receiversOf(makeEvent()).entries, [entry]);
  assert.equal(entry.asked, 1);
});

test('kinds with the same receivers share one answer', () => {
  const audience = new Audience<Entry>();
  for (let i = 0; i < 3; i++) audience.add(createEntry(0));
  const receivers = audience.receiversOf(makeEvent({ vscpType: 6 }));
  assert.equal(audience.receiversOf(makeEvent({ vscpType: 7 })), receivers);
  assert.equal(audience.receiversOf(makeEvent({ vscpClass: 20 })), receivers);
});

test('an entry that comes, changes or goes is heeded at once', () => {
  const audience = new Audience<Entry>();
  const all = createEntry(0);
  const late = createEntry(10, false, ws2);
  audience.add(all);
  assert.deepEqual(
    { ...audience.receiversOf(makeEvent()) },
    {
      entries: [all],
      unconditional: true,
      forms: [ws1],
    },
  );
  audience.add(late);
  assert.deepEqual(
    { ...audience.receiversOf(makeEvent()) },
    {
      entries: [all, late],
      unconditional: false,
      forms: [ws1, ws2],
    },
  );
  audience.remove(all);
  assert.deepEqual(audience.receiversOf(makeEvent()).entries, [late]);
  Object.assign(late, { receives: () => false });
  assert.deepEqual(audience.receiversOf(makeEvent()).entries, [late], 'nobody has said that it changed');
  audience.update(late);
  assert.deepEqual(audience.receiversOf(makeEvent()).entries, []);
});

test('more kinds than are kept are answered rightly all the same', () => {
  const audience = new Audience<Entry>();
  const ten = createEntry(10);
  audience.add(ten);
  for (let kind = 0; kind < 10_000; kind++) {
    const expected = kind % 20 === 10 ? [ten] : [];
    const event = makeEvent({ vscpClass: kind % 20, vscpType: kind });
    assert.deepEqual(audience.receiversOf(event).entries, expected);
  }
});

test('who has not logged in is not asked, however often the others change', () => {
  const audience = new Audience<Entry>();
  const stranger = { ...createEntry(0), receivesAnything: false };
  const member = createEntry(10);
  audience.add(stranger);
  audience.add(member);
  for (let i = 0; i < 10; i++) {
    audience.update(member);
    assert.deepEqual(audience.receiversOf(makeEvent()).entries, [member]);
  }
  assert.equal(stranger.asked, 0);
});
