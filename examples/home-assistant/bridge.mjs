// Shows the nodes of VSCP in Home Assistant: each GUID is a device, each measurement a sensor, each CLASS1.INFORMATION
// On and Off a switch. See docs/neighbours.md.
//   node examples/home-assistant/bridge.mjs CONFIG.json
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt from 'mqtt';
import { ConnectError, UnsupportedError, VscpClient } from 'vscpl2drv-websocksrv/client';
import { commandOf, entityOf } from './entities.mjs';
import { Publisher } from './publisher.mjs';
import { readSettings } from './settings.mjs';

const RETRY_MS = 5_000;

let settings;
try {
  if (process.argv[2] === undefined) throw new Error('usage: node bridge.mjs CONFIG.json');
  settings = readSettings(process.argv[2]);
} catch (error) {
  console.error(error.message);
  process.exit(2);
}

const { driver, broker, topic } = settings;
const status = `${topic}/status`;
const client = new VscpClient({
  url: driver.url,
  user: driver.user,
  password: driver.password,
  ...(driver.key === undefined ? {} : { key: driver.key }),
});
const connection = mqtt.connect(broker.url, {
  ...(broker.user === '' ? {} : { username: broker.user, password: broker.password }),
  // The broker tells it to Home Assistant should this program or its machine fail.
  will: { topic: status, payload: 'offline', retain: true },
  // What waits is kept by the publisher, which knows what is out of date.
  queueQoSZero: false,
});
const publisher = new Publisher(connection, settings);

/** Entities are available while events come. */
async function tellStatus() {
  const payload = client.state === 'online' ? 'online' : 'offline';
  if (connection.connected) await connection.publishAsync(status, payload, { retain: true }).catch(() => {});
}

connection.on('connect', () => {
  console.log('Connected to the broker.');
  connection.subscribe(`${topic}/+/set`);
  tellStatus();
  publisher.repeat();
});
connection.on('error', (error) => console.log(`Broker: ${error.message}`));

connection.on('message', async (name, payload, { retain }) => {
  const id = name.slice(topic.length + 1, -'/set'.length);
  const address = publisher.addressOf(id);
  const command = address && commandOf(address, payload.toString());
  // A lamp must not be switched on again by yesterday's command.
  if (command === undefined || retain) return console.log(`Ignored a command for ${id}.`);
  await client.send(command).catch((error) => console.log(`${id} was not switched: ${error.message}`));
});

/** What came since the driver was asked for last values, which may be older. */
const fresh = new Set();

function take(event) {
  const entity = entityOf(event);
  if (entity === undefined) return;
  fresh.add(entity.id);
  publisher.take(entity);
}

/** What the driver remembers, so that nobody waits for the next measurement. */
async function takeLast() {
  fresh.clear();
  try {
    const entities = (await client.last()).map(entityOf);
    for (const entity of entities) if (entity !== undefined && !fresh.has(entity.id)) publisher.take(entity);
  } catch (error) {
    if (!(error instanceof UnsupportedError)) console.log(`Last values: ${error.message}`);
  }
}

client.on('event', take);
client.on('error', (error) => console.log(`Driver: ${error.message}`));
client.on('state', ({ state, error, reconnects }) => {
  console.log(`Driver: ${state}${error === undefined ? '' : ` (${error.message})`}`);
  tellStatus();
  if (state === 'online' && reconnects > 0) takeLast();
});

async function end() {
  client.disconnect();
  await tellStatus();
  await connection.endAsync(!connection.connected);
  process.exit(process.exitCode ?? 0);
}
process.once('SIGINT', end);
process.once('SIGTERM', end);

async function connect() {
  for (;;) {
    try {
      return await client.connect();
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      console.log(`Driver: ${error.message}`);
      await sleep(RETRY_MS);
    }
  }
}

try {
  await connect();
  await client.open();
  await takeLast();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
  await end();
}
