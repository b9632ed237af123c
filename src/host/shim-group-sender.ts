import type { GroupSender } from '../delivery/group-sender.ts';
import { type Bridge, MAX_SEND_GROUP, SEND_SLOTS } from './bridge.ts';

/** Positions of a slot's fields, in elements of the views: struct SendSlot in native-shim/group_sender.h. */
const FD_STRIDE = 4;
const EVENTS_STRIDE = 2;
const EVENTS_OFFSET = 1;
const BLOCKED = 0;

/** Group sends through the shim. Both sides share the table of slots and run on this thread. */
export class ShimGroupSender implements GroupSender {
  readonly maxMembers = MAX_SEND_GROUP;
  readonly #bridge: Bridge;
  readonly #fds: Int32Array;
  readonly #events: Float64Array;
  readonly #exceptions: Uint32Array;
  readonly #free: number[] = [];
  #used = 0;

  constructor(bridge: Bridge, memory: { slots: ArrayBuffer; exceptions: ArrayBuffer }) {
    this.#bridge = bridge;
    this.#fds = new Int32Array(memory.slots);
    this.#events = new Float64Array(memory.slots);
    this.#exceptions = new Uint32Array(memory.exceptions);
  }

  take(): number | undefined {
    const slot = this.#free.pop() ?? (this.#used < SEND_SLOTS ? this.#used++ : undefined);
    if (slot !== undefined) this.#events[slot * EVENTS_STRIDE + EVENTS_OFFSET] = 0;
    return slot;
  }

  release(slot: number): void {
    this.block(slot);
    this.#free.push(slot);
  }

  open(slot: number, fd: number): void {
    this.#fds[slot * FD_STRIDE] = fd;
  }

  block(slot: number): void {
    this.#fds[slot * FD_STRIDE] = BLOCKED;
  }

  eventsThrough(slot: number): number {
    return this.#events[slot * EVENTS_STRIDE + EVENTS_OFFSET] as number;
  }

  send(
    slab: Buffer,
    start: number,
    end: number,
    events: number,
    group: Uint32Array,
    from: number,
    count: number,
  ): number {
    return this.#bridge.sendToGroup(slab, start, end, events, group, from, count);
  }

  exceptionMember(index: number): number {
    return this.#exceptions[index * 2] as number;
  }

  exceptionSent(index: number): number {
    return this.#exceptions[index * 2 + 1] as number;
  }
}
