import { encodeMeasurement, type MeasurementInput } from '../../src/core/measurement-encode.ts';
import { type HouseEvent, USUAL_PRIORITY } from './house-event.ts';

/** Types of CLASS1.MEASUREMENT; those of CLASS2.MEASUREMENT_FLOAT have the same numbers. */
const CURRENT = 5;
const TEMPERATURE = 6;
const PRESSURE = 12;
const ENERGY = 13;
const POWER = 14;
const VOLTAGE = 16;
const ILLUMINANCE = 25;
const HUMIDITY = 35;

const CELSIUS = 1;
const KILOWATT_HOURS = 1;

/** What the sensors of the house can see. */
export interface Readings {
  outside: { temperature: number; humidity: number; daylight: number; pressure: number };
  rooms: readonly { temperature: number; humidity: number; zone: number; lamps: number }[];
  /** °C, top and bottom of the hot water tank. */
  tank: readonly [number, number];
  meter: { power: number; energy: number; voltage: number; current: number };
}

/** A measurement that is sent at regular intervals. */
interface Sensor {
  node: number;
  periodS: number;
  /** Digits after the decimal point, as such a sensor resolves them. */
  decimals: number;
  measure(readings: Readings): MeasurementInput;
}

/** The share of the daylight that comes through the windows. */
const WINDOW_LIGHT = 0.006;

const OUTSIDE_SENSORS: Sensor[] = [
  {
    node: 1,
    periodS: 20,
    decimals: 1,
    measure: ({ outside }) => ({ type: TEMPERATURE, unit: CELSIUS, value: outside.temperature }),
  },
  {
    node: 1,
    periodS: 30,
    decimals: 0,
    measure: ({ outside }) => ({ type: HUMIDITY, value: outside.humidity }),
  },
  {
    node: 1,
    periodS: 10,
    decimals: 0,
    measure: ({ outside }) => ({ type: ILLUMINANCE, value: outside.daylight }),
  },
  {
    node: 1,
    periodS: 60,
    decimals: 0,
    measure: ({ outside }) => ({ type: PRESSURE, form: 'float', value: outside.pressure }),
  },
];

function roomSensors(room: number): Sensor[] {
  const node = 2 + room;
  const at = (readings: Readings) =>
    readings.rooms[room] ?? { temperature: 0, humidity: 0, zone: 0, lamps: 0 };
  return [
    {
      node,
      periodS: 10,
      decimals: 2,
      measure: (readings) => ({
        type: TEMPERATURE,
        unit: CELSIUS,
        sensorIndex: room,
        value: at(readings).temperature,
      }),
    },
    {
      node,
      periodS: 15,
      decimals: 1,
      measure: (readings) => ({ type: HUMIDITY, sensorIndex: room, value: at(readings).humidity }),
    },
    {
      node,
      periodS: 5,
      decimals: 0,
      measure: (readings) => ({
        type: ILLUMINANCE,
        sensorIndex: room,
        value: readings.outside.daylight * WINDOW_LIGHT + at(readings).lamps,
      }),
    },
  ];
}

const METER_SENSORS: Sensor[] = [
  { node: 20, periodS: 1, decimals: 0, measure: ({ meter }) => ({ type: POWER, value: meter.power }) },
  {
    node: 20,
    periodS: 10,
    decimals: 2,
    measure: ({ meter }) => ({ type: ENERGY, unit: KILOWATT_HOURS, value: meter.energy }),
  },
  { node: 20, periodS: 5, decimals: 1, measure: ({ meter }) => ({ type: VOLTAGE, value: meter.voltage }) },
  { node: 20, periodS: 2, decimals: 2, measure: ({ meter }) => ({ type: CURRENT, value: meter.current }) },
  {
    node: 20,
    periodS: 5,
    decimals: 1,
    measure: ({ meter }) => ({
      type: VOLTAGE,
      form: 'zone',
      index: 0,
      zone: 7,
      subzone: 1,
      value: meter.voltage,
    }),
  },
  {
    node: 20,
    periodS: 5,
    decimals: 2,
    measure: ({ meter }) => ({
      type: CURRENT,
      form: 'zone',
      index: 0,
      zone: 7,
      subzone: 1,
      value: meter.current,
    }),
  },
];

const TANK_SENSORS: Sensor[] = ([0, 1] as const).map((place) => ({
  node: 30,
  periodS: 8,
  decimals: 3,
  measure: ({ tank }) => ({
    type: TEMPERATURE,
    form: 'float',
    unit: CELSIUS,
    sensorIndex: place,
    zone: 8,
    subzone: place + 1,
    value: tank[place],
  }),
}));

/** Every measurement of the house. */
export const SENSORS: readonly Sensor[] = [
  ...OUTSIDE_SENSORS,
  ...[0, 1, 2, 3].flatMap(roomSensors),
  ...METER_SENSORS,
  ...TANK_SENSORS,
];

/** The event that carries a sensor's reading in the coding of its class. */
export function readSensor(sensor: Sensor, readings: Readings): HouseEvent {
  const input = sensor.measure(readings);
  const value = Number(input.value.toFixed(sensor.decimals));
  const { vscpClass, vscpType, data = [] } = encodeMeasurement({ ...input, value });
  return { vscpClass, vscpType, node: sensor.node, priority: USUAL_PRIORITY, data: Array.from(data) };
}
