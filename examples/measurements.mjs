// Reads and writes measurements; needs no server.
//   node examples/measurements.mjs
import { decodeMeasurement, encodeMeasurement, unitsOf } from 'vscpl2drv-websocksrv/client';
import { measurementName } from 'vscpl2drv-websocksrv/client/names';

const TEMPERATURE = 6;
const CELSIUS = 1;

function show(event) {
  const { type, value, symbol, coding } = decodeMeasurement({ ...event, data: Uint8Array.from(event.data) });
  const bytes = Buffer.from(event.data).toString('hex');
  console.log(`class ${event.vscpClass}: ${bytes} = ${measurementName(type)} ${value} ${symbol} (${coding})`);
}

console.log(`Units of temperature: ${unitsOf(TEMPERATURE).join(', ')}`);

// CLASS1.MEASUREMENT as it comes from a sensor.
show({ vscpClass: 10, vscpType: TEMPERATURE, data: [0x89, 0x82, 0x08, 0xc5] });

// The same value in other forms; each result can go straight into client.send().
const reading = { type: TEMPERATURE, unit: CELSIUS, value: 22.45 };
show(encodeMeasurement(reading));
show(encodeMeasurement({ ...reading, coding: 'float' }));
show(encodeMeasurement({ ...reading, form: 'zone', zone: 7, subzone: 1 }));
show(encodeMeasurement({ ...reading, form: 'float', sensorIndex: 200 }));
