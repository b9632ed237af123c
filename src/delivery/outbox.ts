import { Backlog } from './backlog.ts';
import type { DirectChannel } from './direct-channel.ts';
import type { FrameRun } from './event-frames.ts';

/** Most bytes in one write to the socket. */
const MAX_WRITE = 256 * 1024;
/**
 * The same after a write that the kernel did not take at once: smaller steps show a slow client's progress.
 */
const MAX_WRITE_SLOW = 64 * 1024;
/** Pieces of a write that are smaller on average are copied together: that costs less than handing over each. */
const WORTH_A_PIECE = 2048;
/** Replies that may wait before the client's input is held back. */
const MAX_REPLY_BYTES = 256 * 1024;

/** What an outbox needs from the stream that it writes to. */
export interface OutboxSocket {
  readonly writable: boolean;
  readonly writableLength: number;
  readonly writableCorked: number;
  cork(): void;
  uncork(): void;
  write(bytes: Buffer, done?: (error?: Error | null) => void): boolean;
}

/**
 * The sending side of one client: replies first, then, while the event channel flows, the backlog of
 * events. At most one write is under way, so the runtime buffers at most one write for a client, and
 * everything else stays in the bounded backlog.
 */
export class Outbox {
  readonly backlog: Backlog;
  /** The way past Node, if there is one; open only while nothing waits here. */
  readonly channel: DirectChannel | undefined;
  /** Since when the kernel has not taken all written bytes (milliseconds); 0 = it has. */
  stalledSinceMs = 0;
  /** Set while the hub has this outbox in its list of those to flush. */
  queued = false;
  readonly #socket: OutboxSocket;
  readonly #isOpen: () => boolean;
  readonly #nowMs: () => number;
  readonly #counters: { eventsToClients: number };
  readonly #onDrained: () => void;
  #flowing = false;
  #delivered = 0;
  #replies: Buffer[] = [];
  #replyBytes = 0;
  #inMessage = false;
  #writes = 0;
  #writesDone = 0;
  #sizeLimit = MAX_WRITE;

  constructor(options: {
    socket: OutboxSocket;
    channel?: DirectChannel | undefined;
    /** False once a close frame was sent, by either side: nothing may follow it. */
    isOpen: () => boolean;
    maxEvents: number;
    maxBytes: number;
    nowMs: () => number;
    /** Counts what the socket gets. */
    counters: { eventsToClients: number };
    /** Called when a write that had to wait is complete and more has been written. */
    onDrained: () => void;
  }) {
    this.#socket = options.socket;
    this.channel = options.channel;
    this.#isOpen = options.isOpen;
    this.#nowMs = options.nowMs;
    this.#counters = options.counters;
    this.#onDrained = options.onDrained;
    this.backlog = new Backlog(options.maxEvents, options.maxBytes);
  }

  /** True while events may be sent (between OPEN and CLOSE). */
  get flowing(): boolean {
    return this.#flowing;
  }

  set flowing(flowing: boolean) {
    this.#flowing = flowing;
    if (!flowing) this.channel?.block();
  }

  /** Events that the socket got since the beginning. */
  get delivered(): number {
    return this.#delivered + (this.channel?.events ?? 0);
  }

  /**
   * Queues events, oldest first, as far as there is room for whole ones.
   * @returns the number of queued events
   */
  append(run: FrameRun): number {
    this.channel?.block();
    return this.backlog.append(run);
  }

  /** Takes over the rest of a run of which the kernel took `sent` bytes in a group send. */
  sendRest(run: FrameRun, sent: number): void {
    this.#count(run.events);
    this.#write([run.slab.subarray(run.start + sent, run.end)]);
  }

  /** Queues a reply; it goes out with the next flush, before events. */
  reply(frame: Buffer): void {
    if (!this.open) return;
    this.channel?.block();
    this.#replies.push(frame);
    this.#replyBytes += frame.length;
  }

