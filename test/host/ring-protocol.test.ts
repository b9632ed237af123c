/**
 * Every interleaving of the sleep/wake protocol. One side is the real src/host/ring.ts with its Atomics
 * replaced: at each of its accesses to a shared word the other side may go any number of steps. The other
 * side is the shim's (native-shim/ring.h, event_queues.cc), one generator step per access. A run has lost a
 * wake-up when everybody sleeps and there is something to do.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  RING_WORDS,
  RingConsumer,
  type RingMemory,
  RingProducer,
  ringMemorySize,
} from '../../src/host/ring.ts';
import { makeEvent } from '../support/events.ts';

const EVENT = makeEvent();

/** Which way to go at each fork of a run. */
type Choose = (ways: number) => number;

/** Runs `run` once for every sequence of choices; returns the number of runs. */
function explore(run: (choose: Choose) => void): number {
  const path: { way: number; ways: number }[] = [];
  let runs = 0;
  for (;;) {
    let depth = 0;
    run((ways) => {
      const step = path[depth] ?? { way: 0, ways };
      path[depth] = step;
      depth++;
      return step.way;
    });
    runs++;
    path.length = depth;
    let last = path.at(-1);
    while (last && last.way === last.ways - 1) {
      path.pop();
      last = path.at(-1);
    }
    if (!last) return runs;
    last.way++;
  }
}

interface Shared {
  ring: RingMemory;
  words: Uint32Array;
  /** Wake-ups on their way to JavaScript (bytes in the socket) and to sleeping host threads. */
  wakesForJs: number;
  wakesForHost: number;
}

function newShared(capacity: number, slots: number): Shared {
  const memory = new ArrayBuffer(ringMemorySize(slots));
  return {
    ring: { memory, capacity, slots },
    words: new Uint32Array(memory),
    wakesForJs: 0,
    wakesForHost: 0,
  };
}

/**
 * What a host thread does next: another step; another step with its mutex held since it announced sleep, so
 * that a wake-up sent meanwhile reaches it asleep; or sleep.
 */
type HostState = 'step' | 'locked' | 'sleep';
type HostSteps = Generator<HostState, void, void>;

/** A host thread: each `next` is one access to a shared word. */
class HostThread {
  readonly #steps: HostSteps;
  readonly #shared: Shared;
  #seenWakes = 0;
  #locked = false;
  done = false;
  asleep = false;

  constructor(shared: Shared, steps: HostSteps) {
    this.#shared = shared;
    this.#steps = steps;
  }

  get canStep(): boolean {
    if (this.done) return false;
    return !this.asleep || this.#shared.wakesForHost > this.#seenWakes;
  }

