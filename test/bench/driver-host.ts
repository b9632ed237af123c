import { createCipheriv } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { quickUser } from '../support/users.ts';
import { LineProcess } from './line-process.ts';
import type { LatencyFigures, Login, Usage } from './load-client.ts';

const KEY_HEX = '6B29FC40CA471067B31D00DD010662DA';
const IV_HEX = '5A475C082C80DCDF7F2DFBD976253B24';
const PASSWORD = 'secret';
const READ_TIMEOUT_MS = 10_000;
const POLL_MS = 50;

/** `receiver` may do everything; `sender` sends events and gets none. */
const USERS = [
  quickUser('receiver', 'admin'),
  quickUser('sender', 'websockets,send-events,l1ctrl-events,l2ctrl-events'),
];
const RESTART_TIMEOUT_MS = 30_000;

/** The login that every client of the benchmark uses: the same cipher text each time (`auth-iv` is `any`). */
export function loginOf(user: string): Login {
  const text = Buffer.from(`${user}:${PASSWORD}`);
  const padded = Buffer.concat([text, Buffer.alloc(16 - (text.length % 16))]);
  const cipher = createCipheriv('aes-128-cbc', Buffer.from(KEY_HEX, 'hex'), Buffer.from(IV_HEX, 'hex'));
  cipher.setAutoPadding(false);
  return { iv: IV_HEX, crypto: Buffer.concat([cipher.update(padded), cipher.final()]).toString('hex') };
}

/** Makes a folder with the users and the key of every server of the benchmark; `more` are further users. */
export async function makeServerFolder(more: readonly object[] = []): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'websocksrv-bench-'));
  const users = [...USERS, ...more];
  await writeFile(join(folder, 'users.json'), JSON.stringify({ users }), { mode: 0o600 });
  await writeFile(join(folder, 'vscp.key'), `${KEY_HEX}\n`, { mode: 0o600 });
  return folder;
}

/** The configuration of such a server. */
export function configIn(folder: string, settings: Record<string, unknown>): Record<string, unknown> {
  return {
    interface: 'ws://127.0.0.1:0',
    'path-users': join(folder, 'users.json'),
    'key-file': join(folder, 'vscp.key'),
    'auth-iv': 'any',
    'max-clients': 0,
    logging: {
      'console-enable-log': false,
      'file-enable-log': true,
      'file-path': join(folder, 'driver.log'),
    },
    ...settings,
  };
}

/** What the writing thread of the host did. */
export interface FeedResult {
  firstSeq: number;
  lastSeq: number;
  written: number;
  timeouts: number;
  seconds: number;
  /** CPU time of the writing thread, which is the host's and not the driver's. */
  cpuNs: number;
  /** How long the calls of VSCPWrite took. */
  duration: LatencyFigures;
}

export interface HostUsage extends Usage {
  /** CPU time of the thread that calls VSCPRead: the host's, not the driver's. */
  readerCpuNs: number;
}

export interface FeedOptions {
  /** Events a second; 0 = as fast as VSCPWrite takes them. */
  rate?: number;
  /** The event's type is its number modulo this. */
  types?: number;
  /** The event's GUID ends in its number modulo this. */
  guids?: number;
  stamped?: boolean;
  /** Gaps between events vary by half. */
  random?: boolean;
}

/** The C host (native/feeder.c) with the driver opened in it. */
export class DriverHost {
  readonly #process: LineProcess;
  readonly #folder: string;
  readonly #settings: Record<string, unknown>;
  /** The time that the last VSCPOpen took. */
  port = 0;
  openMs = 0;

  private constructor(process: LineProcess, folder: string, settings: Record<string, unknown>) {
    this.#process = process;
    this.#folder = folder;
    this.#settings = settings;
  }

  /**
   * Starts a host with `command` and opens the driver; `settings` are configuration keys and `more` are users
   * in addition to the usual ones.
   */
  static async start(
    command: readonly string[],
    settings: Record<string, unknown> = {},
    more: readonly object[] = [],
  ): Promise<DriverHost> {
    const folder = await makeServerFolder(more);
    const process = new LineProcess('driver host', command, () =>
      rmSync(folder, { recursive: true, force: true }),
    );
    const host = new DriverHost(process, folder, settings);
    try {
      await host.open();
      return host;
    } catch (error) {
      await host.stop();
      throw error;
    }
  }

  /** VSCPOpen; returns how long it took. */
  async open(): Promise<number> {
    const own = { 'event-layout': '2026', 'event-data': 'driver', ...this.#settings };
    const config = configIn(this.#folder, own);
    const reply = await this.#process.request<{ ok: boolean; ms: number; port: number }>(
      `open ${JSON.stringify(config)}`,
    );
    if (!reply.ok) throw new Error('VSCPOpen failed');
    if (reply.port === 0) throw new Error('the driver does not listen');
    this.port = reply.port;
    this.openMs = reply.ms;
    return reply.ms;
  }

  /** Waits until the driver listens again after its runtime has ended. */
  async awaitRestart(): Promise<void> {
    const deadline = Date.now() + RESTART_TIMEOUT_MS;
    const before = this.port;
    while (this.port === before || this.port === 0) {
      if (Date.now() > deadline) throw new Error('the runtime did not start again');
      await sleep(10);
      this.port = (await this.#process.request<{ port: number }>('port')).port;
    }
  }

  /** VSCPClose; returns how long it took. */
  async close(): Promise<number> {
    const reply = await this.#process.request<{ code: number; ms: number }>('close');
    if (reply.code !== 0) throw new Error(`VSCPClose gave ${reply.code}`);
    return reply.ms;
  }

  async startFeed(options: FeedOptions = {}): Promise<void> {
    const { rate = 0, types = 1, guids = 1, stamped = false, random = false } = options;
    const flags = `stamped=${stamped ? 1 : 0} random=${random ? 1 : 0}`;
    await this.#process.request(`start rate=${rate} types=${types} guids=${guids} ${flags}`);
  }

  stopFeed(): Promise<FeedResult> {
    return this.#process.request('stop');
  }

  /** What VSCPRead gave since the last reset. */
  received(
    reset = false,
  ): Promise<{ atNs: number; events: number; unknown: number; latency: LatencyFigures }> {
    return this.#process.request(reset ? 'received reset=1' : 'received');
  }

  /**
   * Waits until VSCPRead gave as many events as were accepted. @throws Error when it does not, or gives
   * unknown ones
   */
  async demandRead(accepted: number): Promise<void> {
    const deadline = Date.now() + READ_TIMEOUT_MS;
    for (;;) {
      const { events, unknown } = await this.received();
      if (events === accepted && unknown === 0) return;
      if (Date.now() > deadline) throw new Error(`${accepted} accepted, ${events} read, ${unknown} unknown`);
      await sleep(POLL_MS);
    }
  }

  usage(): Promise<HostUsage> {
    return this.#process.request('usage');
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }
}
