import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Placed, Places } from '../../src/session/places.ts';

let now = 0;

function client(remoteAddress: string, user?: string): Placed {
  now += 1;
  return { remoteAddress, user, connectedAtMs: now, ending: false };
}

function clients(number: number, addressOf: (index: number) => string, user?: string): Placed[] {
  return Array.from({ length: number }, (_, index) => client(addressOf(index), user));
}

function placesOf(present: readonly Placed[], maxClients: number): Places<Placed> {
  const places = new Places<Placed>(maxClients);
  for (const one of present) places.enter(one);
  return places;
}

/** `yes`, `no`, or the address of the one that has to leave. */
function place(present: readonly Placed[], address: string, maxClients = 100, nowMs = now): string {
  const found = placesOf(present, maxClients).find(address, nowMs);
  if (!found.given) return 'no';
  return found.instead === undefined ? 'yes' : found.instead.remoteAddress;
}

test('one address takes half of the places without logging in, others still get in', () => {
  const crowd = clients(50, () => '10.0.0.1');
  assert.equal(place(crowd.slice(1), '10.0.0.1'), 'yes');
  assert.equal(place(crowd, '10.0.0.1'), 'no');
  assert.equal(place(crowd, '::ffff:10.0.0.1'), 'no');
  assert.equal(place(crowd, '10.0.0.2'), 'yes');
});

test('the addresses of one IPv6 network count as one', () => {
  const crowd = clients(50, (index) => `2001:db8:0:1::${index.toString(16)}`);
  assert.equal(place(crowd, '2001:db8:0:1:ffff::1'), 'no');
  assert.equal(place(crowd, '2001:db8:0:2::1'), 'yes');
});

test('a quarter is kept for clients that have logged in; a newcomer takes the place of the oldest of the greatest crowd', () => {
  const crowd = [...clients(35, () => '10.0.0.1'), ...clients(40, () => '10.0.0.2')];
  assert.equal(place(crowd, '10.0.0.3'), '10.0.0.2');
  assert.equal(placesOf(crowd, 100).find('10.0.0.3', now).given, true);
  const loggedIn = clients(25, () => '10.0.0.9', 'anna');
  assert.equal(place([...loggedIn, ...crowd], '10.0.0.3'), '10.0.0.2');
});

test('clients that have logged in never give way', () => {
  const loggedIn = clients(100, () => '10.0.0.1', 'anna');
  assert.equal(place(loggedIn, '10.0.0.2'), 'no');
  assert.equal(place([...loggedIn.slice(1), client('10.0.0.3')], '10.0.0.2'), 'no');
});

test('among many single addresses the oldest gives way once it had its time to log in', () => {
  const crowd = clients(75, (index) => `10.0.1.${index}`);
  const oldest = crowd[0];
  assert.ok(oldest);
  assert.equal(place(crowd, '10.0.0.3', 100, oldest.connectedAtMs + 4999), 'no');
  assert.equal(place(crowd, '10.0.0.3', 100, oldest.connectedAtMs + 5000), '10.0.1.0');
});

test('few places can be taken by one address as long as nobody else comes', () => {
  const crowd = clients(3, () => '10.0.0.1');
  assert.equal(place(crowd.slice(1), '10.0.0.1', 3), 'yes');
  assert.equal(place(crowd, '10.0.0.1', 3), 'no');
  assert.equal(place(crowd, '10.0.0.2', 3), '10.0.0.1');
});

test('without a limit of clients those that are not logged in are limited all the same', () => {
  assert.equal(
    place(
      clients(255, () => '10.0.0.1'),
      '10.0.0.1',
      0,
    ),
    'yes',
  );
  assert.equal(
    place(
      clients(256, () => '10.0.0.1'),
      '10.0.0.1',
      0,
    ),
    'no',
  );
  const many = clients(1024, (index) => `10.1.${index % 8}.1`);
  assert.equal(place(many, '10.0.0.2', 0), '10.1.0.1');
  assert.equal(
    place(
      clients(5000, () => '10.0.0.1', 'anna'),
      '10.0.0.1',
      0,
    ),
    'yes',
  );
});

test('who is being closed counts no more among those that are not logged in', () => {
  const leaving = clients(50, () => '10.0.0.1').map((one) => ({ ...one, ending: true }));
  assert.equal(place(leaving, '10.0.0.1'), 'yes');
});

test('who logs in, is being closed or goes makes room for others, whatever is told twice', () => {
  const crowd = clients(50, () => '10.0.0.1').map((one) => ({ ...one, user: undefined as unknown }));
  const places = placesOf(crowd, 100);
  const [anna, gone, left] = crowd;
  assert.ok(anna && gone && left);
  assert.equal(places.find('10.0.0.1', now).given, false);
  for (const change of [
    () => Object.assign(anna, { user: 'anna' }) && places.update(anna),
    () => Object.assign(gone, { ending: true }) && places.update(gone),
    () => places.leave(left),
  ]) {
    change();
    assert.equal(places.find('10.0.0.1', now).given, true);
    places.update(anna);
    places.enter({ ...left });
    assert.equal(places.find('10.0.0.1', now).given, false);
  }
  assert.equal(places.find('10.0.0.1', now, true).given, true);
});

test('a place is found without a look at the clients there are', () => {
  let looks = 0;
  const watched = (address: string): Placed => ({
    remoteAddress: address,
    connectedAtMs: 0,
    ending: false,
    get user() {
      looks++;
      return 'anna';
    },
  });
  const places = placesOf(
    Array.from({ length: 10_000 }, (_, index) => watched(`10.1.${index >> 8}.${index & 255}`)),
    0,
  );
  looks = 0;
  assert.equal(places.find('10.0.0.1', 0).given, true);
  assert.equal(looks, 0);
});
