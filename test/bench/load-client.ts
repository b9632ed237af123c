import { setTimeout as sleep } from 'node:timers/promises';
import { LineProcess } from './line-process.ts';

const ANSWER_TIMEOUT_MS = 10_000;
const POLL_MS = 50;
/** Connecting and logging in may take so long, on a machine that does other things besides. */
const CONNECT_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_PER_CLIENT_MS = 50;

export interface LatencyFigures {
  count: number;
  p50Ns: number;
  p90Ns: number;
  p99Ns: number;
  maxNs: number;
}

/** What a process has used since it began. */
export interface Usage {
  atNs: number;
  cpuNs: number;
  rssKb: number;
  /** Calls that wrote, to sockets and files; the C programs count none that wrote less than 16 bytes. */
  writes: number;
  writtenBytes: number;
}

/** Counters since the last reset; `firstSeq` and `lastSeq` are there only when every client got an event. */
export interface Snapshot {
  ready: number;
  closed: number;
  closeCode: number;
  messages: number;
  bytes: number;
  reads: number;
  gaps: number;
  disorder: number;
  malformed: number;
  acks: number;
  nacks: number;
  sent: number;
  firstSeq?: number;
  lastSeq?: number;
  latency: LatencyFigures;
  usage: Usage;
}

export interface Login {
  iv: string;
  crypto: string;
}

export interface ConnectOptions {
  port: number;
  count: number;
  protocol?: 'ws1' | 'ws2' | 'mixed';
  /** Without this and `logins`, the server requires no login (the references). */
  login?: Login;
  /** A file with one login a line; connections use them in turn; see native/client.c. */
  logins?: string;
  /** The number of connections that may be begun but not ready at the same time. */
  window?: number;
  /** Each connection comes from a loopback address of its own. */
  spread?: boolean;
  /** Ask for events (OPEN); the default is true. */
  open?: boolean;
  /** Connection i takes only events of type i, or with a GUID that ends in i. */
  filter?: 'type' | 'guid';
  /** Events carry a stamp. */
  stamped?: boolean;
  /** The number at which the numbering begins again. */
  modulo?: number;
}

/** As native/connection.h numbers them. */
const FILTERS = { type: 1, guid: 2 } as const;

const flag = (value: boolean | undefined, fallback: boolean): number => ((value ?? fallback) ? 1 : 0);

/** Many websocket clients in one native process (native/client.c). */
export class LoadClient {
  readonly #process: LineProcess;
  /** The time from the beginning of the first connection until the last one is ready. */
  connectMs = 0;

  private constructor(process: LineProcess) {
    this.#process = process;
  }

  /** Starts the program and connects all clients. */
  static async connect(program: string, options: ConnectOptions): Promise<LoadClient> {
    const client = new LoadClient(new LineProcess('load client', [program]));
    const words = [
      `connect port=${options.port} count=${options.count} protocol=${options.protocol ?? 'mixed'}`,
      `open=${flag(options.open, true)} filter=${options.filter === undefined ? 0 : FILTERS[options.filter]}`,
      `stamped=${flag(options.stamped, false)} modulo=${options.modulo ?? 0}`,
    ];
    words.push(`timeout=${CONNECT_TIMEOUT_MS + CONNECT_TIMEOUT_PER_CLIENT_MS * options.count}`);
    if (options.window !== undefined) words.push(`window=${options.window}`);
    if (options.spread === true) words.push('spread=1');
    if (options.logins !== undefined) words.push(`logins=${options.logins}`);
    if (options.login) words.push(`iv=${options.login.iv} crypto=${options.login.crypto}`);
    const reply = await client.#process.request<{
      ok: boolean;
      ready: number;
      ms: number;
      refusal: string;
    }>(words.join(' '));
    client.connectMs = reply.ms;
    if (!reply.ok) {
      await client.stop();
      throw new Error(`only ${reply.ready} of ${options.count} clients connected; ${reply.refusal}`);
    }
    return client;
  }

  snap(): Promise<Snapshot> {
    return this.#process.request('snap');
  }

  /**
   * The counters once every sent event has its answer. @throws Error when an answer does not come or a sender
   * was closed
   */
  async answered(): Promise<Snapshot> {
    const deadline = Date.now() + ANSWER_TIMEOUT_MS;
    for (;;) {
      const counts = await this.snap();
      const { sent, acks, nacks, closed } = counts;
      if (closed > 0) throw new Error('the driver closed a sender');
      if (acks + nacks === sent) return counts;
      if (Date.now() > deadline) throw new Error(`${sent} sent, ${acks} accepted, ${nacks} refused`);
      await sleep(POLL_MS);
    }
  }

  /** Returns the counters and resets them to zero. */
  reset(): Promise<Snapshot> {
    return this.#process.request('snap reset=1');
  }

  /** True once every client has event `seq`; false when that takes longer than `timeoutMs`. */
  async awaitEvent(seq: number, timeoutMs: number): Promise<boolean> {
    const reply = await this.#process.request<{ ok: boolean }>(`await last=${seq} timeout=${timeoutMs}`);
    return reply.ok;
  }

  /** Bytes per second and client; 0 stops reading, -1 reads as fast as they come. */
  async readRate(bytesPerSecond: number): Promise<void> {
    await this.#process.request(`read bytes=${bytesPerSecond}`);
  }

  /**
   * Sends `rate` events a second in all (0 = as fast as allowed), with at most `window` unanswered per
   * client; with window 0 only the first client sends, and it expects no replies.
   */
  async startSending(rate: number, window: number): Promise<void> {
    await this.#process.request(`send rate=${rate} window=${window}`);
  }

  /** @returns the number of the event that the first client would send next. */
  async stopSending(): Promise<number> {
    const reply = await this.#process.request<{ nextSeq: number }>('send stop=1');
    return reply.nextSeq;
  }

  /**
   * From now on the numbers of the events that a connection gets grow by `stride`; reset the counters before.
   */
  async expectStride(stride: number): Promise<void> {
    await this.#process.request(`expect stride=${stride}`);
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }
}
