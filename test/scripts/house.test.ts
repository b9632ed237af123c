import assert from 'node:assert/strict';
import test from 'node:test';
import { House } from '../../examples/house/house.ts';
import { type HouseEvent, nodeGuid } from '../../examples/house/house-event.ts';
import { addressed, createRelays } from '../../examples/house/relays.ts';
import { type Readings, readSensor, SENSORS } from '../../examples/house/sensors.ts';

const NOON_MS = Date.UTC(2026, 5, 1, 12);
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const READINGS: Readings = {
  outside: { temperature: -3.25, humidity: 71.4, daylight: 44_142, pressure: 101_325 },
  rooms: [
    { temperature: 21.05, humidity: 45.5, zone: 1, lamps: 294 },
    { temperature: 20, humidity: 48, zone: 2, lamps: 0 },
    { temperature: 18.4, humidity: 50, zone: 3, lamps: 0 },
    { temperature: 22.5, humidity: 58, zone: 4, lamps: 0 },
  ],
  tank: [58.125, 44.5],
  meter: { power: 1412, energy: 18_432.65, voltage: 229.8, current: 6.14 },
};

/** Bytes worked out by hand from the data coding chapter of the VSCP specification. */
const CODED: [what: string, node: number, vscpClass: number, vscpType: number, hex: string][] = [
  ['outside temperature in °C, rounded to a tenth', 1, 10, 6, '88 81 df'],
  ['outside humidity', 1, 10, 35, '80 00 47'],
  ['daylight beyond 32767 lx', 1, 10, 25, '80 00 00 ac 6e'],
  ['air pressure as a level II double', 1, 1060, 12, '00 00 00 00 40 f8 bc d0 00 00 00 00'],
  ['living room temperature, sensor 0', 2, 10, 6, '88 82 08 39'],
  ['kitchen temperature, sensor 1: whole degrees', 3, 10, 6, '89 01 02'],
  ['living room humidity', 2, 10, 35, '80 81 01 c7'],
  ['power in W', 20, 10, 14, '80 00 05 84'],
  ['energy in kWh', 20, 10, 13, '88 82 1c 20 41'],
  ['voltage', 20, 10, 16, '80 81 08 fa'],
  ['voltage with zone', 20, 65, 16, '00 07 01 80 81 08 fa'],
  ['current with zone', 20, 65, 5, '00 07 01 80 82 02 66'],
  ['tank, level II temperature in °C', 30, 1060, 6, '00 08 01 01 40 4d 10 00 00 00 00 00'],
];

for (const [what, node, vscpClass, vscpType, hex] of CODED) {
  test(`${what} is coded as ${hex}`, () => {
    const event = SENSORS.filter((sensor) => sensor.node === node)
      .map((sensor) => readSensor(sensor, READINGS))
      .find((candidate) => candidate.vscpClass === vscpClass && candidate.vscpType === vscpType);
    assert.ok(event, 'no such sensor');
    assert.equal(Buffer.from(event.data).toString('hex'), hex.replaceAll(' ', ''));
  });
}

test('every level I event of a day in the house fits into eight bytes', () => {
  const house = new House(7, NOON_MS);
  const tooLong = house
    .advance(NOON_MS + DAY_MS)
    .filter(
      (event) => event.vscpClass < 512 && (event.data.length > 8 || event.data.some((byte) => byte > 255)),
    );
  assert.deepEqual(tooLong, []);
});

test('the same seed gives the same house, another seed another one', () => {
  const run = (seed: number) => JSON.stringify(new House(seed, NOON_MS).advance(NOON_MS + 5 * MINUTE_MS));
  assert.equal(run(1), run(1));
  assert.notEqual(run(1), run(2));
});

test('how often advance is called makes no difference to how much the house says', () => {
  const atOnce = new House(3, NOON_MS).advance(NOON_MS + 10 * MINUTE_MS).length;
  const house = new House(3, NOON_MS);
  let bySteps = 0;
  for (let ms = 250; ms <= 10 * MINUTE_MS; ms += 250) bySteps += house.advance(NOON_MS + ms).length;
  assert.ok(Math.abs(atOnce - bySteps) < atOnce * 0.05, `${atOnce} and ${bySteps}`);
});

test('values stay within what a house can have, over a day', () => {
  const house = new House(11, NOON_MS);
  for (let hour = 1; hour <= 24; hour++) {
    house.advance(NOON_MS + hour * 60 * MINUTE_MS);
    for (const room of house.rooms) {
      assert.ok(room.temperature > 10 && room.temperature < 35, `${room.name} ${room.temperature} °C`);
      assert.ok(room.humidity >= 10 && room.humidity <= 95, `${room.name} ${room.humidity} %`);
    }
    assert.ok(house.electricity.voltage > 207 && house.electricity.voltage < 253);
    assert.ok(house.weather.temperature > -10 && house.weather.temperature < 35);
    assert.ok(house.weather.daylight >= 0);
  }
});

test('the meter counts what the power adds up to', () => {
  const house = new House(5, NOON_MS);
  const before = house.electricity.energy;
  const samples: number[] = [];
  for (let second = 1; second <= 3600; second++) {
    house.advance(NOON_MS + second * 1000);
    samples.push(house.electricity.power);
  }
  const expected = samples.reduce((sum, watt) => sum + watt, 0) / 3_600_000;
  assert.ok(Math.abs(house.electricity.energy - before - expected) < 1e-9);
});

const control = (vscpType: number, data: number[]) => ({ vscpClass: 30, vscpType, data });
const said = (events: HouseEvent[]) =>
  events.map((event) => [event.vscpClass, event.vscpType, ...event.data]);

test('a relay that is turned on or off says so with its index, zone and sub-zone', () => {
  const house = new House(1, NOON_MS);
  assert.deepEqual(said(house.receive(control(5, [0, 2, 1]))), [[20, 3, 1, 2, 1]]);
  assert.equal(house.relays.find((relay) => relay.name === 'Kitchen lamp')?.on, true);
  assert.deepEqual(said(house.receive(control(6, [0, 2, 1]))), [[20, 4, 1, 2, 1]]);
  assert.equal(house.relays.find((relay) => relay.name === 'Kitchen lamp')?.on, false);
});

test('turning the heater on shows in the power and later in the room', () => {
  const warm = new House(1, NOON_MS);
  const cold = new House(1, NOON_MS);
  warm.receive(control(5, [0, 1, 2]));
  warm.advance(NOON_MS + 30 * MINUTE_MS);
  cold.advance(NOON_MS + 30 * MINUTE_MS);
  const temperature = (house: House) => house.rooms[0]?.temperature ?? Number.NaN;
  assert.ok(warm.electricity.power > cold.electricity.power + 1000);
  assert.ok(temperature(warm) > temperature(cold) + 0.5);
});

test('events that are no switching of a relay here get no answer', () => {
  const house = new House(1, NOON_MS);
  const others = [
    control(5, [0, 99, 1]),
    control(5, [0, 2]),
    control(20, [0, 2, 1]),
    { vscpClass: 10, vscpType: 5, data: [0, 2, 1] },
  ];
  for (const event of others) assert.deepEqual(house.receive(event), []);
});

test('zone and sub-zone 255 mean all of them', () => {
  const relays = createRelays();
  assert.equal(addressed(relays, 255, 255).length, relays.length);
  assert.deepEqual(
    addressed(relays, 1, 255).map((relay) => relay.name),
    ['Living room lamp', 'Living room heater'],
  );
});

test('a node has a GUID of its own', () => {
  assert.equal(nodeGuid(20), 'FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:14');
});
