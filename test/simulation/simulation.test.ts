import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeFailure, simulate } from './campaign.ts';
import { clock } from './clock.ts';
import { HOST, Model, type Reader } from './model.ts';
import { ANY_CLASS, makeScript } from './script.ts';
import { runScript } from './world.ts';

const STEPS = Number(process.env.SIMULATED_STEPS ?? 15_000);

test(`${STEPS} steps in simulated time: everybody gets what is theirs, once and in order`, async (context) => {
  const { failure, ...result } = await simulate(1, STEPS);
  assert.equal(failure, undefined, failure && describeFailure(failure));
  context.diagnostic(JSON.stringify(result));
  assert.ok(result.events > 0 && result.delivered > result.events);
});

test('the same seed is the same run', async () => {
  const script = makeScript(7, 150);
  assert.deepEqual(makeScript(7, 150), script);
  const first = await runScript(7, script);
  const { steps: _, ...again } = await runScript(7, script);
  assert.deepEqual(again, { events: first.events, delivered: first.delivered, clients: first.clients });
  assert.equal(clock.waiting, 0);
});

test('the model finds what it is there to find', () => {
  const model = new Model();
  const reader = (source: number): Reader => ({
    ...{ client: source, source, wantedClass: ANY_CLASS, filteredSince: 0 },
    ...{ openSince: 0, isSteady: true, received: new Set(), last: new Map() },
  });
  const [own, other] = [model.add(1, 20), model.add(2, 20)];
  const later = model.add(2, 30);
  const fromHost = model.add(HOST, 20);
  own.isAccepted = true;
  other.isAccepted = true;
  later.isAccepted = false;
  const one = reader(1);
  model.clientGets(one, other);
  assert.throws(() => model.clientGets(one, other), /not in order, after 1/, 'twice');
  assert.throws(() => model.clientGets(one, own), /its own event/);
  assert.throws(() => model.clientGets(one, later), /was refused/);
  assert.throws(() => model.clientGets({ ...reader(3), wantedClass: 30 }, fromHost), /filtered/);
  assert.throws(() => model.find([9, 9, 9, 9, 9]), /nobody sent/);
  assert.throws(() => model.check([]), /accepted, and lost/);
  model.hostReads(own);
  model.hostReads(other);
  assert.throws(() => model.hostReads(other), /not in order at the host/);
  assert.throws(() => model.hostReads(fromHost), /its own event/);
  assert.throws(() => model.check([one]), /did not get event 1 of the host/);
  model.clientGets(one, fromHost);
  model.check([one]);
  model.hostReads(later);
  assert.throws(() => model.check([one]), /refused, and at the host/);
});
