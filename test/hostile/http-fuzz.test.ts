import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { LiveDriver } from '../support/live-driver.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { quickUser } from '../support/users.ts';
import { Bystander } from './bystander.ts';
import { mutateOften } from './fuzz-mutation.ts';

/** Repeat a failing run by hand: HTTP_FUZZ_SEED and HTTP_FUZZ_REQUESTS in the environment. */
const SEED = Number(process.env.HTTP_FUZZ_SEED ?? 1);
const REQUESTS = Number(process.env.HTTP_FUZZ_REQUESTS ?? 1_500);
/** Connections at once. */
const LANES = 8;
const ANSWER_TIMEOUT_MS = 60_000;
/** Growth of the process that counts as flat, after the first quarter. */
const MAX_GROWTH_KB = 48 * 1024;

const BASIC = `Basic ${Buffer.from('fuzz:secret').toString('base64')}`;
const OPERATIONS = [
  ...([
    'status',
    'sendevent',
    'readevent',
    'setfilter',
    'clearqueue',
    'measurement',
    'mdf',
    'readvar',
  ] as const),
  ...(['3', '4', '10', '12', '99', 'fly', ''] as const),
] as const;
const EVENTS = [
  '0,30,5,0,,,-,1,2',
  '"96,10,6,0,2026-01-02T03:04:05Z,0,-,0x89"',
  '0,30',
  '-',
  'E;0,20,3,0,0,-',
] as const;
const PATHS = [
  '/me',
  '/last',
  '/measurements',
  '/nodes',
  '/status',
  '/openapi.json',
  '/nothing',
  '',
] as const;
const QUERIES = [
  '',
  '?class=10',
  '?type=0x6&guid=-',
  '?filter=0,0,0,-&mask=0,0,0,-',
  '?limit=3',
  '?class=1&class=2',
] as const;
const BODIES = [
  '{"class":30,"type":5,"data":[1,2]}',
  '[{"class":30,"type":5},{"class":30}]',
  '{"type":6,"value":21.5,"unit":1}',
  '[]',
  'null',
  '{"class":1e999,"type":[[[[]]]]}',
] as const;

/** Text of a request's head may hold what is one byte each. */
function latin1(text: string): string {
  return text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?');
}

function legacyRequest(random: SeededRandom, key: string): string {
  const parameters = new URLSearchParams({
    op: random.pick(OPERATIONS),
    format: random.pick(['plain', 'csv', 'xml', 'json', 'jsonp', '3', 'yaml']),
    vscpsession: random.chance(0.9) ? key : mutateOften(key, random),
    vscpevent: mutateOften(random.pick(EVENTS), random),
    count: mutateOften('10', random),
    value: mutateOften('21.5', random),
    type: mutateOften('6', random),
    level: random.pick(['1', '2', 'x']),
    vscpfilter: mutateOften('0,0,0,-', random),
    vscpmask: mutateOften('0,0,0,-', random),
  });
  const text = random.chance(0.3) ? mutateOften(String(parameters), random) : String(parameters);
  const path = random.pick(['/rest', '/rest/', '/vscp/rest']);
  if (random.chance(0.5))
    return request(random, 'GET', `${path}?${latin1(text).replaceAll(' ', '+')}`, '', '');
  return request(random, random.pick(['POST', 'PUT']), path, text, 'application/x-www-form-urlencoded');
}

function apiRequest(random: SeededRandom): string {
  const query = random.chance(0.5) ? mutateOften(random.pick(QUERIES), random) : random.pick(QUERIES);
  const target = `/api/v1${random.pick(PATHS)}${latin1(query).replaceAll(' ', '+')}`;
  if (random.chance(0.4))
    return request(random, random.pick(['GET', 'HEAD', 'DELETE', 'OPTIONS']), target, '', '');
  const body = mutateOften(random.pick(BODIES), random);
  const path = random.pick(['/api/v1/events', '/api/v1/measurements']);
  const type = random.chance(0.95) ? 'application/json' : mutateOften('application/json', random);
  return request(random, 'POST', path, body, type);
}

/** One request that asks for the end of the connection, so that its answer can be told from what may follow. */
function request(random: SeededRandom, method: string, target: string, body: string, type: string): string {
  const bytes = Buffer.from(body);
  const lines = [
    `${method} ${target} HTTP/1.${random.pick(['0', '1'])}`,
    'Host: localhost',
    'Connection: close',
  ];
  // Wrong passwords would make all logins of the address wait for their turns, as they should.
  if (random.chance(0.98)) lines.push(`Authorization: ${random.chance(0.98) ? BASIC : 'Digest x'}`);
  if (type !== '') lines.push(`Content-Type: ${latin1(type)}`);
  if (bytes.length > 0) lines.push(`Content-Length: ${bytes.length}`);
  return `${lines.join('\r\n')}\r\n\r\n${bytes.toString('latin1')}`;
}

/** Sends bytes on a connection of its own; what comes back until the end. */
async function ask(port: number, text: string): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined);
  const timer = setTimeout(() => socket.destroy(), ANSWER_TIMEOUT_MS);
  socket.write(text, 'latin1');
  await once(socket, 'close');
  clearTimeout(timer);
  return Buffer.concat(chunks).toString('latin1');
}

/** What is wrong with an answer; undefined when nothing is. */
function faultOf(answer: string): string | undefined {
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(answer) ?? [];
  if (status === undefined) return 'no answer';
  return Number(status) === 500 || answer.includes('Exception') ? 'the driver failed' : undefined;
}

test(`each of ${REQUESTS} mutated requests to REST and API gets an answer or an HTTP error, and memory stays flat`, async (context) => {
  const driver = await LiveDriver.startFor(context, {
    keys: { 'allowed-origins': '*', 'last-values': 200, 'max-client-queue-size': 200 },
    users: [quickUser('admin', 'admin'), quickUser('fuzz', 'user,set-filter')],
  });
  await driver.host.request('mode 0 count');
  const bystander = await Bystander.join(driver);
  const login =
    'GET /rest?vscpuser=fuzz&vscpsecret=secret HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
  const [, key = ''] = /vscpsession=([0-9a-f]{32})/.exec(await ask(driver.port, login)) ?? [];
  assert.notEqual(key, '');
  let sent = 0;
  let settledKb = 0;
  const lane = async (random: SeededRandom): Promise<void> => {
    while (sent < REQUESTS) {
      sent++;
      if (sent === Math.floor(REQUESTS / 4)) settledKb = (await driver.usage()).rssKb;
      const text = random.chance(0.5) ? legacyRequest(random, key) : apiRequest(random);
      const fault = faultOf(await ask(driver.port, text));
      assert.equal(fault, undefined, `seed ${SEED}, request ${sent}: ${JSON.stringify(text)}`);
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, index) => lane(new SeededRandom(SEED * 1000 + index))));
  await bystander.check();
  const grownKb = (await driver.usage()).rssKb - settledKb;
  assert.ok(grownKb < MAX_GROWTH_KB, `${grownKb} kB more`);
  assert.doesNotMatch(driver.log, /\[(error|critical)\]|failed:|secret/);
  context.diagnostic(`${grownKb} kB more after ${REQUESTS} requests`);
  await driver.stop();
});
