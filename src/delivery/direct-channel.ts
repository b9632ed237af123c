import { Socket } from 'node:net';
import type { GroupSender } from './group-sender.ts';
import type { OutboxSocket } from './outbox.ts';

const CHANNEL = Symbol('direct channel');

/** A TCP socket as this module needs it; `_handle` and the hooks belong to Node. */
type HookedSocket = Socket & { [CHANNEL]?: DirectChannel; _handle?: { fd?: unknown } | null };

/**
 * A client's slot in the group sender. Everything else that touches the socket or its queue blocks the slot:
 * a later group send could overtake it, or go to another connection, since the kernel reuses the descriptor
 * of a closed socket before Node tells that it has closed. So this class watches the socket's own ways to the
 * kernel, which also covers what ws writes by itself (pings, pongs, close frames). Only the end of a flush
 * opens the slot again.
 */
export class DirectChannel {
  readonly slot: number;
  readonly #fd: number;
  readonly #sender: GroupSender;
  #released = false;

  private constructor(sender: GroupSender, slot: number, fd: number) {
    this.#sender = sender;
    this.slot = slot;
    this.#fd = fd;
  }

  /**
   * Makes a blocked channel for the socket; undefined where bytes cannot go past Node (TLS, HTTP, no
   * descriptor or slot).
   */
  static of(socket: OutboxSocket, sender: GroupSender): DirectChannel | undefined {
    if (!(socket instanceof Socket) || 'encrypted' in socket) return undefined;
    const hooked: HookedSocket = socket;
    const fd = hooked._handle?.fd;
    if (typeof fd !== 'number' || !(fd > 0)) return undefined;
    const slot = sender.take();
    if (slot === undefined) return undefined;
    const channel = new DirectChannel(sender, slot, fd);
    hooked[CHANNEL] = channel;
    Object.assign(socket, WATCHED);
    return channel;
  }

  get events(): number {
    return this.#sender.eventsThrough(this.slot);
  }

  block(): void {
    if (!this.#released) this.#sender.block(this.slot);
  }

  open(): void {
    if (!this.#released) this.#sender.open(this.slot, this.#fd);
  }

  /** Call this when no group contains the slot any more. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#sender.release(this.slot);
  }
}

/** Makes each of Node's ways from a socket to the kernel block the slot first. */
const WATCHED = {
  _write(this: HookedSocket, ...args: Parameters<Socket['_write']>): void {
    this[CHANNEL]?.block();
    Socket.prototype._write.apply(this, args);
  },
  _writev(this: HookedSocket, ...args: Parameters<NonNullable<Socket['_writev']>>): void {
    this[CHANNEL]?.block();
    Socket.prototype._writev?.apply(this, args);
  },
  _final(this: HookedSocket, ...args: Parameters<Socket['_final']>): void {
    this[CHANNEL]?.block();
    Socket.prototype._final.apply(this, args);
  },
  _destroy(this: HookedSocket, ...args: Parameters<Socket['_destroy']>): void {
    this[CHANNEL]?.block();
    Socket.prototype._destroy.apply(this, args);
  },
};