  step(): void {
    this.asleep = false;
    if (!this.#locked) this.#seenWakes = this.#shared.wakesForHost;
    const result = this.#steps.next();
    if (result.done) this.done = true;
    else this.asleep = result.value === 'sleep';
    this.#locked = result.value === 'locked';
  }
}

/** While JavaScript runs, the host threads go some steps before each of its accesses. */
function withInterleaving<T>(threads: HostThread[], choose: Choose, body: () => T): T {
  const real = { load: Atomics.load, store: Atomics.store, exchange: Atomics.exchange };
  const interleave = (): void => {
    for (;;) {
      const able = threads.filter((thread) => thread.canStep);
      const way = able.length === 0 ? 0 : choose(able.length + 1);
      const thread = able[way - 1];
      if (!thread) return;
      withReal(() => thread.step());
    }
  };
  const withReal = (run: () => void): void => {
    Object.assign(Atomics, real);
    run();
    Object.assign(Atomics, hooked);
  };
  const hooked = {
    load: (words: Uint32Array, index: number) => {
      interleave();
      return real.load(words, index);
    },
    store: (words: Uint32Array, index: number, value: number) => {
      interleave();
      return real.store(words, index, value);
    },
    exchange: (words: Uint32Array, index: number, value: number) => {
      interleave();
      return real.exchange(words, index, value);
    },
  };
  Object.assign(Atomics, hooked);
  try {
    return body();
  } finally {
    Object.assign(Atomics, real);
  }
}

/** HostToDriver::Write for `count` events. */
function* writer(shared: Shared, count: number): HostSteps {
  const { words, ring } = shared;
  const { head, tail, sleeping, waiting } = RING_WORDS;
  for (let written = 0; written < count; ) {
    yield 'step';
    const isFull = (words[head] ?? 0) - (words[tail] ?? 0) >= ring.capacity;
    if (isFull) {
      yield 'step';
      words[waiting] = 1;
      yield 'locked';
      if ((words[head] ?? 0) - (words[tail] ?? 0) >= ring.capacity) yield 'sleep';
      continue;
    }
    yield 'step';
    words[head] = (words[head] ?? 0) + 1;
    written++;
    yield 'step';
    if (words[sleeping] !== 0) {
      yield 'step';
      const slept = words[sleeping];
      words[sleeping] = 0;
      if (slept !== 0) shared.wakesForJs++;
    }
  }
}

type JsConsumer = (consumer: RingConsumer, shared: Shared) => 'asleep' | 'again';

/** One turn of ShimLink's drain. */
const drainTurn: JsConsumer = (consumer, shared) => {
  const count = consumer.takeInto([], 2);
  if (count > 0 && consumer.takeWaitingWriter()) shared.wakesForHost++;
  return count === 2 || !consumer.beginSleep() ? 'again' : 'asleep';
};

/** The same with the classic mistake: looking for events before announcing sleep, not behind it. */
const carelessTurn: JsConsumer = (consumer, shared) => {
  const count = consumer.takeInto([], 2);
  if (count > 0 && consumer.takeWaitingWriter()) shared.wakesForHost++;
  if (count > 0 || consumer.fill > 0) return 'again';
  Atomics.store(shared.words, RING_WORDS.sleeping, 1);
  return 'asleep';
};

/** Forgets to ask for writers that wait for room. */
const forgetfulTurn: JsConsumer = (consumer) => {
  const count = consumer.takeInto([], 2);
  return count === 2 || !consumer.beginSleep() ? 'again' : 'asleep';
};

function runToDriver(choose: Choose, turn: JsConsumer, events: number, capacity: number, filled = 0): void {
  const shared = newShared(capacity, capacity);
  const consumer = new RingConsumer(shared.ring);
  shared.words[RING_WORDS.head] = filled;
  const thread = new HostThread(shared, writer(shared, events));
  for (let turns = 0; turns < 60; turns++) {
    const state = withInterleaving([thread], choose, () => turn(consumer, shared));
    if (state === 'again') continue;
    // JavaScript sleeps: the host goes on alone until it wakes it or can do no more.
    while (shared.wakesForJs === 0 && thread.canStep) thread.step();
    if (shared.wakesForJs === 0) {
      assert.ok(thread.done, 'a writer sleeps for ever');
      assert.equal(consumer.fill, 0, 'events are left while JavaScript sleeps');
      return;
    }
    shared.wakesForJs = 0;
  }
  assert.fail('the run does not end');
}

test('host to driver: no interleaving of VSCPWrite and the drain loses a wake-up', () => {
  const runs = explore((choose) => runToDriver(choose, drainTurn, 2, 2));
  assert.ok(runs > 500, `only ${runs} interleavings`);
});

test('host to driver: no interleaving loses one when the ring is full at first', () => {
  const runs = explore((choose) => runToDriver(choose, drainTurn, 1, 1, 1));
  assert.ok(runs > 500, `only ${runs} interleavings`);
});

test('the search finds the lost wake-up of a consumer that checks before it announces sleep', () => {
  assert.throws(() => explore((choose) => runToDriver(choose, carelessTurn, 2, 2)), /JavaScript sleeps/);
});

test('the search finds the writer that a forgetful consumer leaves asleep', () => {
  assert.throws(() => explore((choose) => runToDriver(choose, forgetfulTurn, 1, 1, 1)), /sleeps for ever/);
});

interface ReaderOptions {
  /** Give up at the first sleep, as a VSCPRead whose time is over does. */
  timesOut?: boolean;
  /** Take the announcement back when giving up. */
  withdraws?: boolean;
}

/** DriverToHost::Read until `quota.left` events are taken. */
function* reader(shared: Shared, quota: { left: number }, options: ReaderOptions = {}): HostSteps {
  const { words } = shared;
  const { head, tail, sleeping } = RING_WORDS;
  while (quota.left > 0) {
    yield 'step';
    if (words[head] !== words[tail]) {
      words[tail] = (words[tail] ?? 0) + 1;
      quota.left--;
      continue;
    }
    yield 'step';
    words[sleeping] = 1;
    yield 'locked';
    if (words[head] !== words[tail]) continue;
    if (options.timesOut) {
      yield 'step';
      if (options.withdraws) words[sleeping] = 0;
      return;
    }
    yield 'sleep';
  }
}

function runToHost(choose: Choose, events: number, others: ReaderOptions[]): void {
  const shared = newShared(4, 4);
  const producer = new RingProducer(shared.ring);
  const quota = { left: events };
  const threads = [new HostThread(shared, reader(shared, quota))];
  for (const options of others) threads.push(new HostThread(shared, reader(shared, { left: 1 }, options)));
  withInterleaving(threads, choose, () => {
    for (let sent = 0; sent < events; sent++) {
      assert.equal(producer.push(EVENT), true);
      if (producer.takeSleepingReader()) shared.wakesForHost++;
    }
  });
  for (let steps = 0; steps < 100; steps++) {
    const able = threads.find((thread) => thread.canStep);
    if (!able) break;
    able.step();
  }
  assert.equal(
    producer.fill === 0 || threads.some((thread) => thread.canStep),
    true,
    'a reader sleeps for ever',
  );
}

test('driver to host: no interleaving of send and VSCPRead loses a wake-up', () => {
  const runs = explore((choose) => runToHost(choose, 2, []));
  assert.ok(runs > 100, `only ${runs} interleavings`);
});

test('driver to host: a second VSCPRead that times out takes no wake-up from the first', () => {
  const runs = explore((choose) => runToHost(choose, 1, [{ timesOut: true }]));
  assert.ok(runs > 1000, `only ${runs} interleavings`);
});

test('the search finds the wake-up lost when a timed-out reader withdraws the announcement', () => {
  assert.throws(
    () => explore((choose) => runToHost(choose, 1, [{ timesOut: true, withdraws: true }])),
    /sleeps for ever/,
  );
});
