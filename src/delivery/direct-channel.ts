import { Socket } from 'node:net';
import type { GroupSender } from './group-sender.ts';
import type { OutboxSocket } from './outbox.ts';

const CHANNEL = Symbol('direct channel');

/** A TCP socket as this module has to know it; `_handle` and the hooks are Node's. */
type HookedSocket = Socket & { [CHANNEL]?: DirectChannel; _handle?: { fd?: unknown } | null };

/**
 * A client's slot in the group sender. Whatever else touches the socket or what waits for it blocks the slot: a
 * later group send would overtake that, or go to another connection, for the descriptor of a closed socket is
 * used again before Node tells that it has closed. So the socket's own ways to the kernel are watched, which also
 * covers what ws writes by itself (pings, pongs, close frames). Only the end of a flush opens the slot again.
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

  /** The socket's channel, blocked; undefined where bytes cannot go past Node (TLS, HTTP, no descriptor, no slot). */
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

  /** To be called when no group has the slot any more. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#sender.release(this.slot);
  }
}

/** Node's ways from a socket to the kernel, each blocking the slot first. */
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
