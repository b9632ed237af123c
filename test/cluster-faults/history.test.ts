import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Connection, History, type NodeLife, VIOLATIONS, type ViolationKind } from './history.ts';

const DUE_MS = 1000;
const END_MS = 100_000;

/** Three connections: a sender, one at its node, one at another node. */
class Story {
  readonly history = new History(DUE_MS);
  readonly life: NodeLife = { node: 1, provenMs: 0 };
  readonly sender: Connection = this.history.open(this.life, 0);
  readonly near: Connection = this.history.open(this.life, 0);
  readonly far: Connection = this.history.open({ node: 2, provenMs: 0 }, 0);

  /** Sends an event at a time, which is accepted a millisecond later. */
  accepted(atMs: number): number {
    const number = this.sender.send(atMs);
    this.sender.answer(number, 'accepted', atMs + 1);
    return number;
  }

  unanswered(atMs: number): number {
    return this.sender.send(atMs);
  }

  refused(atMs: number): number {
    const number = this.sender.send(atMs);
    this.sender.answer(number, 'refused', atMs + 1);
    return number;
  }

  toNear(...numbers: number[]): void {
    for (const number of numbers) this.history.got(this.near, this.sender.id, number);
  }

  toBoth(...numbers: number[]): void {
    this.toNear(...numbers);
    this.toFar(...numbers);
  }

  toFar(...numbers: number[]): void {
    for (const number of numbers) this.history.got(this.far, this.sender.id, number);
  }
}

