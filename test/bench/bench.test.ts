import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BenchContext, demandOrder, type Plan } from './bench-context.ts';
import { type DriverHost, loginOf } from './driver-host.ts';
import { stopAll } from './line-process.ts';
import { LoadClient } from './load-client.ts';
import { buildPrograms } from './native-build.ts';
import { floodDriver } from './parts/fan-out.ts';
import { Posters, ws2Senders } from './parts/http-api.ts';
import { NaiveServer, PlainWriter, WRITER_MODULO } from './references.ts';

const BUILD = fileURLToPath(new URL('../../build/', import.meta.url));
const LIBRARY = `${BUILD}Release/libvscpl2drv-websocksrv.so`;
const PLAN: Plan = {
  latencyEvents: { close: 100, sparse: 8 },
  steadyUnjudged: true,
  rounds: 1,
  warmupMs: 20,
  windowMs: 50,
  longWindowMs: 50,
  clientCounts: [4],
  filterCounts: [4],
  idleClients: 4,
  steadyClients: 4,
  crowd: { sessions: 20, users: 4 },
  scaleClients: 4,
  scaleWorkers: [2],
  historyYear: false,
};
const CLIENTS = 4;

let bench: BenchContext;

before(async () => {
  const programs = await buildPrograms(`${BUILD}bench`);
  bench = new BenchContext(programs, [programs.feeder, LIBRARY], PLAN);
});
after(stopAll);

test('the load client gets every frame of the plain writer, in order, however they are gathered', async () => {
  const writer = await PlainWriter.start(bench.programs.writer);
  const client = await bench.connectPlain(writer.port, { count: CLIENTS, modulo: WRITER_MODULO });
  for (const gather of [1, 16, 300]) {
    await writer.startFlood(gather);
    await bench.warmUp();
    await writer.stopFlood();
    const snapshot = await client.reset();
    demandOrder(snapshot, `gather ${gather}`);
    assert.ok(snapshot.messages > CLIENTS * gather);
  }
  await Promise.all([client.stop(), writer.stop()]);
});

test('every event of the naive server reaches every client, and an echo is timed', async () => {
  const server = await NaiveServer.start();
  const client = await bench.connectPlain(server.port, { count: CLIENTS });
  await server.startFeed(0);
  await bench.warmUp();
  const feed = await server.stopFeed();
  assert.ok(await client.awaitEvent(feed.lastSeq, 5000));
  const snapshot = await client.snap();
  demandOrder(snapshot, 'naive server');
  assert.equal(snapshot.messages, CLIENTS * feed.written);
  const echo = await bench.connectPlain(server.port, { count: 1, stamped: true });
  await echo.startSending(100, 0);
  assert.ok(await echo.awaitEvent(5, 5000));
  const { latency } = await echo.snap();
  assert.ok(latency.count >= 5 && latency.p50Ns > 1000 && latency.p50Ns <= latency.maxNs);
  await Promise.all([client.stop(), echo.stop(), server.stop()]);
});

test('writes are counted, however they are sent: by the writer in C and by the driver to a group', async () => {
  const writer = await PlainWriter.start(bench.programs.writer);
  const host = await bench.startDriver();
  const plain = await bench.connectPlain(writer.port, { count: CLIENTS, modulo: WRITER_MODULO });
  const ours = await bench.connectReceivers(host, { count: CLIENTS });
  const flood = async (server: PlainWriter | DriverHost, client: LoadClient, run: () => Promise<unknown>) => {
    await client.reset();
    const from = await server.usage();
    await run();
    const to = await server.usage();
    let { bytes, messages } = await client.snap();
    for (let before = -1; before !== messages; ) {
      before = messages;
      await bench.warmUp();
      ({ bytes, messages } = await client.snap());
    }
    const writes = to.writes - from.writes;
    return { share: (to.writtenBytes - from.writtenBytes) / bytes, messagesPerWrite: messages / writes };
  };
  const sixteen = await flood(writer, plain, async () => {
    await writer.startFlood(16);
    await bench.warmUp();
    await writer.stopFlood();
  });
  assert.ok(sixteen.share > 0.9 && sixteen.share < 1.1, `${sixteen.share} of the bytes were written`);
  assert.ok(sixteen.messagesPerWrite > 4 && sixteen.messagesPerWrite <= 16, `${sixteen.messagesPerWrite}`);
  const group = await flood(host, ours, () => floodDriver(bench, host, ours));
  assert.ok(group.share > 0.9 && group.share < 1.1, `${group.share} of the bytes were written`);
  assert.ok(group.messagesPerWrite >= 1, `${group.messagesPerWrite}`);
  await Promise.all([plain.stop(), ours.stop(), writer.stop(), host.stop()]);
});

test('a client that stops reading gets nothing until it reads again', async () => {
  const writer = await PlainWriter.start(bench.programs.writer);
  const client = await bench.connectPlain(writer.port, { count: 1, protocol: 'ws2', modulo: WRITER_MODULO });
  await client.readRate(0);
  await client.reset();
  await writer.startFlood(16);
  await bench.warmUp();
  await writer.stopFlood();
  assert.equal((await client.snap()).messages, 0);
  await client.readRate(-1);
  while ((await client.snap()).messages === 0) await bench.warmUp();
  demandOrder(await client.snap(), 'resumed reader');
  await Promise.all([client.stop(), writer.stop()]);
});

test('the host counts what is posted, and what is sent over ws2 beside it', async () => {
  const host = await bench.startDriver();
  const posters = new Posters(host.port, 1);
  while (posters.accepted === 0) await bench.warmUp();
  await posters.stop();
  await host.demandRead(posters.accepted);
  await host.received(true);
  const senders = await ws2Senders(bench, host);
  await senders.startSending(0, 1);
  while ((await senders.snap()).acks === 0) await bench.warmUp();
  await senders.stopSending();
  await host.demandRead((await senders.answered()).acks);
  await Promise.all([senders.stop(), host.stop()]);
});

test('a refused login is told with the words of the server', async () => {
  const host = await bench.startDriver();
  const login = { ...loginOf('receiver'), crypto: '00'.repeat(16) };
  await assert.rejects(
    LoadClient.connect(bench.programs.client, { port: host.port, count: 1, protocol: 'ws1', login }),
    /-;AUTH;5/,
  );
  await host.stop();
});

test('the driver loses no event of a flood to ws1 and ws2 clients', async () => {
  const host = await bench.startDriver({ 'max-incoming-queue-size': 256 });
  const client = await bench.connectReceivers(host, { count: CLIENTS });
  // Every flood is checked for lost events; on a busy machine no event may come within a window of
  // milliseconds.
  let rate = 0;
  for (let flood = 0; flood < 20 && rate === 0; flood++) {
    rate = (await floodDriver(bench, host, client)).messagesPerSecond;
  }
  assert.ok(rate > 0);
  await client.stop();
  await host.stop();
});
