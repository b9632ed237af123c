import { MAX_EVENT_DATA } from '../core/event.ts';
import type { GroupSender } from '../delivery/group-sender.ts';
import type { HostLink, HostLinkReader, HostLinkStats } from '../session/host-link.ts';
import type { DriverEvent } from '../vscp/event.ts';

export interface MemoryLinkOptions {
  /** Events from host to driver that may wait; 8192 when not given. */
  incomingCapacity?: number;
  /** Events from driver to host that may wait; 32000 when not given. */
  outgoingCapacity?: number;
  /** Most data bytes that the host takes; 512 when not given. */
  maxDataOfHost?: number;
  /** Most events handed to the reader in one call; 2000 when not given. */
  batchSize?: number;
  /** None when not given. */
  groupSender?: GroupSender | undefined;
}

/** The state of the server behind the link. */
export type MemoryLinkState =
  | { phase: 'opening' }
  | { phase: 'open' }
  | { phase: 'failed'; reason: string }
  | { phase: 'closed' };

/**
 * A host inside the same process, for tests. It behaves as the shim's rings do (bounded queues in both
 * directions, delivery in batches and never from within the host's call) and has the host's side as methods.
 */
export class MemoryLink implements HostLink {
  readonly maxDataOfHost: number;
  readonly groupSender: GroupSender | undefined;
  readonly #incomingCapacity: number;
  readonly #outgoingCapacity: number;
  readonly #batchSize: number;
  #incoming: DriverEvent[] = [];
  #outgoing: DriverEvent[] = [];
  #reader: HostLinkReader | undefined;
  #paused = false;
  #drainScheduled = false;
  #closeRequested = false;
  #hostWriteTimeouts = 0;
  #state: MemoryLinkState = { phase: 'opening' };
  #stateWaiters: (() => void)[] = [];
  #sendWaiters: (() => void)[] = [];

  constructor(options: MemoryLinkOptions = {}) {
    this.maxDataOfHost = options.maxDataOfHost ?? MAX_EVENT_DATA;
    this.#incomingCapacity = options.incomingCapacity ?? 8192;
    this.#outgoingCapacity = options.outgoingCapacity ?? 32000;
    this.#batchSize = options.batchSize ?? 2000;
    this.groupSender = options.groupSender;
  }

  start(reader: HostLinkReader): void {
    if (this.#reader) throw new Error('MemoryLink.start() was called twice');
    this.#reader = reader;
    this.#scheduleDrain();
    if (this.#closeRequested) setImmediate(() => reader.onClose());
  }

  send(event: DriverEvent): boolean {
    if (this.#outgoing.length >= this.#outgoingCapacity) return false;
    this.#outgoing.push(event);
    this.#release(this.#sendWaiters);
    return true;
  }

  setPaused(paused: boolean): void {
    this.#paused = paused;
    if (!paused) this.#scheduleDrain();
  }

  opened(): void {
    this.#setState({ phase: 'open' });
  }

  failed(reason: string): void {
    this.#setState({ phase: 'failed', reason });
  }

  closed(): void {
    this.#setState({ phase: 'closed' });
  }

  stats(): HostLinkStats {
    return {
      incoming: this.#incoming.length,
      incomingCapacity: this.#incomingCapacity,
      outgoing: this.#outgoing.length,
      outgoingCapacity: this.#outgoingCapacity,
      hostWriteTimeouts: this.#hostWriteTimeouts,
    };
  }

  /** Does what VSCPWrite does, without waiting: false when the queue is full (counted as a time-out). */
  hostWrite(event: DriverEvent): boolean {
    if (this.#incoming.length >= this.#incomingCapacity) {
      this.#hostWriteTimeouts++;
      return false;
    }
    this.#incoming.push(event);
    this.#scheduleDrain();
    return true;
  }

  /** Does what VSCPRead does, without waiting: the oldest event that was sent, or undefined. */
  hostRead(): DriverEvent | undefined {
    return this.#outgoing.shift();
  }

  /** Waits for the oldest event that was sent; rejects after `timeoutMs`. */
  async nextFromDriver(timeoutMs = 5000): Promise<DriverEvent> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const event = this.#outgoing.shift();
      if (event) return event;
      await this.#wait(this.#sendWaiters, deadline, 'no event came from the driver');
    }
  }

  /** Does what VSCPClose does: asks for the end, and resolves once the server has called `closed()`. */
  async hostClose(timeoutMs = 5000): Promise<void> {
    this.#closeRequested = true;
    const reader = this.#reader;
    if (reader) setImmediate(() => reader.onClose());
    await this.waitFor('closed', timeoutMs);
  }

  get closeRequested(): boolean {
    return this.#closeRequested;
  }

  get state(): MemoryLinkState {
    return this.#state;
  }

  /** Resolves when the server has reached `phase`; rejects after `timeoutMs` with the present phase. */
  async waitFor(phase: MemoryLinkState['phase'], timeoutMs = 5000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (this.#state.phase !== phase) {
      await this.#wait(this.#stateWaiters, deadline, `'${phase}' was not reached (${this.#state.phase})`);
    }
  }

  #setState(state: MemoryLinkState): void {
    this.#state = state;
    this.#release(this.#stateWaiters);
  }

  #scheduleDrain(): void {
    if (this.#drainScheduled || this.#paused || !this.#reader || this.#incoming.length === 0) return;
    this.#drainScheduled = true;
    setImmediate(() => {
      this.#drainScheduled = false;
      if (this.#paused) return;
      const batch = this.#incoming.splice(0, this.#batchSize);
      if (batch.length > 0) this.#reader?.onEvents(batch);
      this.#scheduleDrain();
    });
  }

  #release(waiters: (() => void)[]): void {
    for (const release of waiters.splice(0)) release();
  }

  #wait(waiters: (() => void)[], deadline: number, message: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(message)), Math.max(0, deadline - Date.now()));
      waiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
