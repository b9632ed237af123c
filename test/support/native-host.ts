import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { classicHostProgram, driverLibrary, hostProgram } from './driver-folder.ts';
import { eventWords, type HostEvent, hostEvent, type PartialEvent } from './native-host-event.ts';
import { stretched } from './time-factor.ts';

export { classicHostProgram, driverLibrary, hostProgram };

const REPLY_TIMEOUT_MS = stretched(60_000);

export type OutputKind = 'file' | 'pipe' | 'fifo' | 'tty' | 'socket' | 'full' | 'closed';

export interface NativeHostOptions {
  /** The event struct for which the host is compiled; 2026 by default. */
  layout?: 'classic' | '2026';
  /** The threads and habits of version 14; see test/native-host/main.c. */
  profile?: 'v14';
  /** `open` starts no reading thread. */
  noReader?: boolean;
  /** At its end the host joins ended threads a second time, as daemons do. */
  joinTwice?: boolean;
  /** Pass uninitialised structs to VSCPRead. */
  garbage?: boolean;
  /** delete[] the data that were read; true by default. */
  free?: boolean;
  readTimeoutMs?: number;
  /** Leave SIGPIPE deadly. */
  deadlySigpipe?: boolean;
  stdio?: 'closed' | 'directory';
  /** What the driver finds at its standard output or error; nobody reads it until `console` says so. */
  stdout?: OutputKind;
  stderr?: OutputKind;
  umask?: string;
  /** Another copy of the host program. */
  program?: string;
  env?: Record<string, string>;
  cwd?: string;
}

export interface CallResult {
  code: number;
  ms: number;
}

export type HostReply = Record<string, unknown>;

export interface HostExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

interface Waiter {
  slot: number;
  wanted: (event: HostEvent) => boolean;
  resolve: (event: HostEvent) => void;
}

/**
 * The C host (test/native-host) as a child process: it loads a level II driver as a daemon does.
 * test/native-host/main.c describes its protocol.
 */
export class NativeHost {
  readonly #child: ChildProcess;
  readonly #pending = new Map<string, { resolve: (reply: HostReply) => void; reject: (e: Error) => void }>();
  readonly #unread: { slot: number; event: HostEvent }[] = [];
  readonly #waiters: Waiter[] = [];
  #nextTag = 1;
  /** What came on the host's standard output outside its protocol: the driver's console log. */
  console = '';
  /** What came on the host's standard error. */
  stderr = '';
  /** Settles when the process has ended. */
  readonly exited: Promise<HostExit>;