const ROWS: readonly (readonly [string, ViolationKind[], (story: Story) => void])[] = [
  ['all comes to all', [], (s) => s.toBoth(s.accepted(1), s.accepted(2), s.accepted(3))],
  [
    'an event in the middle is lost at one',
    ['lost'],
    (s) => {
      const [first, , third] = [s.accepted(1), s.accepted(2), s.accepted(3)];
      s.toNear(1, 2, 3);
      s.toFar(first, third);
    },
  ],
  [
    'the first one is lost',
    ['lost'],
    (s) => {
      s.toNear(s.accepted(1), s.accepted(2));
      s.toFar(2);
    },
  ],
  [
    'the last one is lost',
    ['lost'],
    (s) => {
      s.toBoth(s.accepted(1));
      s.toNear(s.accepted(2));
    },
  ],
  ['everything is lost at one', ['lost'], (s) => s.toNear(s.accepted(1), s.accepted(2))],
  [
    'a lost one is told',
    [],
    (s) => {
      s.toBoth(s.accepted(1));
      s.toNear(s.accepted(2));
      s.far.told = 1;
    },
  ],
  [
    'two are lost, one is told',
    ['lost'],
    (s) => {
      s.toNear(s.accepted(1), s.accepted(2));
      s.far.told = 1;
    },
  ],
  [
    'more is told than did not come',
    ['counted too much'],
    (s) => {
      s.toNear(s.accepted(1));
      s.far.told = 2;
    },
  ],
  [
    'one comes twice',
    ['twice'],
    (s) => {
      s.toBoth(s.accepted(1), s.accepted(2));
      s.toFar(2);
    },
  ],
  [
    'one comes again later',
    ['twice'],
    (s) => {
      s.toBoth(s.accepted(1), s.accepted(2));
      s.toFar(1);
    },
  ],
  [
    'two are exchanged',
    ['disorder'],
    (s) => {
      s.toNear(s.accepted(1), s.accepted(2), s.accepted(3));
      s.toFar(1, 3, 2);
    },
  ],
  [
    'the first comes second',
    ['disorder'],
    (s) => {
      s.toNear(s.accepted(1), s.accepted(2));
      s.toFar(2, 1);
    },
  ],
  [
    'the sender gets its own',
    ['own'],
    (s) => {
      const number = s.accepted(1);
      s.toBoth(number);
      s.history.got(s.sender, s.sender.id, number);
    },
  ],
  [
    'a refused one comes',
    ['refused'],
    (s) => {
      s.refused(1);
      s.toFar(1);
    },
  ],
  [
    'a refused one comes to nobody',
    [],
    (s) => {
      s.refused(1);
      s.toBoth(s.accepted(2));
    },
  ],
  ['one comes that nobody sent', ['invented'], (s) => s.history.got(s.far, s.sender.id, 1)],
  ['one comes of a sender that is none', ['invented'], (s) => s.history.got(s.far, 99, 1)],
  ['an unanswered one comes to some', [], (s) => s.toFar(s.unanswered(1))],
  [
    'an unanswered one comes twice',
    ['twice'],
    (s) => {
      s.toFar(s.unanswered(1));
      s.toFar(1);
    },
  ],
  [
    'a lost unanswered one is told',
    [],
    (s) => {
      s.toNear(s.unanswered(1));
      s.far.told = 1;
    },
  ],
  [
    'one dies with its node',
    [],
    (s) => {
      s.toBoth(s.accepted(1));
      s.life.provenMs = 10;
      s.accepted(20);
      s.life.killedMs = 30;
    },
  ],
  [
    'one is lost that the broker had before its node died',
    ['lost'],
    (s) => {
      s.toNear(s.accepted(1));
      s.life.provenMs = 10;
      s.life.killedMs = 30;
    },
  ],
  [
    'a node that lives has no such excuse',
    ['lost', 'lost'],
    (s) => {
      s.life.provenMs = 10;
      s.accepted(20);
    },
  ],
  [
    'what was sent before a connection began is not owed to it',
    [],
    (s) => {
      s.toBoth(s.accepted(1));
      s.history.open(s.life, 5);
    },
  ],
  [
    'what was sent after it began is',
    ['lost'],
    (s) => {
      s.history.open(s.life, 5);
      s.toBoth(s.accepted(6));
    },
  ],
  [
    'what was accepted shortly before a connection broke is not owed to it',
    [],
    (s) => {
      s.toNear(s.accepted(9500));
      s.far.closedMs = 10_000;
    },
  ],
  [
    'what was accepted long before is',
    ['lost'],
    (s) => {
      s.toNear(s.accepted(8900));
      s.far.closedMs = 10_000;
    },
  ],
  [
    'what was sent after it broke is not',
    [],
    (s) => {
      s.far.closedMs = 10_000;
      s.toNear(s.accepted(END_MS));
    },
  ],
  [
    'too much is undecided',
    ['undecided'],
    (s) => {
      for (let count = 0; count < 51; count++) s.unanswered(count);
    },
  ],
  [
    'a tenth of many may be',
    [],
    (s) => {
      for (let count = 0; count < 900; count++) s.toBoth(s.accepted(count));
      for (let count = 0; count < 100; count++) s.unanswered(1000 + count);
    },
  ],
];

for (const [name, expected, tell] of ROWS) {
  test(`the verdict: ${name}${expected.length === 0 ? '' : ` (${expected[0]})`}`, () => {
    const story = new Story();
    tell(story);
    assert.deepEqual(
      story.history.judge().map(({ kind }) => kind),
      expected,
    );
  });
}

test('every kind of violation has a history that shows it', () => {
  const shown = new Set(ROWS.flatMap(([, kinds]) => kinds));
  assert.deepEqual([...shown].sort(), [...VIOLATIONS].sort());
});

test('the figures are those of the history', () => {
  const story = new Story();
  story.toBoth(story.accepted(1));
  story.refused(2);
  story.unanswered(3);
  story.accepted(4);
  story.life.provenMs = 3;
  story.life.killedMs = 10;
  story.far.told = 1;
  assert.deepEqual(story.history.figures(), {
    ...{ connections: 3, accepted: 2, refused: 1, unanswered: 1, diedWithNode: 1, delivered: 2, toldLost: 1 },
  });
});
