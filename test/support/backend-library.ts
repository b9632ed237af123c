import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { HEAD_NANOSECONDS, type VscpEvent } from '../../src/vscp/event.ts';
import type { Backend, BackendServer, Layout } from './backend.ts';

const RELEASE = new URL('../../build/Release/', import.meta.url);
const LIBRARY = fileURLToPath(new URL('libvscpl2drv-websocksrv.so', RELEASE));
const HOST = fileURLToPath(new URL('vscp-l2-host', RELEASE));
const DRIVER_GUID = Uint8Array.from([255, 255, 255, 255, 255, 255, 255, 245, 9, 8, 7, 6, 5, 4, 0, 0]);
const REPLY_TIMEOUT_MS = 60_000;

type HostReply = Record<string, unknown> & { tag?: string; slot?: number; event?: HostEvent; error?: string };

/** How the host prints an event. */
interface HostEvent {
  head: number;
  obid: number;
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  timestamp: number;
  ns: string;
  class: number;
  type: number;
  guid: string;
  data: string;
}

function toEvent(printed: HostEvent): VscpEvent {
  const { class: vscpClass, type: vscpType, ns, guid, data, ...rest } = printed;
  const { head, obid, year, month, day, hour, minute, second, timestamp } = rest;
  const isNs = (head & HEAD_NANOSECONDS) !== 0 && ns !== '0';
  const date = { year, month, day, hour, minute, second };
  const noDate = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  return {
    head,
    obid,
    ...(isNs ? noDate : date),
    timestamp,
    timestampNs: BigInt(ns),
    vscpClass,
    vscpType,
    guid: Uint8Array.from(Buffer.from(guid, 'hex')),
    data: Uint8Array.from(Buffer.from(data, 'hex')),
  };
}

function toWords(event: VscpEvent): string {
  const { head, obid, year, month, day, hour, minute, second, timestamp } = event;
  const words = Object.entries({ head, obid, year, month, day, hour, minute, second, timestamp }).map(
    ([key, value]) => `${key}=${value}`,
  );
  words.push(`ns=${event.timestampNs}`, `class=${event.vscpClass}`, `type=${event.vscpType}`);
  words.push(`guid=${Buffer.from(event.guid).toString('hex')}`);
  if (event.data.length > 0) words.push(`data=${Buffer.from(event.data).toString('hex')}`);
  return words.join(' ');
}

/** Events in the order they came, each awaited. */
class EventQueue {
  readonly #events: VscpEvent[] = [];
  readonly #waiting: ((event: VscpEvent) => void)[] = [];

  push(event: VscpEvent): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(event);
    else this.#events.push(event);
  }

  async next(): Promise<VscpEvent> {
    const event = this.#events.shift();
    if (event !== undefined) return event;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no event came to the host')), REPLY_TIMEOUT_MS);
      this.#waiting.push((came) => {
        clearTimeout(timer);
        resolve(came);
      });
    });
  }
}

/** The program that loads the built library as a daemon does, driven over its standard streams. */
class HostProcess {
  readonly lines: string[] = [];
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #queues = new Map<number, EventQueue>();
  readonly #pending = new Map<string, { resolve(reply: HostReply): void; reject(error: Error): void }>();
  #tags = 0;