  private constructor(options: NativeHostOptions) {
    const args: string[] = [];
    if (options.profile) args.push('--profile', options.profile);
    if (options.noReader) args.push('--no-reader');
    if (options.joinTwice) args.push('--join-twice');
    if (options.garbage) args.push('--garbage');
    if (options.free !== false) args.push('--free');
    if (options.readTimeoutMs !== undefined) args.push('--read-timeout', String(options.readTimeoutMs));
    if (options.deadlySigpipe) args.push('--sigpipe', 'default');
    if (options.umask) args.push('--umask', options.umask);
    if (options.stdout) args.push('--stdout', options.stdout);
    if (options.stderr) args.push('--stderr', options.stderr);
    if (options.stdio) args.push('--stdio', options.stdio);
    const program = options.layout === 'classic' ? classicHostProgram : hostProgram;
    this.#child = spawn(options.program ?? program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.#child.stdin?.on('error', () => {});
    if (this.#child.stdout) {
      createInterface({ input: this.#child.stdout }).on('line', (line) => this.#onLine(line));
    }
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => {
        resolve({ code, signal });
        for (const { reject: fail } of this.#pending.values()) {
          fail(new Error(`the host ended (${signal ?? code}): ${this.stderr.slice(-2000)}`));
        }
      });
    });
  }

  /** Starts the host and loads `library` into slot 0 (`false` = nothing). */
  static async start(library: string | false, options: NativeHostOptions = {}): Promise<NativeHost> {
    const host = new NativeHost(options);
    try {
      if (library !== false) await host.load(library);
    } catch (error) {
      // A caller that gets no host has nothing to end.
      await host.kill();
      throw error;
    }
    return host;
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /**
   * Sends one command and waits for its answer; rejects when the answer is an error or the host ends before.
   */
  request(command: string): Promise<HostReply> {
    const tag = String(this.#nextTag++);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(tag);
        reject(new Error(`no answer to '${command}': ${this.stderr.slice(-2000)}`));
      }, REPLY_TIMEOUT_MS);
      this.#pending.set(tag, {
        resolve: (reply) => {
          clearTimeout(timer);
          resolve(reply);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      this.#child.stdin?.write(`@${tag} ${command}\n`);
    });
  }

  load(library: string, slot = 0): Promise<HostReply> {
    return this.request(`load ${slot} ${library}`);
  }

  unload(slot = 0): Promise<HostReply> {
    return this.request(`unload ${slot}`);
  }

  /** Calls VSCPOpen; an object becomes inline JSON. A handle of 0 is a failure. */
  async open(
    config: string | object,
    { slot = 0, guid = '-', background = false } = {},
  ): Promise<{ handle: number; ms: number }> {
    const text = typeof config === 'string' ? config : JSON.stringify(config);
    const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
    const reply = await this.request(`${background ? '&' : ''}open ${slot} ${guid} ${escaped}`);
    return { handle: Number(reply.handle), ms: Number(reply.ms) };
  }

  close(slot = 0): Promise<CallResult> {
    return this.#call(`close ${slot}`);
  }

  /** Calls VSCPWrite. `extra` has further words of the protocol, such as `pdata=null`. */
  write(event: PartialEvent, { slot = 0, timeoutMs = 500, extra = '' } = {}): Promise<CallResult> {
    return this.#call(`write ${slot} ${timeoutMs} ${eventWords(event)} ${extra}`);
  }

  /** Resolves to the next event of a slot that `wanted` accepts and that nobody else waited for. */
  nextEvent(
    wanted: (event: HostEvent) => boolean = () => true,
    { slot = 0, timeoutMs = stretched(20_000) } = {},
  ): Promise<HostEvent> {
    const index = this.#unread.findIndex((entry) => entry.slot === slot && wanted(entry.event));
    const [found] = index < 0 ? [] : this.#unread.splice(index, 1);
    if (found) return Promise.resolve(found.event);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(new Error(`no such event came: ${this.stderr}`));
      }, timeoutMs);
      const waiter: Waiter = {
        slot,
        wanted,
        resolve: (event) => {
          clearTimeout(timer);
          resolve(event);
        },
      };
      this.#waiters.push(waiter);
    });
  }

  /** The events of a slot as they come; never ends. */
  async *events(slot = 0): AsyncGenerator<HostEvent, never> {
    for (;;) yield await this.nextEvent(() => true, { slot });
  }

  /** Waits until the host's standard error matches; rejects after `timeoutMs`. */
  async stderrMatch(pattern: RegExp, timeoutMs = stretched(20_000)): Promise<RegExpMatchArray> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = this.stderr.match(pattern);
      if (found) return found;
      if (Date.now() > deadline)
        throw new Error(`not on standard error: ${pattern}; there is: ${this.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Stops reading the host's standard error: writing there then raises SIGPIPE. */
  closeStderr(): void {
    this.#child.stderr?.destroy();
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Ends the input, which makes the host close everything and exit. */
  async end(): Promise<HostExit> {
    this.#child.stdin?.end();
    return this.exited;
  }

  /** Cleans up: ends the host whatever state it is in. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  async #call(command: string): Promise<CallResult> {
    const reply = await this.request(command);
    return { code: Number(reply.code), ms: Number(reply.ms) };
  }

  #onLine(line: string): void {
    if (!line.startsWith('{')) {
      this.console += `${line}\n`;
      return;
    }
    const message = JSON.parse(line) as HostReply;
    if (message.event !== undefined && message.reply === undefined) {
      this.#onEvent(Number(message.slot), hostEvent(message.event as Record<string, unknown>));
      return;
    }
    const tag = String(message.tag);
    const pending = this.#pending.get(tag);
    this.#pending.delete(tag);
    if (message.error === undefined) pending?.resolve(message);
    else pending?.reject(new Error(String(message.error)));
  }

  #onEvent(slot: number, event: HostEvent): void {
    const index = this.#waiters.findIndex((waiter) => waiter.slot === slot && waiter.wanted(event));
    const [waiter] = index < 0 ? [] : this.#waiters.splice(index, 1);
    if (waiter) waiter.resolve(event);
    else this.#unread.push({ slot, event });
  }
}
