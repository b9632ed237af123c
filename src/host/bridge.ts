import { functionAt, memoryAt, type NativeFunction } from '../core/native-calls.ts';
import type { ShimSqlite } from '../history/shim-sqlite.ts';
import type { RingMemory } from './ring.ts';
import { ringMemorySize } from './ring.ts';

/** Version of the table and the memory layouts; native-shim/bridge_table.h has the same number. */
const BRIDGE_VERSION = 6n;

/** Where the shim puts the table's address. */
const BRIDGE_SYMBOL = Symbol.for('vscpl2drv-websocksrv.bridge');

/** Entries of the table in order, each 64 bits wide: see native-shim/bridge_table.h. */
const ENTRIES = [
  'version',
  'instance',
  'configText',
  'configSize',
  'guid',
  'libraryPath',
  'libraryPathSize',
  'restartReason',
  'restartReasonSize',
  'wakeFd',
  'sharedWords',
  'maxDataOfHost',
  'sendSlots',
  'sendExceptions',
  'keptMemory',
  'keptSize',
  'attach',
  'configure',
  'opened',
  'failed',
  'closed',
  'reportDeath',
  'wakeReader',
  'wakeWriter',
  'takeNotice',
  'sendToGroup',
  'hostLayout',
  'sqliteLoad',
  'sqliteOpen',
  'sqliteClose',
  'sqliteBlock',
  'incomingMemory',
  'incomingCapacity',
  'incomingSlots',
  'outgoingMemory',
  'outgoingCapacity',
  'outgoingSlots',
] as const;

type Entry = (typeof ENTRIES)[number];

/** 32-bit words that both sides read: index into the shared words. */
export const SHARED_WORDS = {
  closeRequested: 0,
  ping: 1,
  pong: 2,
  notices: 3,
  writeTimeouts: 4,
} as const;

/** GroupSender's sizes: see native-shim/group_sender.h. */
export const SEND_SLOTS = 65_536;
export const MAX_SEND_GROUP = 1024;
const SEND_SLOT_SIZE = 16;
const SEND_EXCEPTION_SIZE = 8;

const SHARED_WORD_COUNT = 5;
const MAX_NOTICE_BYTES = 1024;

/** What the shim has to know about the configuration. */
export interface BridgeSettings {
  /** Events from host to driver that may wait. */
  maxIncomingQueueSize: number;
  /** Events from driver to host that may wait. */
  maxOutgoingQueueSize: number;
  eventLayout: 'auto' | 'classic' | '2026';
  eventData: 'host' | 'driver';
  /** Megabytes. */
  maxHeapMb: number;
}

const LAYOUT_CODES = { auto: 0, classic: 1, '2026': 2 } as const;
const LAYOUTS = [undefined, 'classic', '2026'] as const;
const DATA_OWNER_CODES = { host: 1, driver: 2 } as const;

/** The shim's functions: the result of each, and its parameters after the instance. */
const CALLS = {
  attach: ['void'],
  configure: ['int', 'uint32', 'uint32', 'uint32', 'uint32', 'uint32'],
  opened: ['void'],
  failed: ['void', 'str'],
  closed: ['void'],
  reportDeath: ['void', 'str'],
  wakeReader: ['void'],
  wakeWriter: ['void'],
  takeNotice: ['int', 'void *', 'uint32'],
  sendToGroup: ['uint32', 'void *', 'uint32', 'uint32', 'uint32', 'void *', 'uint32', 'uint32'],
  hostLayout: ['uint32'],
} as const satisfies Partial<Record<Entry, readonly [result: string, ...parameters: string[]]>>;

type CallName = keyof typeof CALLS;

/** The shim's functions and memory for this instance; see native-shim/bridge_table.h for what each does. */
export class Bridge {
  readonly #table: BigUint64Array;
  readonly #instance: bigint;
  readonly #calls: Record<CallName, NativeFunction>;
  readonly sharedWords: Uint32Array;

