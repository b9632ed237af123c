// Logs in, shows events for a while and switches a lamp on.
//   node examples/node-client.mjs ws://localhost:8884/ws2 admin secret [SECONDS]
// In your own project, run npm install vscpl2drv-websocksrv and use the same imports.
import { decodeMeasurement, RefusedError, VscpClient } from 'vscpl2drv-websocksrv/client';
import { className, typeName } from 'vscpl2drv-websocksrv/client/names';

const [url, user, password, seconds = '10'] = process.argv.slice(2);
const client = new VscpClient({ url, user, password });
client.on('state', ({ state }) => console.log(`-- ${state}`));

await client.connect();
const { version, extensions } = await client.version();
console.log(`-- driver ${version}, extensions: ${extensions.join(', ') || 'none'}`);
// From here on, events are kept for the loop at the end.
const events = client.events();
await client.open();

try {
  // CLASS1.CONTROL TurnOn: index, zone, sub-zone.
  await client.send({ vscpClass: 30, vscpType: 5, data: [0, 1, 1] });
  console.log('-- sent');
} catch (error) {
  if (!(error instanceof RefusedError)) throw error;
  console.log(`-- not allowed: ${error.message}`);
}

setTimeout(() => client.disconnect(), Number(seconds) * 1000);
for await (const event of events) {
  const measured = decodeMeasurement(event);
  const value = measured ? `${measured.value} ${measured.symbol}` : Buffer.from(event.data).toString('hex');
  console.log(`${className(event.vscpClass)}: ${typeName(event.vscpClass, event.vscpType)} ${value}`);
}
