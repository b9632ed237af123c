import { libraryFunction } from '../../src/core/native-calls.ts';
import type { GroupSender } from '../../src/delivery/group-sender.ts';

const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/** What the shim's group sender does, with send() of the C library: real sockets without a native host. */
export class SendLoop implements GroupSender {
  readonly maxMembers: number;
  /** Called before each call's sends. */
  onSend: () => void = () => undefined;
  #used = 0;
  readonly #free: number[] = [];
  readonly #fds = new Map<number, number>();
  readonly #events = new Map<number, number>();
  #exceptions: { member: number; sent: number }[] = [];
  readonly #send = libraryFunction('long send(int fd, void *data, size_t size, int flags)');

  constructor(maxMembers: number) {
    this.maxMembers = maxMembers;
  }

  take(): number {
    const slot = this.#free.pop() ?? this.#used++;
    this.#events.set(slot, 0);
    return slot;
  }

  release(slot: number): void {
    this.block(slot);
    this.#free.push(slot);
  }

  open(slot: number, fd: number): void {
    this.#fds.set(slot, fd);
  }

  block(slot: number): void {
    this.#fds.delete(slot);
  }

  eventsThrough(slot: number): number {
    return this.#events.get(slot) ?? 0;
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
    this.onSend();
    this.#exceptions = [];
    for (let member = 0; member < count; member++) {
      const slot = group[from + member] ?? 0;
      const fd = this.#fds.get(slot);
      const bytes = slab.subarray(start, end);
      const sent = fd === undefined ? 0 : this.#send(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent === bytes.length) {
        this.#events.set(slot, this.eventsThrough(slot) + events);
        continue;
      }
      this.block(slot);
      this.#exceptions.push({ member, sent: Math.max(0, sent) });
    }
    return this.#exceptions.length;
  }

  exceptionMember(index: number): number {
    return this.#exceptions[index]?.member ?? 0;
  }

  exceptionSent(index: number): number {
    return this.#exceptions[index]?.sent ?? 0;
  }
}
