import type { Logger } from '../logging/logger.ts';
import type { DriverEvent, EventFormat } from '../vscp/event.ts';
import { Audience, type AudienceEntry, type FormReceivers, type Receivers } from './audience.ts';
import type { Backlog } from './backlog.ts';
import { EventFrames, type EventWriter, type FrameRun } from './event-frames.ts';
import { frameEnd, payloadStart } from './frame.ts';
import { GroupDelivery } from './group-delivery.ts';
import type { GroupSender } from './group-sender.ts';
import type { OriginIndex } from './origin-index.ts';

/** How events are written in one text form. */
export interface EventForm {
  readonly writeEvent: EventWriter;
  /** Most bytes that `writeEvent` may need. */
  readonly maxEventBytes: number;
}

/**
 * Gives events to their receivers. Each event is written once per text form; consecutive events with the same
 * receivers are handed out as one run, so that in a flood each event costs only its writing, and each client
 * costs only a range of bytes.
 */
export class FanOut<Entry extends AudienceEntry> {
  readonly audience = new Audience<Entry>(() => this.#groups?.settle());
  readonly #forms: EventFrames[] = [];
  /** The backlogs that got a part of a form's present slab. */
  readonly #holders = new Map<EventFrames, Backlog[]>();
  readonly #format: EventFormat;
  readonly #trace: Logger | undefined;
  readonly #groups: GroupDelivery<Entry> | undefined;
  readonly #onEnqueued: (entry: Entry) => void;
  readonly #onDropped: (entry: Entry, events: number) => void;
  /** The receivers of the present run. */
  #receivers: Receivers<Entry> | undefined;

  constructor(options: {
    format: EventFormat;
    /** When set, it gets every event frame. */
    trace: Logger | undefined;
    /** Sends to many at once, where the host offers it. */
    groupSender: GroupSender | undefined;
    /** Counts what the sockets get. */
    counters: { eventsToClients: number };
    /** Called when events of the host have to be held back, because a large group has not got the last ones, and after. */
    onUnfinished: (unfinished: boolean) => void;
    /** Called when an entry with a flowing channel got something. */
    onEnqueued: (entry: Entry) => void;
    /** Called when the newest events did not fit into an entry's backlog. */
    onDropped: (entry: Entry, events: number) => void;
  }) {
    this.#format = options.format;
    this.#trace = options.trace;
    this.#onEnqueued = options.onEnqueued;
    this.#onDropped = options.onDropped;
    const { groupSender, counters, onUnfinished } = options;
    if (groupSender === undefined) return;
    this.#groups = new GroupDelivery({
      sender: groupSender,
      onSent: (deliveries) => {
        counters.eventsToClients += deliveries;
      },
      onException: (entry, run, sent) => this.#enqueueRest(entry, run, sent),
      onUnfinished,
    });
  }

  /** Adds a text form; entries refer to it by the returned frames. */
  addForm(form: EventForm): EventFrames {
    const frames: EventFrames = new EventFrames({
      write: form.writeEvent,
      maxPayload: form.maxEventBytes,
      format: this.#format,
      onFull: () => {
        const form = this.#receivers?.forms.find((candidate) => candidate.frames === frames);
        if (form !== undefined) this.#handOut(form, true);
        // Backlogs that hold a part of a slab have to be known when it is sealed.
        this.#groups?.settle();
      },
      onSealed: (slab) => {
        const holders = this.#holders.get(frames) ?? [];
        this.#holders.set(frames, []);
        for (const backlog of holders) backlog.onSealed(slab);
      },
    });
    this.#forms.push(frames);
    return frames;
  }

  /** Adds an event for everybody to the present run; the caller must call `endRun` afterwards. */
  add(event: DriverEvent): void {
    this.#groups?.settle();
    const receivers = this.audience.receiversOf(event);
    // More events follow in this turn, and the queued ones go out with them in one write.
    if (receivers !== this.#receivers) this.#finishRun(false);
    this.#receivers = receivers;
    for (const { frames, direct, others, conditional } of receivers.forms) {
      const isForAll = direct.length + others.length > 0;
      const frame = isForAll ? frameAt(frames, frames.encode(event)) : undefined;
      if (conditional !== undefined) this.#addConditional(event, frames, conditional, frame);
      if (!isForAll) frames.endRun();
    }
  }

  /** Hands out the added events, at the end of the turn. */
  endRun(): void {
    this.#finishRun(true);
  }

  #finishRun(atOnce: boolean): void {
    if (this.#receivers === undefined) return;
    for (const form of this.#receivers.forms) this.#handOut(form, atOnce);
    this.#receivers = undefined;
  }

  /** Gives one event to all entries except the one that it came from. */
  addFrom(event: DriverEvent, sender: Entry | undefined): void {
    this.#groups?.settle();
    for (const { frames, direct, others, conditional } of this.audience.receiversOf(event).forms) {
      let frame: FrameRun | undefined;
      for (const entries of [direct, others]) {
        for (const entry of entries) {
          if (entry === sender) continue;
          frame ??= frameAt(frames, frames.encode(event));
          this.#enqueue(entry, frame);
        }
      }
      if (conditional !== undefined) this.#addConditional(event, frames, conditional, frame, sender);
      frames.endRun();
    }
  }

  /** Gives one event to one entry alone. */
  addTo(event: DriverEvent, entry: Entry): void {
    this.#groups?.settle();
    const { frames } = entry;
    this.#enqueue(entry, frameAt(frames, frames.encode(event)));
    frames.endRun();
  }

  /**
   * Queues an event for those whose filters let it pass. @param frame the event's frame, when it is already
   * written
   */
  #addConditional(
    event: DriverEvent,
    frames: EventFrames,
    conditional: OriginIndex<Entry>,
    frame: FrameRun | undefined,
    sender?: Entry,
  ): void {
    let written = frame;
    conditional.forEachMatch(event, (entry) => {
      if (entry === sender) return;
      written ??= frameAt(frames, frames.encode(event));
      this.#enqueue(entry, written);
    });
  }

  /** @param atOnce false = queue the run, so that it goes out with what follows */
  #handOut({ frames, direct, group, others }: FormReceivers<Entry>, atOnce: boolean): void {
    const { run } = frames;
    if (run.events > 0) {
      // The trace records a frame when it is queued.
      const groups = atOnce && !this.#trace?.enabled('debug') ? this.#groups : undefined;
      if (groups === undefined) for (const entry of direct) this.#enqueue(entry, run);
      else if (direct.length > 0) groups.send(direct, group, run);
      for (const entry of others) this.#enqueue(entry, run);
    }
    frames.endRun();
  }

  /** Queues what a group send has left: the whole run, or the end of it. */
  #enqueueRest(entry: Entry, run: FrameRun, sent: number): void {
    if (sent === 0) {
      this.#enqueue(entry, run);
    } else {
      entry.outbox.sendRest(run, sent);
      this.#onEnqueued(entry);
    }
  }

  /**
   * Drops the newest events that do not fit; but a client that reads loses no events that were only gathered.
   */
  #enqueue(entry: Entry, run: FrameRun): void {
    const { outbox } = entry;
    this.#noteHolder(entry, run.slab);
    let rest = run;
    let taken = outbox.append(rest);
    while (taken < rest.events) {
      rest = behind(rest, taken);
      if (!outbox.ready) {
        this.#onDropped(entry, rest.events);
        break;
      }
      outbox.flush();
      taken = outbox.append(rest);
    }
    if (this.#trace?.enabled('debug')) this.#traceRun(entry, run);
    if (outbox.flowing) this.#onEnqueued(entry);
  }

  #noteHolder({ frames, outbox: { backlog } }: Entry, slab: Buffer): void {
    if (backlog.openSlab === slab) return;
    backlog.openSlab = slab;
    const holders = this.#holders.get(frames);
    if (holders === undefined) this.#holders.set(frames, [backlog]);
    else holders.push(backlog);
  }

  #traceRun(entry: Entry, run: FrameRun): void {
    for (let at = run.start; at < run.end; at = frameEnd(run.slab, at)) {
      const text = run.slab.toString('latin1', payloadStart(run.slab, at), frameEnd(run.slab, at));
      this.#trace?.debug(`${entry.describe()} > ${text}`);
    }
  }
}

/** The frame that was written last, as a separate run. */
function frameAt({ run: { slab, end } }: EventFrames, start: number): FrameRun {
  return { slab, start, end, events: 1 };
}

/** The run without its first `events` frames. */
function behind(run: FrameRun, events: number): FrameRun {
  let { start } = run;
  for (let i = 0; i < events; i++) start = frameEnd(run.slab, start);
  return { slab: run.slab, start, end: run.end, events: run.events - events };
}
