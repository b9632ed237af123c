import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Audience, type AudienceEntry } from '../../src/delivery/audience.ts';
import type { EventFrames } from '../../src/delivery/event-frames.ts';
import { compileFilter, PASS_ALL } from '../../src/vscp/filter.ts';
import { makeEvent } from '../support/events.ts';
import { SeededRandom } from '../support/seeded-random.ts';

type Entry = AudienceEntry & { asked: number };

const ws1 = {} as EventFrames;
const ws2 = {} as EventFrames;

/** An entry that wants one class, or all (0). */
function createEntry(wantedClass: number, acceptsAnyOrigin = true, frames = ws1): Entry {
  return {
    frames,
    acceptsAnyOrigin,
    receivesAnything: true,
    filter: compileFilter(PASS_ALL),
    outbox: {},
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
  const outcome = () => {
    const { forms, ...rest } = audience.receiversOf(makeEvent());
    return {
      ...rest,
      forms: forms.map(({ frames, others, conditional }) => {
        let matching: Entry | undefined;
        conditional?.forEachMatch(makeEvent(), (entry) => {
          matching = entry;
        });
        return [frames, others, matching];
      }),
    };
  };
  audience.add(all);
  assert.deepEqual(outcome(), { entries: [all], forms: [[ws1, [all], undefined]] });
  audience.add(late);
  assert.deepEqual(outcome(), {
    entries: [all, late],
    forms: [
      [ws1, [all], undefined],
      [ws2, [], late],
    ],
  });
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

test('those that can be sent to past Node are one group per text form, slots in the order of the members', () => {
  const audience = new Audience<Entry>();
  const [one, node, two, other] = [createEntry(0), createEntry(0), createEntry(0), createEntry(0, true, ws2)];
  Object.assign(one, { outbox: { channel: { slot: 7 } } });
  Object.assign(two, { outbox: { channel: { slot: 3 } } });
  Object.assign(other, { outbox: { channel: { slot: 9 } } });
  for (const entry of [one, node, two, other]) audience.add(entry);
  const forms = audience.receiversOf(makeEvent()).forms;
  assert.deepEqual(
    forms.map(({ direct, group, others }) => ({
      direct,
      slots: [...group.subarray(0, direct.length)],
      others,
    })),
    [
      { direct: [one, two], slots: [7, 3], others: [node] },
      { direct: [other], slots: [9], others: [] },
    ],
  );
});

test('a crowd that logs in one by one does not have the others asked again', () => {
  const audience = new Audience<Entry>();
  const first = createEntry(0);
  audience.add(first);
  const kinds = Array.from({ length: 20 }, (_, vscpType) => makeEvent({ vscpType }));
  for (let i = 0; i < 100; i++) {
    audience.add(createEntry(0, true, i % 2 === 0 ? ws1 : ws2));
    for (const kind of kinds) assert.equal(audience.receiversOf(kind).entries.length, i + 2);
  }
  assert.equal(first.asked, kinds.length);
});

test('after any changes the lists are those of an audience that was made anew', () => {
  const seeded = new SeededRandom(15);
  const random = () => seeded.next();
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  const kinds = [10, 20, 30].map((vscpClass) => makeEvent({ vscpClass }));
  const shown = (audience: Audience<Entry>) =>
    kinds.map((kind) => {
      const { entries, forms } = audience.receiversOf(kind);
      return {
        entries: [...entries],
        forms: forms.map(({ frames, direct, group, others, conditional }) => {
          const matching: Entry[] = [];
          conditional?.forEachMatch(kind, (entry) => matching.push(entry));
          return { frames, direct, slots: [...group.subarray(0, direct.length)], others, matching };
        }),
      };
    });
  for (let round = 0; round < 50; round++) {
    const audience = new Audience<Entry>();
    const present: Entry[] = [];
    for (let step = 0; step < 60; step++) {
      if (present.length > 0 && random() < 0.2) {
        const [gone] = present.splice(Math.floor(random() * present.length), 1);
        if (gone !== undefined) audience.remove(gone);
      } else {
        const entry = createEntry(pick([0, 0, 0, 10, 20]), random() < 0.8, pick([ws1, ws2]));
        if (random() < 0.7) Object.assign(entry.outbox, { channel: { slot: step } });
        Object.assign(entry, { receivesAnything: random() < 0.5 });
        audience.add(entry);
        present.push(entry);
        if (random() < 0.7) Object.assign(entry, { receivesAnything: true });
        audience.update(entry);
      }
      if (random() < 0.5) audience.receiversOf(pick(kinds));
      if (random() > 0.2) continue;
      const anew = new Audience<Entry>();
      for (const entry of audience.receiving) anew.add(entry);
      assert.deepEqual(shown(audience), shown(anew));
    }
  }
});