  /** From now on replies are parts of one message, and no event may come between them. */
  beginMessage(): void {
    this.channel?.block();
    this.#inMessage = true;
  }

  /** Events may flow again; call this before the flush that writes the last part. */
  endMessage(): void {
    this.#inMessage = false;
  }

  /** True when the kernel has taken every reply. */
  get isClear(): boolean {
    return this.#replies.length === 0 && !this.stalled;
  }

  /** True when nothing looks at what was written any more: Node has called back for every write. */
  get isTaken(): boolean {
    return this.isClear && this.#writesDone === this.#writes;
  }

  /** False once a close frame was sent: nobody reads what follows it. */
  get open(): boolean {
    return this.#isOpen();
  }

  /** Drops the replies that wait. */
  dropReplies(): void {
    this.#replies = [];
    this.#replyBytes = 0;
  }

  /** True when the client does not read its replies: take no more input from it. */
  get congested(): boolean {
    return this.#replyBytes > MAX_REPLY_BYTES;
  }

  get stalled(): boolean {
    return this.stalledSinceMs !== 0;
  }

  /** True when a flush would write something now. */
  get ready(): boolean {
    const waits = this.#replies.length > 0 || (this.#eventsFlow && this.backlog.events > 0);
    return waits && !this.stalled && this.#writable;
  }

  /** Writes what waits, in one write, unless an earlier write is still under way. */
  flush(): void {
    if (this.stalled || !this.#writable) return;
    const chunks: Buffer[] = [];
    const room = this.#sizeLimit - this.#replyBytes;
    this.#takeReplies(chunks);
    if (this.#eventsFlow && room > 0) this.#count(this.backlog.take(room, chunks));
    if (chunks.length > 0) this.#write(chunks);
    if (this.channel !== undefined && this.#isIdle) this.channel.open();
  }

  /**
   * True when nothing waits here, in Node or in ws, and events may flow: so bytes sent now keep the order.
   */
  get #isIdle(): boolean {
    const waits = this.#replies.length > 0 || this.backlog.events > 0 || this.#socket.writableLength > 0;
    return this.#eventsFlow && !waits && !this.stalled && this.#writable;
  }

  get #eventsFlow(): boolean {
    return this.#flowing && !this.#inMessage;
  }

  #count(events: number): void {
    this.#delivered += events;
    this.#counters.eventsToClients += events;
  }

  get #writable(): boolean {
    return this.#socket.writable && this.#isOpen();
  }

  #takeReplies(chunks: Buffer[]): void {
    const replies = this.#replies;
    if (replies.length === 0) return;
    chunks.push(replies.length === 1 ? (replies[0] as Buffer) : Buffer.concat(replies, this.#replyBytes));
    this.#replies = [];
    this.#replyBytes = 0;
  }

  #write(chunks: Buffer[]): void {
    const socket = this.#socket;
    this.#writes++;
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (chunks.length === 1) {
      socket.write(chunks[0] as Buffer, this.#onWritten);
    } else if (bytes < chunks.length * WORTH_A_PIECE) {
      socket.write(Buffer.concat(chunks, bytes), this.#onWritten);
    } else {
      socket.cork();
      const last = chunks.length - 1;
      for (let i = 0; i < last; i++) socket.write(chunks[i] as Buffer);
      socket.write(chunks[last] as Buffer, this.#onWritten);
      socket.uncork();
    }
    // Somebody may be gathering writes on the socket; then nothing has been given to the kernel yet.
    if (socket.writableLength > 0 && socket.writableCorked === 0) {
      this.stalledSinceMs = this.#nowMs();
      this.#sizeLimit = MAX_WRITE_SLOW;
    } else {
      this.#sizeLimit = MAX_WRITE;
    }
  }

  readonly #onWritten = (error?: Error | null): void => {
    this.#writesDone++;
    if (!this.stalled || this.#writesDone < this.#writes) return;
    this.stalledSinceMs = 0;
    if (error) return;
    this.flush();
    this.#onDrained();
  };
}
