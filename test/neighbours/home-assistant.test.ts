/** The bridge to Home Assistant beside a real broker; the test is the other side. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { buildClient } from '../../scripts/build-client.mjs';
import { encodeMeasurement, unitsOf, type VscpEvent } from '../../src/client/index.ts';
import { tempFolder } from '../config/temp-folder.ts';
import { ROOT } from '../scripts/load-script.ts';
import { Broker } from '../support/broker.ts';
import { makeEvent } from '../support/events.ts';
import { eventually } from '../support/eventually.ts';
import { memoryServerFor } from '../support/memory-server.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

interface Entity {
  component: string;
  id: string;
  state: string;
}
interface Discovery {
  [key: string]: unknown;
  name: string;
  unique_id: string;
  state_topic: string;
  command_topic?: string;
  availability_topic: string;
  device_class?: string;
  state_class?: string;
  unit_of_measurement?: string;
  device: { [key: string]: unknown; identifiers: string[]; name: string };
  origin: Record<string, unknown>;
}
interface Entities {
  entityOf(event: VscpEvent): Entity | undefined;
  discoveryOf(entity: Entity, settings: object): Discovery;
}

const FOLDER = join(ROOT, 'examples', 'home-assistant');
const GUID = 'FF:FF:FF:FF:FF:FF:FF:F5:00:00:00:00:00:02:00:00';
const NODE = 'fffffffffffffff50000000000020000';
const KEYS = JSON.parse(
  readFileSync(join(ROOT, 'test', 'neighbours', 'home-assistant-keys.json'), 'utf8'),
) as {
  [list in 'common' | 'sensor' | 'switch' | 'device' | 'origin' | 'stateClasses']: string[];
} & { deviceClasses: Record<string, [units: (string | null)[], stateClasses: string[]]> };

const folder = tempFolder();
let entities: Entities;

before(async () => {
  await buildClient();
  entities = (await import(pathToFileURL(join(FOLDER, 'entities.mjs')).href)) as Entities;
});

/** Whether Home Assistant would take it: every key known, and units that fit the device class. */
function checkDiscovery(component: string, discovery: Discovery): void {
  assert.ok(component === 'sensor' || component === 'switch', component);
  const foreign = Object.keys(discovery).filter((key) => ![...KEYS.common, ...KEYS[component]].includes(key));
  assert.deepEqual(foreign, []);
  assert.deepEqual(
    Object.keys(discovery.device).filter((key) => !KEYS.device.includes(key)),
    [],
  );
  assert.deepEqual(
    Object.keys(discovery.origin).filter((key) => !KEYS.origin.includes(key)),
    [],
  );
  assert.equal(discovery.device.identifiers.length, 1);
  assert.match(discovery.unique_id, /^vscp_[a-z0-9_]+$/);
  const { device_class: deviceClass, state_class: stateClass, unit_of_measurement: unit } = discovery;
  if (component === 'sensor') assert.ok(KEYS.stateClasses.includes(stateClass ?? ''), String(stateClass));
  if (unit !== undefined) assert.notEqual(unit, '');
  if (deviceClass === undefined) return;
  const [units, stateClasses] = KEYS.deviceClasses[deviceClass] ?? [[], []];
  assert.ok(units.includes(unit ?? null), `${deviceClass} has no unit ${unit}`);
  assert.ok(stateClasses.includes(stateClass ?? ''), `${deviceClass} may not be ${stateClass}`);
}

test('every measurement type in every unit is a sensor that Home Assistant takes', () => {
  let withClass = 0;
  for (let type = 0; type < 256; type++) {
    const units = unitsOf(type);
    for (let unit = 0; unit < Math.max(1, units.length); unit++) {
      const { vscpClass, vscpType, data = [] } = encodeMeasurement({ form: 'float', type, unit, value: 2.5 });
      const event = { head: 0, obid: 0, dateTime: '', timestamp: 0, vscpClass, vscpType, guid: GUID };
      const entity = entities.entityOf({ ...event, data: Uint8Array.from(data) });
      assert.ok(entity !== undefined, `${type} ${unit}`);
      assert.equal(entity.state, '2.5');
      const discovery = entities.discoveryOf(entity, { topic: 'vscp', names: {} });
      checkDiscovery(entity.component, discovery);
      if (discovery.device_class !== undefined) withClass++;
    }
  }
  assert.ok(withClass >= 40, `${withClass} with a device class`);
});

