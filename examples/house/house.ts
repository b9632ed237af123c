import { Chance, Drift } from './chance.ts';
import { ColourLight, type Device, Dimmer, Lock, PulseContact, Shutter, Thermostat } from './devices.ts';
import { Electricity } from './electricity.ts';
import {
  ALARM_PRIORITY,
  CONTROL,
  CONTROL_TURN_OFF,
  CONTROL_TURN_ON,
  type HouseEvent,
  INFORMATION,
  INFORMATION_BUTTON,
  INFORMATION_CLOSED,
  INFORMATION_HEARTBEAT,
  INFORMATION_OFF,
  INFORMATION_ON,
  SECURITY,
  SECURITY_DOOR_OPEN,
  SECURITY_MOTION,
  USUAL_PRIORITY,
} from './house-event.ts';
import { addressed, createRelays, type Relay } from './relays.ts';
import { createRooms, type Room } from './rooms.ts';
import { type Readings, readSensor, SENSORS } from './sensors.ts';
import { Weather } from './weather.ts';

const STEP_MS = 1000;
const HEARTBEAT_S = 30;
/** Buttons, door and motion sensors of the house sit on these nodes. */
const BUTTON_NODE = 40;
const DOOR_NODE = 41;
const MOTION_NODE = 42;
const ENTRANCE_ZONE = 9;
const LAMP_LUX_PER_WATT = 7;

/** Level I events over level II have classes from here, and a GUID before the data. */
const LEVEL2_OFFSET = 512;
const GUID_SIZE = 16;

/** Something that happens at a time that the model keeps. */
interface Appointment {
  dueMs: number;
  /** @returns the resulting events; moves `dueMs` on */
  happen(appointment: Appointment): HouseEvent[];
}

/**
 * A house that lives by itself: weather, rooms, electricity, people. It is pure: it knows the time only from
 * `advance`, and the same seed gives the same house.
 */
export class House {
  readonly relays: Relay[] = createRelays();
  /** What is more than on and off. */
  readonly devices: readonly Device[];
  readonly rooms: Room[];
  readonly weather: Weather;
  readonly electricity: Electricity;
  private readonly chance: Chance;
  private readonly pressure: Drift;
  private readonly tank: Drift;
  private readonly appointments: Appointment[] = [];
  private timeMs: number;
  private doorOpen = false;

  /** @param startMs Unix time the simulation starts at */
  constructor(seed: number, startMs: number) {
    this.chance = new Chance(seed);
    this.rooms = createRooms(this.chance);
    this.devices = createDevices(this.rooms);
    this.weather = new Weather(this.chance);
    this.electricity = new Electricity(this.chance);
    this.pressure = new Drift(this.chance, 600, 4 * 3600);
    this.tank = new Drift(this.chance, 4, 3600);
    this.timeMs = startMs;
    this.live(1);
    this.appointSensors(startMs);
    this.appointHeartbeats(startMs);
    this.appointPeople(startMs);
  }

  /** Lets the house live until `untilMs` and returns what its nodes sent, oldest first. */
  advance(untilMs: number): HouseEvent[] {
    const events: HouseEvent[] = [];
    while (this.timeMs < untilMs) {
      const nextMs = Math.min(this.timeMs + STEP_MS, untilMs);
      this.live((nextMs - this.timeMs) / 1000);
      for (const device of this.devices) events.push(...device.advance((nextMs - this.timeMs) / 1000));
      this.timeMs = nextMs;
      for (const appointment of this.appointments) {
        if (appointment.dueMs <= nextMs) events.push(...appointment.happen(appointment));
      }
    }
    return events;
  }

  /** What the nodes of the house answer to a client's event: they obey it, and tell what came of it. */
  receive(event: { vscpClass: number; vscpType: number; data: ArrayLike<number> }): HouseEvent[] {
    const isOverLevel2 = event.vscpClass >= LEVEL2_OFFSET && event.vscpClass < 2 * LEVEL2_OFFSET;
    const { vscpType } = event;
    const vscpClass = isOverLevel2 ? event.vscpClass - LEVEL2_OFFSET : event.vscpClass;
    const data = Array.from(event.data).slice(isOverLevel2 ? GUID_SIZE : 0);
    if (data.length < 3) return [];
    const answers = this.devices.flatMap((device) => device.receive({ vscpClass, vscpType, data }));
    if (vscpClass !== CONTROL) return answers;
    if (vscpType !== CONTROL_TURN_ON && vscpType !== CONTROL_TURN_OFF) return answers;
    const switched = addressed(this.relays, data[1] ?? 0, data[2] ?? 0).flatMap((relay) =>
      this.switch(relay, vscpType === CONTROL_TURN_ON),
    );
    return [...switched, ...answers];
  }

  /** The state of every relay and device as events, for clients that join. */
  states(): HouseEvent[] {
    return [
      ...this.relays.flatMap((relay) => this.switch(relay, relay.on)),
      ...this.devices.flatMap((device) => device.state()),
    ];
  }

  private switch(relay: Relay, on: boolean): HouseEvent[] {
    relay.on = on;
    return [
      {
        vscpClass: INFORMATION,
        vscpType: on ? INFORMATION_ON : INFORMATION_OFF,
        node: relay.node,
        priority: USUAL_PRIORITY,
        data: [relay.index, relay.zone, relay.subzone],
      },
    ];
  }

