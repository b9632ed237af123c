/**
 * Sends the same bytes to many sockets in one call, past Node. Only a host with the shim's bridge offers it;
 * elsewhere everything goes through Node's sockets.
 *
 * A slot stands for one socket. At first it is blocked. While it is open, a group send may write to its
 * descriptor at any time.
 */
export interface GroupSender {
  /** Most members in one call. */
  readonly maxMembers: number;
  /** Takes a slot for a socket; it begins blocked. Undefined when no slot is left. */
  take(): number | undefined;
  /** Gives up the slot; it is blocked from now on and may be taken again. */
  release(slot: number): void;
  open(slot: number, fd: number): void;
  block(slot: number): void;
  /** Events that went out through the slot since it was taken. */
  eventsThrough(slot: number): number;
  /**
   * Sends `events` whole frames, the bytes of `slab` from `start` to `end`, to the members `from` to `from +
   * count - 1` of a group of slots. Never waits.
   * @param group made by `makeGroup`
   * @returns the number of exceptions: members that did not take all of it at once. They are blocked now.
   */
  send(
    slab: Buffer,
    start: number,
    end: number,
    events: number,
    group: Uint32Array,
    from: number,
    count: number,
  ): number;
  /** Member of the last call's exception `index`, counted from `from`. */
  exceptionMember(index: number): number;
  /** Bytes that this member took. */
  exceptionSent(index: number): number;
}

/**
 * Makes room for the slots of a group in the form that `send` takes: in separate memory, outside V8's heap.
 * @param slots what the group begins with
 */
export function makeGroup(size: number, slots: ArrayLike<number> = []): Uint32Array {
  const group = new Uint32Array(Buffer.allocUnsafeSlow(size * 4).buffer);
  group.set(slots);
  return group;
}