/** What Home Assistant hears of the bridge. */
async function listen(broker: Broker) {
  const peer = await broker.connect();
  const told = new Map<string, string>();
  peer.on('message', (topic, payload) => {
    told.set(topic, payload.toString());
  });
  await peer.subscribeAsync(['homeassistant/#', 'vscp-home-assistant/#'], { qos: 1 });
  const configs = (): [component: string, discovery: Discovery][] =>
    [...told]
      .filter(([topic]) => topic.endsWith('/config'))
      .map(([topic, text]) => [topic.split('/')[1] ?? '', JSON.parse(text) as Discovery]);
  return {
    peer,
    told,
    configs,
    /** Waits for the entity with this name, as the broker has it now. */
    async entity(name: string): Promise<Discovery> {
      const find = () => configs().find(([, discovery]) => discovery.name === name)?.[1];
      await eventually(`${name} is discovered`, () => told.has(find()?.state_topic ?? ''));
      return find() as Discovery;
    },
    until: (topic: string, payload: string) =>
      eventually(`${topic} is ${payload}`, () => told.get(topic) === payload),
  };
}

function startBridge(context: TestContext, serverUrl: string, brokerUrl: string) {
  const config = folder.file(
    'bridge.json',
    JSON.stringify({
      driver: { url: `${serverUrl}/ws2`, user: 'admin', 'password-file': 'password' },
      broker: { url: brokerUrl },
      names: { [GUID]: 'Kitchen' },
    }),
  );
  folder.file('password', 'secret\n');
  const child: ChildProcess = spawn(process.execPath, [join(FOLDER, 'bridge.mjs'), config], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  context.after(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output += chunk;
    });
  }
  return { child, output: () => output };
}

const STATUS = 'vscp-home-assistant/status';
const LAMP = [0, 1, 2];

