import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { driverLibrary, NativeHost, type NativeHostOptions } from './native-host.ts';
import { stretched } from './time-factor.ts';
import { quickUser } from './users.ts';

const LOG_TIMEOUT_MS = stretched(60_000);
const POLL_MS = 10;

export const LIVE_USERS: readonly object[] = [quickUser('admin', 'admin'), quickUser('user', 'user')];

export interface LiveDriverOptions {
  /** Configuration keys in addition to the usual ones. */
  keys?: Record<string, unknown>;
  users?: readonly object[];
  /** Those of the host; told by a function when they depend on the driver's folder. */
  host?: NativeHostOptions | ((folder: string) => NativeHostOptions);
  /** Another copy of the library. */
  library?: string;
  logLevel?: string;
}

/** What the C host's `usage` reports of the process. */
export interface Usage {
  threads: number;
  fds: number;
  rssKb: number;
  /** The largest value so far. */
  peakKb: number;
  cpuMs: number;
}

/** The built library, opened in the C host with its own configuration, user database and log. */
export class LiveDriver {
  host: NativeHost;
  readonly #hostOptions: NativeHostOptions | undefined;
  /** The library's path. */
  readonly library: string;
  readonly folder: string;
  readonly usersFile: string;
  readonly logFile: string;
  readonly config: Record<string, unknown>;
  port = 0;

  private constructor(
    host: NativeHost,
    folder: string,
    options: LiveDriverOptions,
    hostOptions: NativeHostOptions | undefined,
  ) {
    this.host = host;
    this.#hostOptions = hostOptions;
    this.library = options.library ?? driverLibrary;
    this.folder = folder;
    this.usersFile = join(folder, 'users.json');
    this.logFile = join(folder, 'driver.log');
    this.config = {
      interface: 'ws://127.0.0.1:0',
      'path-users': this.usersFile,
      'event-layout': '2026',
      'enable-metrics': true,
      logging: {
        'console-enable-log': false,
        'file-enable-log': true,
        'file-path': this.logFile,
        'file-log-level': options.logLevel ?? 'info',
        // One file: what tests read is the whole log.
        'file-max-size': 0xffff_ffff,
      },
      ...options.keys,
    };
  }

  /** Starts a host without opening the driver in it. */
  static async prepare(options: LiveDriverOptions = {}): Promise<LiveDriver> {
    const folder = await mkdtemp(join(tmpdir(), 'websocksrv-live-'));
    const hostOptions = typeof options.host === 'function' ? options.host(folder) : options.host;
    const host = await NativeHost.start(options.library ?? driverLibrary, hostOptions);
    const driver = new LiveDriver(host, folder, options, hostOptions);
    await driver.writeUsers(options.users ?? LIVE_USERS);
    return driver;
  }

  static async start(options: LiveDriverOptions = {}): Promise<LiveDriver> {
    const driver = await LiveDriver.prepare(options);
    try {
      await driver.open();
      return driver;
    } catch (error) {
      await driver.dispose();
      throw error;
    }
  }

  /** A driver that is killed at the end of the test; a test that needs an orderly end calls `stop`. */
  static async startFor(context: TestContext, options: LiveDriverOptions = {}): Promise<LiveDriver> {
    const driver = await LiveDriver.start(options);
    context.after(() => driver.dispose());
    return driver;
  }

  /** Starts another host after the previous one was killed. */
  async startHost(): Promise<void> {
    this.host = await NativeHost.start(this.library, this.#hostOptions);
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** The log's file so far; lines reach it behind the answers to clients: wait for them with `waitForLog`. */
  get log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : '';
  }

  /**
   * Calls VSCPOpen, which has to succeed.
   * @param keys configuration keys in addition to the usual ones, for this call
   */
  async open(keys: Record<string, unknown> = {}): Promise<void> {
    const from = this.log.length;
    const { handle } = await this.host.open({ ...this.config, ...keys });
    if (handle <= 0) throw new Error(`VSCPOpen failed: ${this.log.slice(from)}${this.host.stderr}`);
    const [, port] = await this.waitForLog(/listens on wss?:\/\/\S+:(\d+)/, from);
    this.port = Number(port);
  }

  /** Waits for the first match in the log from character `from` on. */
  async waitForLog(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    return waitFor(pattern, () => this.log.slice(from));
  }

  async waitForStderr(pattern: RegExp): Promise<RegExpExecArray> {
    return waitFor(pattern, () => this.host.stderr);
  }

  /** Replaces the user database as an editor does. */
  async writeUsers(users: readonly object[]): Promise<void> {
    await writeFile(`${this.usersFile}.new`, JSON.stringify({ users }), { mode: 0o600 });
    await rename(`${this.usersFile}.new`, this.usersFile);
  }

  async usage(): Promise<Usage> {
    const usage = await this.host.request('usage');
    const read = (name: keyof Usage): number => Number(usage[name]);
    return {
      threads: read('threads'),
      fds: read('fds'),
      rssKb: read('rssKb'),
      peakKb: read('peakKb'),
      cpuMs: read('cpuMs'),
    };
  }

  /** The samples of /metrics without the common prefix: `events_total{direction="to_host"}` and so on. */
  async metrics(): Promise<Map<string, number>> {
    const text = await this.fetchText('/metrics');
    const samples = new Map<string, number>();
    for (const [, name, value] of text.matchAll(/^vscp_websocksrv_(\S+) (\S+)$/gm)) {
      if (name !== undefined) samples.set(name, Number(value));
    }
    return samples;
  }

  fetchText(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = get({ host: '127.0.0.1', port: this.port, path, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.once('end', () => resolve(text)).once('error', reject);
      });
      request.once('error', reject);
    });
  }

  /**
   * Ends the host as a daemon ends and removes the folder. @throws when the host did not end in good order
   */
  async stop(): Promise<void> {
    const { code, signal } = await this.host.end();
    const report = `${this.host.stderr}${this.log}`.slice(-4000);
    await rm(this.folder, { recursive: true, force: true });
    if (code !== 0 || signal !== null) throw new Error(`the host ended with ${signal ?? code}: ${report}`);
  }

  /** Cleans up after a failure. */
  async dispose(): Promise<void> {
    await this.host.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Runs a driver for one test; `body` may end it, otherwise it ends in good order here. */
export async function withLiveDriver(
  body: (driver: LiveDriver) => Promise<void>,
  options: LiveDriverOptions = {},
): Promise<void> {
  const driver = await LiveDriver.start(options);
  try {
    await body(driver);
    await driver.stop();
  } catch (error) {
    await driver.dispose();
    throw error;
  }
}

/** Waits for the first match in a text that grows. */
export async function waitFor(pattern: RegExp, read: () => string): Promise<RegExpExecArray> {
  const deadline = performance.now() + LOG_TIMEOUT_MS;
  for (;;) {
    const found = pattern.exec(read());
    if (found !== null) return found;
    if (performance.now() > deadline) throw new Error(`${pattern} did not come: ${read().slice(-2000)}`);
    await sleep(POLL_MS);
  }
}
