import type { AudienceEntry } from './audience.ts';
import type { FrameRun } from './event-frames.ts';
import type { GroupSender } from './group-sender.ts';

/** A run of frames for a group; the members from index `from` on have not got it yet. */
interface Job<Entry> {
  readonly members: readonly Entry[];
  readonly group: Uint32Array;
  readonly run: FrameRun;
  from: number;
}

/**
 * Sends runs of frames to groups of any size: a large one gets its run in parts, one per turn of the event loop,
 * so that everybody else is served in between. The caller must call `settle` before it writes or queues anything
 * else for members, and before a member changes or goes: nothing may overtake a part that is still to come, and
 * nobody may get another's part.
 */
export class GroupDelivery<Entry extends AudienceEntry> {
  readonly #sender: GroupSender;
  readonly #onSent: (deliveries: number) => void;
  readonly #onException: (entry: Entry, run: FrameRun, sent: number) => void;
  readonly #onUnfinished: (unfinished: boolean) => void;
  #jobs: Job<Entry>[] = [];
  #turn: NodeJS.Immediate | undefined;

  constructor(options: {
    sender: GroupSender;
    /** Gets the number of events that were sent, counted once per member. */
    onSent: (deliveries: number) => void;
    /** Called for a member that took only `sent` bytes of the run, maybe none. */
    onException: (entry: Entry, run: FrameRun, sent: number) => void;
    /** Called when parts are left for later turns, and when none are left any more. */
    onUnfinished: (unfinished: boolean) => void;
  }) {
    this.#sender = options.sender;
    this.#onSent = options.onSent;
    this.#onException = options.onException;
    this.#onUnfinished = options.onUnfinished;
  }

  /** @param group the members' slots in their order, made by `makeGroup` */
  send(members: readonly Entry[], group: Uint32Array, run: FrameRun): void {
    if (members.length <= this.#sender.maxMembers) {
      this.#sendPart({ members, group, run, from: 0 });
      return;
    }
    const job = { members, group, run: { ...run }, from: 0 };
    this.#jobs.push(job);
    this.#advance(job);
    if (this.#turn !== undefined || this.#jobs.length === 0) return;
    this.#turn = setImmediate(() => this.#continue());
    this.#onUnfinished(true);
  }

  /** Sends all parts that are still to come. */
  settle(): void {
    if (this.#jobs.length === 0) return;
    for (let job = this.#jobs[0]; job !== undefined; job = this.#jobs[0]) this.#advance(job);
    this.#finish();
  }

  #continue(): void {
    const job = this.#jobs[0];
    if (job !== undefined) this.#advance(job);
    if (this.#jobs.length > 0) this.#turn = setImmediate(() => this.#continue());
    else this.#finish();
  }

  #advance(job: Job<Entry>): void {
    this.#sendPart(job);
    // An exception may have led to `settle`.
    if (this.#jobs[0] === job && job.from >= job.members.length) this.#jobs.shift();
  }

  #finish(): void {
    if (this.#turn === undefined) return;
    clearImmediate(this.#turn);
    this.#turn = undefined;
    this.#onUnfinished(false);
  }

  /** One call for many members. */
  #sendPart(job: Job<Entry>): void {
    const { members, group, run, from } = job;
    const sender = this.#sender;
    const count = Math.min(sender.maxMembers, members.length - from);
    const exceptions = sender.send(run.slab, run.start, run.end, run.events, group, from, count);
    job.from += count;
    this.#onSent((count - exceptions) * run.events);
    // They are read before any is dealt with, because the next call overwrites them.
    const left: [Entry, number][] = [];
    for (let i = 0; i < exceptions; i++) {
      left.push([members[from + sender.exceptionMember(i)] as Entry, sender.exceptionSent(i)]);
    }
    for (const [entry, sent] of left) this.#onException(entry, run, sent);
  }
}
