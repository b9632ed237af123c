/**
 * A driver bundle for tests of the shim without a server: it hands every event back to the host. The
 * configuration is JSON with the keys of `EchoConfig`; events of class 65535 are commands by type.
 */
import '../../src/host/stdio.ts';
import { closeSync, openSync } from 'node:fs';
import { HEAD_NANOSECONDS } from '../../src/core/event.ts';
import { type BridgeSettings, findBridge } from '../../src/host/bridge.ts';
import { connectHost } from '../../src/host/shim-link.ts';
import type { DriverEvent } from '../../src/vscp/event.ts';
import { COMMAND, COMMAND_CLASS } from './echo-commands.ts';

interface EchoConfig extends Partial<BridgeSettings> {
  /** Fail to open with this reason. */
  fail?: string;
  /** Fail every opening except the first. */
  failRestarts?: boolean;
  /** Throw while the bundle is being loaded. */
  throwOnLoad?: boolean;
  /** Report neither opened nor failed. */
  silent?: boolean;
  /** Take events but send none back. */
  sink?: boolean;
  /** Send events back in the nanosecond form with this time. */
  nanoseconds?: string;
  /** Send an event as soon as the driver is open. */
  greet?: boolean;
  /** Make native calls for ever while the bundle is being loaded. */
  hammerOnLoad?: boolean;
  /** Call process.exit while the bundle is being loaded. */
  exitOnLoad?: boolean;
  /** Milliseconds between the host's wish to close and `closed()`; -1 = never. */
  closeDelayMs?: number;
}

const { link, configText, guid, libraryPath, restartReason } = connectHost();
const config = JSON.parse(configText) as EchoConfig;
if (config.throwOnLoad) throw new Error('thrown while loading');
if (config.exitOnLoad) process.exit(7);
if (config.hammerOnLoad) hammer();

const notices: string[] = [];
let received = 0;
let refused = 0;

link.configure({
  maxIncomingQueueSize: config.maxIncomingQueueSize ?? 8192,
  maxOutgoingQueueSize: config.maxOutgoingQueueSize ?? 32000,
  eventLayout: config.eventLayout ?? 'auto',
  eventData: config.eventData ?? 'host',
  maxHeapMb: config.maxHeapMb ?? 256,
});
link.onNotice((level, text) => {
  notices.push(`${level} ${text}`);
  console.error(`notice: ${level} ${text}`);
});

function send(event: DriverEvent): void {
  if (!link.send(event)) refused++;
}

const NO_FIELDS = {
  ...{ head: 0, obid: 0, timestamp: 0, timestampNs: 0n },
  ...{ year: 2026, month: 11, day: 22, hour: 23, minute: 58, second: 59 },
};

function answer(event: DriverEvent): DriverEvent {
  if (config.nanoseconds === undefined) return event;
  return { ...event, head: event.head | HEAD_NANOSECONDS, timestampNs: BigInt(config.nanoseconds) };
}

function report(event: DriverEvent): void {
  const facts = {
    guid: Buffer.from(guid).toString('hex'),
    library: libraryPath.split('/').at(-1),
    restartReason: restartReason?.slice(0, 150),
    received,
    refused,
    notices: notices.map((text) => text.slice(0, 70)),
    stats: Object.values(link.stats()),
  };
  send({ ...event, data: Buffer.from(JSON.stringify(facts)).subarray(0, 512) });
}

function flood(event: DriverEvent): void {
  let left = Buffer.from(event.data).readUInt32LE(0);
  const data = new Uint8Array(8);
  const go = (): void => {
    while (left > 0 && link.send({ ...event, vscpClass: 10, data })) left--;
    if (left > 0) setImmediate(go);
  };
  go();
}

