/**
 * The reference server on the bare `ws` library, in a process of its own:
 * - flood: one `ws.send(text)` per client and event, held back while a client is behind;
 * - a message from a client goes to all clients (with one client: echo);
 * - idle connections, for the memory the library itself needs.
 *
 * Prints {"port":P}; commands on standard input, each answered with one line of JSON: start [rate=R], stop,
 * usage, quit. It is plain JavaScript so that no loader adds to its memory.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { WebSocketServer } from 'ws';

/** A flood waits while a client has more than this many bytes unsent. */
const BEHIND_BYTES = 1 << 20;
const EVENTS_PER_TURN = 64;
/** Shortest period of a paced feed, in milliseconds. */
const PACE_MS = 5;

// A test runner that is given no names runs everything below test/; it must not wait for this program.
if (process.argv[2] !== 'serve') process.exit(0);

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
let running = false;
let nextSeq = 0;
let run = { firstSeq: 0, beganNs: 0n, cpu: process.cpuUsage(), rate: 0, written: 0 };

/** The number in five data bytes of 100 + two digits, as the load client reads it. */
function dataOf(seq) {
  const data = [];
  for (let i = 4, rest = seq; i >= 0; i--, rest = Math.floor(rest / 100)) data[i] = 100 + (rest % 100);
  return data;
}

function ws2Text(seq) {
  return JSON.stringify({
    type: 'EVENT',
    event: {
      vscpHead: 96,
      vscpObId: 0,
      vscpDateTime: '2026-01-02T03:04:05Z',
      vscpTimeStamp: 123456,
      vscpClass: 10,
      vscpType: 6,
      vscpGuid: 'FF:FF:FF:FF:FF:FF:FF:F5:00:00:00:00:00:02:00:00',
      vscpData: dataOf(seq),
      vscpNote: '',
    },
  });
}

function ws1Text(seq) {
  const data = dataOf(seq).map((byte) => `0x${byte.toString(16).toUpperCase()}`);
  return `E;96,10,6,0,2026-01-02T03:04:05Z,123456,FF:FF:FF:FF:FF:FF:FF:F5:00:00:00:00:00:02:00:00,${data.join(',')}`;
}

function sendEvent(seq) {
  const texts = { '/ws1': ws1Text(seq), '/ws2': ws2Text(seq) };
  for (const client of server.clients) client.send(texts[client.path]);
  run.written++;
}

function someoneIsBehind() {
  for (const client of server.clients) if (client.bufferedAmount > BEHIND_BYTES) return true;
  return false;
}

function floodTurn() {
  if (!running) return;
  for (let i = 0; i < EVENTS_PER_TURN && !someoneIsBehind(); i++) sendEvent(nextSeq++);
  setImmediate(floodTurn);
}

function pacedTurn() {
  if (!running) return;
  const due = (Number(process.hrtime.bigint() - run.beganNs) / 1e9) * run.rate;
  while (run.written < due && !someoneIsBehind()) sendEvent(nextSeq++);
  setTimeout(pacedTurn, PACE_MS);
}

function usage() {
  const cpu = process.cpuUsage();
  const io = readFileSync('/proc/self/io', 'latin1');
  const number = (name) => Number(new RegExp(`${name}: (\\d+)`).exec(io)?.[1] ?? 0);
  return {
    atNs: Number(process.hrtime.bigint()),
    cpuNs: (cpu.user + cpu.system) * 1000,
    rssKb: Math.round(process.memoryUsage.rss() / 1024),
    writes: number('syscw'),
    writtenBytes: number('wchar'),
  };
}

const commands = {
  start(words) {
    const rate = Number(words.find((word) => word.startsWith('rate='))?.slice(5) ?? 0);
    running = true;
    run = { firstSeq: nextSeq, beganNs: process.hrtime.bigint(), cpu: process.cpuUsage(), rate, written: 0 };
    setImmediate(rate > 0 ? pacedTurn : floodTurn);
    return { firstSeq: nextSeq };
  },
  stop() {
    running = false;
    return { firstSeq: run.firstSeq, lastSeq: nextSeq - 1, written: run.written };
  },
  usage,
};

server.on('connection', (client, request) => {
  client.path = request.url;
  client.on('error', () => client.terminate());
  client.on('message', (data) => {
    const text = data.toString();
    for (const other of server.clients) other.send(text);
  });
});
server.on('listening', () => console.log(JSON.stringify({ port: server.address().port })));

const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  const [name, ...words] = line.split(' ');
  const command = commands[name];
  if (command) console.log(JSON.stringify(command(words)));
  else process.exit(0);
});
input.on('close', () => process.exit(0));
