/**
 * Replaces the C host (native/feeder.c) and takes the same commands: it runs the server in this process under
 * plain Node with an in-process link, so that Node's profilers and perf see it. Timings differ from the
 * embedded driver's because events come from the same thread.
 */
import { createInterface } from 'node:readline';
import { openDriver } from '../../src/driver.ts';
import type { HostLink, HostLinkReader, HostLinkStats } from '../../src/session/host-link.ts';
import type { DriverEvent } from '../../src/vscp/event.ts';
import { makeEvent } from '../support/events.ts';
import { listeningPort, writesOfProcess } from './own-process.ts';

const BATCH = 2000;
const GUID = Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 0xf5, 0, 0, 0, 0, 0, 2, 0, 0);
const NO_LATENCY = { count: 0, p50Ns: 0, p90Ns: 0, p99Ns: 0, maxNs: 0 };
const STAMP_MODULO = 10n ** 12n;
const SEQ_BYTES = 5;
const STAMP_BYTES = 6;

/** Writes a number as native/event-frame.c does: 100 + two decimal digits a byte. */
function writeDigits(data: Uint8Array, at: number, count: number, value: number): void {
  for (let i = at + count - 1, rest = value; i >= at; i--, rest = Math.floor(rest / 100))
    data[i] = 100 + (rest % 100);
}

class FloodLink implements HostLink {
  readonly maxDataOfHost = 512;
  port = 0;
  received = 0;
  written = 0;
  nextSeq = 0;
  #reader: HostLinkReader | undefined;
  #paused = false;
  #feed = { rate: 0, types: 1, stamped: false, active: false, beganMs: 0 };
  #settle: (result: string | undefined) => void = () => undefined;
  #onClosed: () => void = () => undefined;
  readonly outcome = new Promise<string | undefined>((resolve) => {
    this.#settle = resolve;
  });

  start(reader: HostLinkReader): void {
    this.#reader = reader;
  }
  send(): boolean {
    this.received++;
    return true;
  }
  setPaused(paused: boolean): void {
    this.#paused = paused;
  }
  opened(): void {
    this.#settle(undefined);
  }
  failed(reason: string): void {
    this.#settle(reason);
  }
  configure(): void {}
  onNotice(): void {}
  onDeath(): void {}
  closed(): void {
    this.#onClosed();
  }
  stats(): HostLinkStats {
    const none = { incoming: 0, outgoing: 0, hostWriteTimeouts: 0 };
    return { ...none, incomingCapacity: BATCH, outgoingCapacity: BATCH };
  }

  begin(rate: number, types: number, stamped: boolean): void {
    this.#feed = { rate, types, stamped, active: true, beganMs: performance.now() };
    this.written = 0;
    setImmediate(() => this.#turn());
  }

  end(): number {
    this.#feed.active = false;
    return (performance.now() - this.#feed.beganMs) / 1000;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#onClosed = resolve;
      this.#reader?.onClose();
    });
  }

  #turn(): void {
    const { rate, active, beganMs } = this.#feed;
    if (!active) return;
    const due = rate > 0 ? ((performance.now() - beganMs) / 1000) * rate - this.written : BATCH;
    if (!this.#paused && due >= 1) {
      const batch: DriverEvent[] = [];
      while (batch.length < Math.min(due, BATCH)) batch.push(this.#event());
      this.#reader?.onEvents(batch);
    }
    if (rate > 0) setTimeout(() => this.#turn(), 1);
    else setImmediate(() => this.#turn());
  }

  #event(): DriverEvent {
    const { types, stamped } = this.#feed;
    const seq = this.nextSeq++;
    this.written++;
    const data = new Uint8Array(stamped ? SEQ_BYTES + STAMP_BYTES : SEQ_BYTES);
    writeDigits(data, 0, SEQ_BYTES, seq);
    if (stamped) writeDigits(data, SEQ_BYTES, STAMP_BYTES, Number(process.hrtime.bigint() % STAMP_MODULO));
    return makeEvent({ vscpType: types > 1 ? seq % types : 6, data });
  }
}

let link = new FloodLink();

async function open(configText: string): Promise<object> {
  const beganMs = performance.now();
  link = new FloodLink();
  const host = { link, configText, guid: GUID, libraryPath: '' };
  await openDriver(host);
  const reason = await link.outcome;
  if (reason !== undefined) console.error(reason);
  return { ok: reason === undefined, ms: performance.now() - beganMs, port: await listeningPort() };
}

async function run(line: string): Promise<object> {
  if (line.startsWith('open ')) return open(line.slice(5));
  const [name, ...words] = line.split(' ');
  const option = (key: string): number =>
    Number(words.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1) ?? 0);
  const atNs = Number(process.hrtime.bigint());
  if (name === 'start') {
    link.begin(option('rate'), option('types'), option('stamped') === 1);
    return { firstSeq: link.nextSeq };
  }
  if (name === 'stop') {
    const seconds = link.end();
    const numbers = {
      firstSeq: link.nextSeq - link.written,
      lastSeq: link.nextSeq - 1,
      written: link.written,
    };
    return { ...numbers, timeouts: 0, seconds, cpuNs: 0, duration: NO_LATENCY };
  }
  if (name === 'received') {
    const events = link.received;
    if (option('reset') === 1) link.received = 0;
    return { atNs, events, unknown: 0, latency: NO_LATENCY };
  }
  if (name === 'usage') {
    const cpu = process.cpuUsage();
    const rssKb = Math.round(process.memoryUsage.rss() / 1024);
    return {
      readerCpuNs: 0,
      atNs,
      cpuNs: (cpu.user + cpu.system) * 1000,
      rssKb,
      ...(await writesOfProcess()),
    };
  }
  if (name === 'close') {
    const beganMs = performance.now();
    await link.close();
    return { code: 0, ms: performance.now() - beganMs };
  }
  process.exit(0);
}

const input = createInterface({ input: process.stdin });
input.on('line', (line) => void run(line).then((reply) => console.log(JSON.stringify(reply))));
input.on('close', () => process.exit(0));
