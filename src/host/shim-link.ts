import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import type { GroupSender } from '../delivery/group-sender.ts';
import type { ShimSqlite } from '../history/shim-sqlite.ts';
import type { HostLink, HostLinkReader, HostLinkStats } from '../session/host-link.ts';
import type { DriverEvent } from '../vscp/event.ts';
import { type Bridge, type BridgeSettings, findBridge, SHARED_WORDS } from './bridge.ts';
import { GatherWindow } from './gather-window.ts';
import { RingConsumer, RingProducer } from './ring.ts';
import { ShimGroupSender } from './shim-group-sender.ts';

/** Most events handed to the reader in one turn of the event loop, so that sockets get their share. */
const BATCH_SIZE = 2000;

/** Where native-shim/start_script.h leaves what became of the code cache. */
const CODE_CACHE_SYMBOL = Symbol.for('vscpl2drv-websocksrv.code-cache');

/** What the link has to know about the configuration. */
export interface LinkSettings extends BridgeSettings {
  /** Longest time that events may gather, in ms; see GatherWindow. They never gather when it is not given. */
  gatherMs?: number;
}

export type NoticeLevel = 'info' | 'warn' | 'err';
export type NoticeHandler = (level: NoticeLevel, text: string) => void;

const NOTICE_LEVELS: Record<string, NoticeLevel> = { i: 'info', w: 'warn', e: 'err' };

/** What the host gave to VSCPOpen, and the link back to the host. */
export interface HostConnection {
  link: ShimLink;
  /** The text of `path-config`: a path, JSON or XML. */
  configText: string;
  /** 16 bytes, most significant first. */
  guid: Uint8Array;
  /** The library's own path, symbolic links resolved. */
  libraryPath: string;
  /** Why the environment before this one died; undefined when there was none. */
  restartReason?: string;
  /** Whether V8's code cache of this bundle was used, and why not; for the log. */
  codeCache?: string;
}

/**
 * Connects to the host whose library runs this bundle. Call this once per environment, before anything else.
 * @throws when there is no host (plain Node) or the library comes from another build.
 */
export function connectHost(): HostConnection {
  const bridge = findBridge();
  if (!bridge) throw new Error('only the library libvscpl2drv-websocksrv.so can run this bundle');
  const link = new ShimLink(bridge);
  // Otherwise Node would print both to the host's standard error and wait for the reader of that.
  process.on('uncaughtException', (error, origin) => {
    link.die(describeDeath(error, origin));
    process.exit(1);
  });
  process
    .removeAllListeners('warning')
    .on('warning', ({ name, message }) => link.warn(`${name}: ${message}`));
  // This also comes when nothing keeps the event loop alive any more, but not after an orderly end.
  process.on('exit', (code) => link.tellDeath(`exit code ${code}`));
  const connection: HostConnection = {
    link,
    configText: bridge.configText,
    guid: bridge.guid,
    libraryPath: bridge.libraryPath,
  };
  const codeCache: unknown = Reflect.get(globalThis, CODE_CACHE_SYMBOL);
  if (typeof codeCache === 'string') connection.codeCache = codeCache;
  if (bridge.restartReason) connection.restartReason = bridge.restartReason;
  return connection;
}

/** One line for the log: what was thrown and where. */
function describeDeath(error: unknown, origin: string): string {
  const kind = origin === 'unhandledRejection' ? 'unhandled rejection' : 'uncaught exception';
  const stack = error instanceof Error && error.stack ? error.stack : String(error);
  return `${kind}: ${stack.split('\n', 3).join(' ').replace(/\s+/g, ' ')}`;
}

/** The link over the shim's rings (native-shim/). */
export class ShimLink implements HostLink {
  readonly groupSender: GroupSender | undefined;
  readonly keptMemory: Uint8Array | undefined;
  readonly #bridge: Bridge;
  #incoming: RingConsumer | undefined;
  #outgoing: RingProducer | undefined;
  #reader: HostLinkReader | undefined;
  #onNotice: NoticeHandler | undefined;
  #onDeath: ((reason: string) => void) | undefined;
  #batch: DriverEvent[] = [];
  #gather: GatherWindow | undefined;
  #paused = false;
  #drainScheduled = false;
  #wakeReaderScheduled = false;
  #closeSeen = false;
  #ended = false;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
    const memory = bridge.sendMemory;
    this.groupSender = memory && new ShimGroupSender(bridge, memory);
    this.keptMemory = bridge.keptMemory;
    watchWakeSocket(bridge.takeWakeFd(), () => this.#onWake());
  }

  /**
   * Tells the shim what it has to know about the configuration, and creates the queues. Call this once,
   * before `start` and `opened`.
   * @throws when there is no memory for the queues.
   */
  configure(settings: LinkSettings): void {
    const rings = this.#bridge.configure(settings);
    this.#incoming = new RingConsumer(rings.incoming);
    this.#outgoing = new RingProducer(rings.outgoing);
    this.#gather = new GatherWindow(settings.gatherMs ?? 0, rings.incoming.capacity);
    this.#takeNotices();
  }

  /** What the thread of the history needs of the shim. */
  get sqlite(): ShimSqlite {
    return this.#bridge.sqlite;
  }

  /** Sets where the shim's messages for the log go; `handler` gets earlier messages at once. */
  onNotice(handler: NoticeHandler): void {
    this.#onNotice = handler;
    this.#takeNotices();
  }