  constructor(layout: Layout) {
    const options = ['--layout', layout, '--garbage', '--free'];
    this.#child = spawn(HOST, options, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#onLine(line));
    this.#child.on('exit', (code, signal) => {
      for (const { reject } of this.#pending.values()) reject(new Error(`the host ended: ${signal ?? code}`));
    });
    this.#child.on('error', (error) => {
      for (const { reject } of this.#pending.values()) reject(error);
    });
    this.#child.stdin.on('error', () => {});
  }

  eventsOf(slot: number): EventQueue {
    const queue = this.#queues.get(slot) ?? new EventQueue();
    this.#queues.set(slot, queue);
    return queue;
  }

  request(command: string): Promise<HostReply> {
    const tag = String(++this.#tags);
    const reply = new Promise<HostReply>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${command}`)), REPLY_TIMEOUT_MS);
      const settle =
        <T>(done: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          this.#pending.delete(tag);
          done(value);
        };
      this.#pending.set(tag, { resolve: settle(resolve), reject: settle(reject) });
    });
    this.#child.stdin.write(`@${tag} ${command}\n`);
    return reply;
  }

  /** The first match in the log lines from `from` on; awaited. */
  async lineMatching(pattern: RegExp, from: number): Promise<RegExpExecArray> {
    const deadline = Date.now() + REPLY_TIMEOUT_MS;
    for (;;) {
      const found = pattern.exec(this.lines.slice(from).join('\n'));
      if (found) return found;
      if (Date.now() > deadline) throw new Error(`not logged: ${pattern}`);
      await sleep(5);
    }
  }

  async end(): Promise<void> {
    const exited = this.#child.exitCode === null ? once(this.#child, 'exit') : undefined;
    this.#child.stdin.end();
    await exited;
  }

  #onLine(line: string): void {
    if (!line.startsWith('{')) {
      this.lines.push(line);
      return;
    }
    const reply: HostReply = JSON.parse(line);
    if (reply.event !== undefined && reply.slot !== undefined) {
      this.eventsOf(reply.slot).push(toEvent(reply.event));
      return;
    }
    const pending = this.#pending.get(reply.tag ?? '');
    if (reply.error === undefined) pending?.resolve(reply);
    else pending?.reject(new Error(reply.error));
  }
}

/** Certificate and key files, and the authority that signed them. */
export interface TlsFiles {
  cert: string;
  key: string;
  ca: Buffer;
}

/** The built library inside the C host; over wss when a certificate is given. */
export class LibraryBackend implements Backend {
  readonly name: string;
  readonly layouts: ReadonlySet<Layout>;
  readonly #layout: Layout;
  readonly #tls: TlsFiles | undefined;
  readonly #folder: string;
  readonly #process: HostProcess;
  #slots = 0;

  private constructor(layout: Layout, tls: TlsFiles | undefined, folder: string) {
    this.name = `library, ${layout} host, ${tls === undefined ? 'ws' : 'wss'}`;
    this.layouts = new Set([layout]);
    this.#layout = layout;
    this.#tls = tls;
    this.#folder = folder;
    this.#process = new HostProcess(layout);
  }

  static async start(layout: Layout, tls?: TlsFiles): Promise<LibraryBackend> {
    return new LibraryBackend(layout, tls, await mkdtemp(join(tmpdir(), 'websocksrv-conformance-')));
  }

  async open(settings: Record<string, unknown>, users: readonly object[]): Promise<BackendServer> {
    const host = this.#process;
    const slot = this.#slots++;
    const usersFile = join(this.#folder, `users-${slot}.json`);
    const writeUsers = async (list: readonly object[]): Promise<void> => {
      await writeFile(`${usersFile}.new`, JSON.stringify({ users: list }), { mode: 0o600 });
      await rename(`${usersFile}.new`, usersFile);
    };
    await writeUsers(users);
    const config = {
      interface: `${this.#tls === undefined ? 'ws' : 'wss'}://127.0.0.1:0`,
      'path-users': usersFile,
      'event-layout': this.#layout,
      ...(this.#tls === undefined ? {} : { tls: { cert: this.#tls.cert, key: this.#tls.key } }),
      ...settings,
    };
    await host.request(`load ${slot} ${LIBRARY}`);
    const from = host.lines.length;
    const guid = Buffer.from(DRIVER_GUID).toString('hex');
    const opened = await host.request(
      `open ${slot} ${guid} ${JSON.stringify(config).replaceAll('\\', '\\\\')}`,
    );
    if (opened.handle === 0) throw new Error(`VSCPOpen failed: ${host.lines.slice(from).join('\n')}`);
    const [, listening = ''] = await host.lineMatching(/listens on (wss?:\/\/\S+)/, from);
    return {
      url: listening,
      clientOptions: this.#tls === undefined ? {} : { ca: this.#tls.ca },
      driverGuid: DRIVER_GUID,
      lines: host.lines,
      write: async (event) => {
        const { code } = await host.request(`write ${slot} 5000 ${toWords(event)}`);
        if (code !== 0) throw new Error(`VSCPWrite gave ${code}`);
      },
      nextRead: () => host.eventsOf(slot).next(),
      setReading: async (on) => {
        await host.request(`read ${slot} ${on ? 'on' : 'off'}`);
      },
      setUsers: writeUsers,
      close: async () => {
        const { code } = await host.request(`close ${slot}`);
        if (code !== 0) throw new Error(`VSCPClose gave ${code}`);
      },
    };
  }

  async close(): Promise<void> {
    await this.#process.end();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