  constructor(tableAddress: bigint) {
    this.#table = new BigUint64Array(memoryAt(tableAddress, ENTRIES.length * 8));
    const version = this.#entry('version');
    if (version !== BRIDGE_VERSION) {
      throw new Error(
        `websocksrv.cjs speaks version ${BRIDGE_VERSION} of the bridge and the library version ${version}: ` +
          'both have to come from the same build (restart the host after an update)',
      );
    }
    this.#instance = this.#entry('instance');
    const made = Object.entries(CALLS).map(([name, [result, ...parameters]]) => [
      name,
      functionAt(this.#entry(name as CallName), result, ['void *', ...parameters]),
    ]);
    this.#calls = Object.fromEntries(made) as Record<CallName, NativeFunction>;
    this.sharedWords = new Uint32Array(memoryAt(this.#entry('sharedWords'), SHARED_WORD_COUNT * 4));
  }

  get configText(): string {
    return this.#text('configText', 'configSize');
  }

  get libraryPath(): string {
    return this.#text('libraryPath', 'libraryPathSize');
  }

  /** Why the environment before this one ended; empty when this one is the first. */
  get restartReason(): string {
    return this.#text('restartReason', 'restartReasonSize');
  }

  get guid(): Uint8Array {
    return new Uint8Array(memoryAt(this.#entry('guid'), 16)).slice();
  }

  /** Most data bytes that an event for this host may have, as far as the host is known. */
  get maxDataOfHost(): number {
    return Number(this.#entry('maxDataOfHost'));
  }

  /** Takes over the wake socket; its descriptor belongs to the caller from now on. */
  takeWakeFd(): number {
    this.#calls.attach(this.#instance);
    return Number(this.#entry('wakeFd'));
  }

  /** Hands over the settings and gets the rings, which exist from now on. */
  configure(settings: BridgeSettings): { incoming: RingMemory; outgoing: RingMemory } {
    const code = this.#calls.configure(
      this.#instance,
      settings.maxIncomingQueueSize,
      settings.maxOutgoingQueueSize,
      LAYOUT_CODES[settings.eventLayout],
      DATA_OWNER_CODES[settings.eventData],
      settings.maxHeapMb,
    );
    if (code !== 0) throw new Error(`no memory for the event queues and a heap of max-heap (code ${code})`);
    return { incoming: this.#ring('incoming'), outgoing: this.#ring('outgoing') };
  }

  opened(): void {
    this.#calls.opened(this.#instance);
  }

  failed(reason: string): void {
    this.#calls.failed(this.#instance, reason);
  }

  closed(): void {
    this.#calls.closed(this.#instance);
  }

  reportDeath(reason: string): void {
    this.#calls.reportDeath(this.#instance, reason);
  }

  wakeReader(): void {
    this.#calls.wakeReader(this.#instance);
  }

  wakeWriter(): void {
    this.#calls.wakeWriter(this.#instance);
  }

  /** The layout in which the host gets its events; undefined while that is not certain. */
  get hostLayout(): 'classic' | '2026' | undefined {
    return LAYOUTS[this.#calls.hostLayout(this.#instance)];
  }

  /** The shim's next message for the log: a letter for the level (i, w, e) and the text; empty = none. */
  takeNotice(): string {
    const buffer = new Uint8Array(MAX_NOTICE_BYTES);
    const size = this.#calls.takeNotice(this.#instance, buffer, MAX_NOTICE_BYTES);
    return Buffer.from(buffer.buffer, 0, size).toString('utf8');
  }

  /**
   * Memory of the sockets' slots and of `sendToGroup`'s exceptions; undefined when nothing can be sent that
   * way.
   */
  get sendMemory(): { slots: ArrayBuffer; exceptions: ArrayBuffer } | undefined {
    const slots = this.#entry('sendSlots');
    if (slots === 0n) return undefined;
    return {
      slots: memoryAt(slots, SEND_SLOTS * SEND_SLOT_SIZE),
      exceptions: memoryAt(this.#entry('sendExceptions'), MAX_SEND_GROUP * SEND_EXCEPTION_SIZE),
    };
  }

  /** Bytes that outlive the environment, zero at first; undefined when there was no memory for them. */
  get keptMemory(): Uint8Array | undefined {
    const address = this.#entry('keptMemory');
    return address === 0n ? undefined : new Uint8Array(memoryAt(address, Number(this.#entry('keptSize'))));
  }

  /** What the thread of the history needs of the shim. */
  get sqlite(): ShimSqlite {
    return {
      instance: this.#instance,
      load: this.#entry('sqliteLoad'),
      open: this.#entry('sqliteOpen'),
      close: this.#entry('sqliteClose'),
      block: this.#entry('sqliteBlock'),
    };
  }

  /** See GroupSender::Send in native-shim/group_sender.h; slab and group must not lie in V8's own heap. */
  sendToGroup(
    slab: Buffer,
    start: number,
    end: number,
    events: number,
    group: Uint32Array,
    from: number,
    count: number,
  ): number {
    return this.#calls.sendToGroup(this.#instance, slab, start, end, events, group, from, count);
  }

  #entry(name: Entry): bigint {
    return this.#table[ENTRIES.indexOf(name)] ?? 0n;
  }

  #text(address: Entry, size: Entry): string {
    const length = Number(this.#entry(size));
    return length === 0 ? '' : Buffer.from(memoryAt(this.#entry(address), length)).toString('utf8');
  }

  #ring(direction: 'incoming' | 'outgoing'): RingMemory {
    const slots = Number(this.#entry(`${direction}Slots`));
    return {
      memory: memoryAt(this.#entry(`${direction}Memory`), ringMemorySize(slots)),
      capacity: Number(this.#entry(`${direction}Capacity`)),
      slots,
    };
  }
}

/** The bridge of the host this bundle runs in; undefined under plain Node. */
export function findBridge(): Bridge | undefined {
  const address: unknown = Reflect.get(globalThis, BRIDGE_SYMBOL);
  return typeof address === 'bigint' ? new Bridge(address) : undefined;
}