  /**
   * Calls `handler` once when the runtime is about to end unexpectedly; nothing asynchronous runs after it.
   */
  onDeath(handler: (reason: string) => void): void {
    this.#onDeath = handler;
  }

  /** Tells the host and the `onDeath` handler that the runtime ends, and why. */
  die(reason: string): void {
    this.#bridge.reportDeath(reason);
    this.tellDeath(reason);
  }

  tellDeath(reason: string): void {
    const handler = this.#onDeath;
    this.#onDeath = undefined;
    try {
      handler?.(reason);
    } catch {
      // The runtime ends all the same.
    }
  }

  /** Logs a message of the runtime itself. */
  warn(text: string): void {
    this.#onNotice?.('warn', text);
  }

  start(reader: HostLinkReader): void {
    if (!this.#incoming) throw new Error('configure() has to come before start()');
    this.#reader = reader;
    this.#onWake();
  }

  send(event: DriverEvent): boolean {
    const outgoing = this.#outgoing;
    if (!outgoing?.push(event)) return false;
    if (!this.#wakeReaderScheduled) {
      // All events that are sent before the present callback ends wake the host's reader only once.
      this.#wakeReaderScheduled = true;
      process.nextTick(this.#wakeReader);
    }
    return true;
  }

  setPaused(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    if (!paused) this.#scheduleDrain();
  }

  opened(): void {
    this.#bridge.opened();
  }

  /** The runtime ends with this call: nothing behind it runs. */
  failed(reason: string): void {
    this.#ended = true;
    this.#bridge.failed(reason);
  }

  /** The runtime ends with this call: nothing behind it runs. */
  closed(): void {
    this.#ended = true;
    this.#bridge.closed();
  }

  get maxDataOfHost(): number {
    return this.#bridge.maxDataOfHost;
  }

  stats(): HostLinkStats {
    return {
      incoming: this.#incoming?.fill ?? 0,
      incomingCapacity: this.#incoming?.capacity ?? 0,
      outgoing: this.#outgoing?.fill ?? 0,
      outgoingCapacity: this.#outgoing?.capacity ?? 0,
      hostWriteTimeouts: Atomics.load(this.#bridge.sharedWords, SHARED_WORDS.writeTimeouts),
      layout: this.#bridge.hostLayout,
    };
  }

  readonly #wakeReader = (): void => {
    this.#wakeReaderScheduled = false;
    if (this.#outgoing?.takeSleepingReader()) this.#bridge.wakeReader();
  };

  #onWake(): void {
    if (this.#ended) return;
    const words = this.#bridge.sharedWords;
    Atomics.store(words, SHARED_WORDS.pong, Atomics.load(words, SHARED_WORDS.ping));
    if (Atomics.load(words, SHARED_WORDS.notices) !== 0) this.#takeNotices();
    if (!this.#closeSeen && this.#reader && Atomics.load(words, SHARED_WORDS.closeRequested) !== 0) {
      this.#closeSeen = true;
      this.#reader.onClose();
    }
    if (!this.#drainScheduled) this.#drain();
  }

  #scheduleDrain(): void {
    if (this.#drainScheduled) return;
    this.#drainScheduled = true;
    setImmediate(() => {
      this.#drainScheduled = false;
      this.#drain();
    });
  }

  /**
   * Lets the next batch wait a moment; meanwhile nobody sleeps, so the host need not wake anybody.
   * @param busyMs the time since the turn of the event loop began, which is where Node's timers count from: after
   * a batch for many clients the moment would already be over
   */
  #drainLater(delayMs: number, busyMs: number): void {
    this.#drainScheduled = true;
    setTimeout(
      () => {
        this.#drainScheduled = false;
        this.#drain();
      },
      Math.ceil(delayMs + busyMs),
    );
  }

  /** Hands over a batch; then either the ring is empty and sleep is announced, or another turn is due. */
  #drain(): void {
    const incoming = this.#incoming;
    const reader = this.#reader;
    if (!incoming || !reader || this.#paused || this.#ended) return;
    const batch = this.#batch;
    const count = incoming.takeInto(batch, BATCH_SIZE);
    const beganMs = performance.now();
    if (count > 0) {
      if (incoming.takeWaitingWriter()) this.#bridge.wakeWriter();
      reader.onEvents(batch);
      batch.length = 0;
    }
    const endedMs = performance.now();
    const gathers = this.#gather?.afterBatch(count, beganMs, endedMs);
    if (this.#paused || this.#ended) return;
    if (gathers) this.#drainLater(this.#gather?.lengthMs ?? 0, endedMs - beganMs);
    else if (count === BATCH_SIZE || !incoming.beginSleep()) this.#scheduleDrain();
  }

  #takeNotices(): void {
    const handler = this.#onNotice;
    if (!handler) return;
    for (let text = this.#bridge.takeNotice(); text !== ''; text = this.#bridge.takeNotice()) {
      handler(NOTICE_LEVELS[text.charAt(0)] ?? 'info', text.slice(1));
    }
  }
}

/** Calls `onBytes` for whatever the shim sends; the socket keeps the event loop alive. */
function watchWakeSocket(fd: number, onBytes: () => void): void {
  const onread: OnReadOpts = {
    buffer: new Uint8Array(4096),
    callback: () => {
      onBytes();
      return true;
    },
  };
  const options: SocketConstructorOpts & { onread: OnReadOpts } = {
    fd,
    readable: true,
    writable: false,
    onread,
  };
  new Socket(options).resume();
}