  private live(seconds: number): void {
    this.weather.advance(this.timeMs, seconds);
    this.pressure.advance(seconds);
    this.tank.advance(seconds);
    this.electricity.advance(this.relays, seconds);
    for (const room of this.rooms) {
      const fan = this.relays.some(
        (relay) => relay.name === 'Bathroom fan' && relay.on && relay.zone === room.zone,
      );
      room.advance(this.weather, this.powerOf(room.zone, 'heater'), fan, seconds);
    }
  }

  /** The power in W of the relays that are on and whose name ends like this, in one zone. */
  private powerOf(zone: number, kind: string): number {
    return this.relays
      .filter((relay) => relay.on && relay.zone === zone && relay.name.endsWith(kind))
      .reduce((sum, relay) => sum + relay.power, 0);
  }

  private readings(): Readings {
    const { weather, electricity } = this;
    return {
      outside: {
        temperature: weather.temperature,
        humidity: weather.humidity,
        daylight: weather.daylight,
        pressure: 101_325 + this.pressure.value,
      },
      rooms: this.rooms.map((room) => ({
        temperature: room.temperature,
        humidity: room.humidity,
        zone: room.zone,
        lamps: this.powerOf(room.zone, 'lamp') * LAMP_LUX_PER_WATT,
      })),
      tank: [58 + this.tank.value, 44 + 0.7 * this.tank.value],
      meter: electricity,
    };
  }

  /** Sensors start at different times of their period, like nodes that were not switched on together. */
  private appointSensors(startMs: number): void {
    for (const sensor of SENSORS) {
      this.appointments.push({
        dueMs: startMs + this.chance.next() * sensor.periodS * 1000,
        happen: (appointment) => {
          appointment.dueMs += sensor.periodS * 1000;
          return [readSensor(sensor, this.readings())];
        },
      });
    }
  }

  private appointHeartbeats(startMs: number): void {
    const zones = new Map(this.relays.map((relay) => [relay.node, relay.zone]));
    const nodes = new Set([...SENSORS.map((sensor) => sensor.node), ...zones.keys()]);
    const others = [BUTTON_NODE, DOOR_NODE, MOTION_NODE, ...this.devices.map(({ node }) => node)];
    for (const node of [...nodes, ...others]) {
      this.appointments.push({
        dueMs: startMs + this.chance.next() * HEARTBEAT_S * 1000,
        happen: (appointment) => {
          appointment.dueMs += HEARTBEAT_S * 1000;
          return [this.say(INFORMATION, INFORMATION_HEARTBEAT, node, [0, zones.get(node) ?? 0, 0])];
        },
      });
    }
  }

  private say(vscpClass: number, vscpType: number, node: number, data: number[]): HouseEvent {
    return { vscpClass, vscpType, node, priority: USUAL_PRIORITY, data };
  }

  /** People walk about, use the front door and press buttons for the lamps. */
  private appointPeople(startMs: number): void {
    this.appointAtRandom(startMs, 18, () => {
      const room = this.rooms[Math.floor(this.chance.next() * this.rooms.length)];
      const motion = this.say(SECURITY, SECURITY_MOTION, MOTION_NODE, [0, room?.zone ?? ENTRANCE_ZONE, 1]);
      return [{ ...motion, priority: ALARM_PRIORITY }];
    });
    this.appointAtRandom(startMs, 70, () => {
      this.doorOpen = !this.doorOpen;
      const place = [0, ENTRANCE_ZONE, 1];
      if (!this.doorOpen) return [this.say(INFORMATION, INFORMATION_CLOSED, DOOR_NODE, place)];
      return [{ ...this.say(SECURITY, SECURITY_DOOR_OPEN, DOOR_NODE, place), priority: ALARM_PRIORITY }];
    });
    this.appointAtRandom(startMs, 90, () => {
      const lamps = this.relays.filter((relay) => relay.name.endsWith('lamp'));
      const lamp = lamps[Math.floor(this.chance.next() * lamps.length)];
      return lamp === undefined ? [] : [...this.press(lamp), ...this.switch(lamp, !lamp.on)];
    });
  }

  private press(lamp: Relay): HouseEvent[] {
    const pressed = 1;
    return [
      this.say(INFORMATION, INFORMATION_BUTTON, BUTTON_NODE, [
        pressed,
        lamp.zone,
        lamp.subzone,
        0,
        lamp.index,
      ]),
    ];
  }

  private appointAtRandom(startMs: number, meanS: number, happen: () => HouseEvent[]): void {
    this.appointments.push({
      dueMs: startMs + this.chance.waitS(meanS) * 1000,
      happen: (appointment) => {
        appointment.dueMs += this.chance.waitS(meanS) * 1000;
        return happen();
      },
    });
  }
}

/** One of each kind; `examples/hmi/panel.json` names the same addresses. */
function createDevices(rooms: readonly Room[]): Device[] {
  const [living] = rooms;
  return [
    new Dimmer(13, 2, 2),
    new Shutter(14, 3, 2),
    new ColourLight(15, 1, 3),
    new Thermostat(16, 1, 4, (celsius) => {
      if (living) living.wanted = celsius;
    }),
    new PulseContact(17, 6, 2),
    new Lock(18, 9, 2),
  ];
}