test('the bridge shows nodes in Home Assistant, and switches', async (context) => {
  const broker = await Broker.start(context);
  const server = await memoryServerFor(context);
  const lamp = (vscpType: number) =>
    server.link.hostWrite(makeEvent({ vscpClass: 20, vscpType, data: Uint8Array.from(LAMP) }));
  // Known to the driver before the bridge comes.
  server.link.hostWrite(makeEvent());
  const hears = await listen(broker);
  const proxy = await TcpProxy.start(context, broker.port);
  const bridge = startBridge(context, server.url, `mqtt://127.0.0.1:${proxy.port}`);
  const ended = once(bridge.child, 'exit');
  await hears.until(STATUS, 'online').catch((error: unknown) => {
    throw new Error(`${error}: ${bridge.output()}`);
  });

  await context.test('a measurement that the driver remembers is a sensor with its value', async () => {
    const sensor = await hears.entity('Temperature 1');
    assert.deepEqual(sensor, {
      name: 'Temperature 1',
      unique_id: `vscp_${NODE}_10_6_1`,
      state_topic: `vscp-home-assistant/${NODE}_10_6_1/state`,
      availability_topic: STATUS,
      device_class: 'temperature',
      state_class: 'measurement',
      unit_of_measurement: '°C',
      device: { identifiers: [`vscp_${NODE}`], name: 'Kitchen', manufacturer: 'VSCP', serial_number: GUID },
      origin: { name: 'vscpl2drv-websocksrv', support_url: 'https://www.vscp.org' },
    });
    assert.equal(hears.told.get(sensor.state_topic), '22.45');
    server.link.hostWrite(makeEvent({ data: Uint8Array.from([0x89, 0x82, 0x08, 0xc6]) }));
    await hears.until(sensor.state_topic, '22.46');
  });

  await context.test(
    'an On is a switch of the same device; a command reaches the node, its answer comes back',
    async () => {
      lamp(3);
      const lampSwitch = await hears.entity('Switch 0.1.2');
      checkDiscovery('switch', lampSwitch);
      assert.deepEqual(lampSwitch.device.identifiers, [`vscp_${NODE}`]);
      assert.equal(hears.told.get(lampSwitch.state_topic), 'ON');
      await hears.peer.publishAsync(lampSwitch.command_topic ?? '', 'OFF');
      const sent = await server.link.nextFromDriver(60_000);
      assert.deepEqual([sent.vscpClass, sent.vscpType, [...sent.data]], [30, 6, LAMP]);
      assert.equal(hears.told.get(lampSwitch.state_topic), 'ON', 'not before the node answers');
      lamp(4);
      await hears.until(lampSwitch.state_topic, 'OFF');
      await hears.peer.publishAsync(lampSwitch.command_topic ?? '', 'ON');
      assert.equal((await server.link.nextFromDriver(60_000)).vscpType, 5);
    },
  );

  await context.test('all that was told is what Home Assistant takes, in different topics', () => {
    const configs = hears.configs();
    assert.equal(configs.length, 2);
    for (const [component, discovery] of configs) checkDiscovery(component, discovery);
    assert.equal(new Set(configs.map(([, { state_topic: topic }]) => topic)).size, 2);
  });

  await context.test(
    'a broker that forgot everything is told everything again, as it stands now',
    async () => {
      await broker.stop();
      lamp(3);
      await broker.start();
      const again = await listen(broker);
      await again.until((await again.entity('Switch 0.1.2')).state_topic, 'ON');
      assert.equal(again.told.get((await again.entity('Temperature 1')).state_topic), '22.46');
      await again.until(STATUS, 'online');
    },
  );

  await context.test('commands of yesterday and those without sense are not obeyed', async () => {
    const owner = await listen(broker);
    const { command_topic: commandTopic = '' } = await owner.entity('Switch 0.1.2');
    proxy.isDown = true;
    proxy.cut();
    await owner.until(STATUS, 'offline');
    await owner.peer.publishAsync(commandTopic, 'OFF', { retain: true, qos: 1 });
    proxy.isDown = false;
    await owner.until(STATUS, 'online');
    await owner.peer.publishAsync(commandTopic, 'TOGGLE');
    await owner.peer.publishAsync('vscp-home-assistant/unknown/set', 'ON');
    await eventually('they are ignored', () => bridge.output().match(/Ignored a command/g)?.length === 3);
    await owner.peer.publishAsync(commandTopic, 'ON');
    assert.equal((await server.link.nextFromDriver(60_000)).vscpType, 5, 'the first that was sent');
  });

  await context.test('without the driver, and after its end, everything is unavailable', async () => {
    const last = await listen(broker);
    await last.until(STATUS, 'online');
    await server.close();
    await last.until(STATUS, 'offline');
    bridge.child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null], bridge.output());
  });
});

test('the broker says offline for a bridge that died', async (context) => {
  const broker = await Broker.start(context);
  const server = await memoryServerFor(context);
  const hears = await listen(broker);
  const { child } = startBridge(context, server.url, broker.url);
  await hears.until(STATUS, 'online');
  child.kill('SIGKILL');
  await hears.until(STATUS, 'offline');
});

test('a configuration that is wrong is refused with the name of the key', async (context) => {
  for (const [keys, message] of [
    [{ driver: { url: 'ws://127.0.0.1:9' } }, /^broker: expected an object$/m],
    [{ driver: { user: 'x' }, broker: {} }, /^driver\.url: found nothing, expected a text$/m],
    [{ driver: {}, broker: {}, brokers: [] }, /^brokers: unknown key$/m],
    [
      { driver: { url: 'ws://127.0.0.1:9', user: 'x', 'password-file': 'none' }, broker: {} },
      /^driver\.password-file: ENOENT/m,
    ],
    // The sample has only keys that are known; its files are not here.
    [join(FOLDER, 'home-assistant.json'), /^driver\.password-file: ENOENT/m],
  ] as const) {
    const config = typeof keys === 'string' ? keys : folder.file('wrong.json', JSON.stringify(keys));
    const child = spawn(process.execPath, [join(FOLDER, 'bridge.mjs'), config], { stdio: 'pipe' });
    context.after(() => child.kill('SIGKILL'));
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const [code] = await once(child, 'close');
    assert.equal(code, 2);
    assert.match(said, message);
  }
});