/** Ways to use up a stack: frames of JavaScript, of parsers, of comparisons and of regular expressions. */
const RECURSIONS: Record<string, () => unknown> = {
  call: () => {
    const again = (depth: number): number => 1 + again(depth + 1);
    return again(0);
  },
  parse: () => JSON.parse('[['.repeat(1_000_000)),
  stringify: () => {
    let nested: unknown = [];
    for (let depth = 0; depth < 100_000; depth++) nested = [nested];
    return JSON.stringify(nested);
  },
  sort: () => {
    const again = (): number => {
      [2, 1].sort(again);
      return 0;
    };
    return again();
  },
  expression: () => /(?:a|(?:b|c)*)*$/.test('bc'.repeat(1_000_000)),
  source: () => new Function(`return ${'('.repeat(100_000)}1${')'.repeat(100_000)}`),
  native: () => {
    const again = (): number => {
      link.stats();
      JSON.stringify(link.stats());
      return 1 + again();
    };
    return again();
  },
};

async function recurse(event: DriverEvent): Promise<void> {
  const outcomes: Record<string, string> = {};
  for (const [name, recursion] of Object.entries(RECURSIONS)) {
    try {
      recursion();
      outcomes[name] = 'returned';
    } catch (error) {
      outcomes[name] = error instanceof Error ? error.name : String(error);
    }
    // The watchdog has to see the loop turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  send({ ...event, data: Buffer.from(JSON.stringify(outcomes)) });
}

/** Makes native calls of every kind, as densely as possible. */
function hammer(): never {
  for (;;) findBridge()?.takeNotice();
}

function run(event: DriverEvent): void {
  switch (event.vscpType) {
    case COMMAND.throwInHandler:
      throw new Error('thrown in a handler');
    case COMMAND.throwInTimer:
      setTimeout(() => {
        throw new Error('thrown in a timer');
      }, 1);
      break;
    case COMMAND.reject:
      void Promise.reject(new Error('rejected by nobody'));
      break;
    case COMMAND.exit:
      process.exit(3);
      break;
    case COMMAND.exhaustHeap: {
      const hoard: unknown[] = [];
      // In large pieces, so that the watchdog is not first on a busy machine.
      for (;;) hoard.push(new Array<number>(1000).fill(0.5));
    }
    case COMMAND.fillHeap: {
      const hoard = new Array<number>(10_000_000).fill(0.5);
      send({ ...event, data: Buffer.from(String(hoard.length)) });
      break;
    }
    case COMMAND.loopForever:
      for (;;) received ^= 0;
    case COMMAND.pause:
      link.setPaused(true);
      send(event);
      if (event.data[0]) setTimeout(() => link.setPaused(false), event.data[0] * 10);
      break;
    case COMMAND.report:
      report(event);
      break;
    case COMMAND.flood:
      flood(event);
      break;
    case COMMAND.pauseAndExit:
      link.setPaused(true);
      send(event);
      setTimeout(() => process.exit(4), 300);
      break;
    case COMMAND.say:
      console.error('said');
      break;
    case COMMAND.recurse:
      void recurse(event);
      break;
    case COMMAND.hammer:
      hammer();
      break;
    case COMMAND.hoardCalls: {
      const hoard: unknown[] = [];
      // Most of it is filled quickly, so that the watchdog is not first on a busy machine. A heap begins with
      // 64 MB.
      while (process.memoryUsage().heapUsed < 60e6) hoard.push(new Array<number>(100_000).fill(0.5));
      for (;;) hoard.push(findBridge());
    }
    case COMMAND.exitAndHammer:
      process.exit(5);
      hammer();
      break;
    case COMMAND.openFile:
      closeSync(openSync(Buffer.from(event.data), 'r'));
      break;
    case COMMAND.closeByItself:
      link.closed();
      break;
  }
}

link.start({
  onEvents(events) {
    for (const event of events) {
      received++;
      if (event.vscpClass === COMMAND_CLASS) run(event);
      else if (!config.sink) send(answer(event));
    }
  },
  onKept() {},
  onLost() {},
  onClose() {
    const delayMs = config.closeDelayMs ?? 0;
    if (delayMs >= 0) setTimeout(() => link.closed(), delayMs);
  },
});

if (config.fail) link.failed(config.fail);
else if (config.failRestarts && restartReason) link.failed('not again');
else if (!config.silent) link.opened();
if (config.greet) {
  send({
    ...NO_FIELDS,
    vscpClass: 20,
    vscpType: 3,
    guid: new Uint8Array(16).fill(0xa7),
    data: new Uint8Array(3),
  });
}
