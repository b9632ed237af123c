import type { Logger } from '../logging/logger.ts';
import type { DriverEvent, EventFormat } from '../vscp/event.ts';
import { Audience, type AudienceEntry, type Receivers } from './audience.ts';
import type { Backlog } from './backlog.ts';
import { EventFrames, type EventWriter, type FrameRun } from './event-frames.ts';
import { frameEnd, payloadStart } from './frame.ts';

/** How events are written in one text form. */
export interface EventForm {
  readonly writeEvent: EventWriter;
  /** Bytes that `writeEvent` may need at most. */
  readonly maxEventBytes: number;
}

/**
 * Gives events to the entries they are for. Each event is written once per text form; events in a row with
 * the same receivers are handed out as one run, so that a flood costs per event what writing it costs, and
 * per client what a range of bytes costs.
 */
export class FanOut<Entry extends AudienceEntry> {
  readonly audience = new Audience<Entry>();
  readonly #forms: EventFrames[] = [];
  /** The backlogs that got something of a form's present slab. */
  readonly #holders = new Map<EventFrames, Backlog[]>();
  readonly #format: EventFormat;
  readonly #trace: Logger | undefined;
  readonly #onEnqueued: (entry: Entry) => void;
  readonly #onDropped: (entry: Entry, events: number) => void;
  /** Whom the present run is for. */
  #receivers: Receivers<Entry> | undefined;

  constructor(options: {
    format: EventFormat;
    /** Gets every event frame when set. */
    trace: Logger | undefined;
    /** Called when an entry whose channel flows got something. */
    onEnqueued: (entry: Entry) => void;
    /** Called when the newest events did not fit into an entry's backlog. */
    onDropped: (entry: Entry, events: number) => void;
  }) {
    this.#format = options.format;
    this.#trace = options.trace;
    this.#onEnqueued = options.onEnqueued;
    this.#onDropped = options.onDropped;
  }

  /** Adds a text form; entries name it by the frames that this returns. */
  addForm(form: EventForm): EventFrames {
    const frames: EventFrames = new EventFrames({
      write: form.writeEvent,
      maxPayload: form.maxEventBytes,
      format: this.#format,
      onFull: () => this.#handOut(frames),
      onSealed: (slab) => {
        const holders = this.#holders.get(frames) ?? [];
        this.#holders.set(frames, []);
        for (const backlog of holders) backlog.onSealed(slab);
      },
    });
    this.#forms.push(frames);
    return frames;
  }

  /** Adds an event for everybody to the present run; `endRun` has to follow. */
  add(event: DriverEvent): void {
    const receivers = this.audience.receiversOf(event);
    if (receivers !== this.#receivers) this.endRun();
    if (!receivers.unconditional) {
      this.#addConditional(event, receivers, undefined);
      return;
    }
    this.#receivers = receivers;
    for (const frames of receivers.forms) frames.encode(event);
  }

  /** Hands out what has been added. */
  endRun(): void {
    if (this.#receivers === undefined) return;
    for (const frames of this.#forms) this.#handOut(frames);
    this.#receivers = undefined;
  }

  /** Gives one event to all but the entry it came from. */
  addFrom(event: DriverEvent, sender: Entry | undefined): void {
    this.#addConditional(event, this.audience.receiversOf(event), sender);
  }

  /** Gives one event to one entry, whoever else there is. */
  addTo(event: DriverEvent, entry: Entry): void {
    const { frames } = entry;
    frames.encode(event);
    this.#enqueue(entry, frames.run);
    frames.endRun();
  }

  #addConditional(event: DriverEvent, receivers: Receivers<Entry>, sender: Entry | undefined): void {
    for (const entry of receivers.entries) {
      if (entry === sender || !entry.acceptsOrigin(event)) continue;
      const { frames } = entry;
      if (frames.run.events === 0) frames.encode(event);
      this.#enqueue(entry, frames.run);
    }
    for (const frames of receivers.forms) frames.endRun();
  }

  #handOut(frames: EventFrames): void {
    if (frames.run.events > 0) {
      for (const entry of this.#receivers?.entries ?? []) {
        if (entry.frames === frames) this.#enqueue(entry, frames.run);
      }
    }
    frames.endRun();
  }

  /** What does not fit is dropped, the newest; but a client that reads loses nothing merely gathered. */
  #enqueue(entry: Entry, run: FrameRun): void {
    const { outbox } = entry;
    this.#noteHolder(entry, run.slab);
    let rest = run;
    let taken = outbox.backlog.append(rest);
    while (taken < rest.events) {
      rest = behind(rest, taken);
      if (!outbox.ready) {
        this.#onDropped(entry, rest.events);
        break;
      }
      outbox.flush();
      taken = outbox.backlog.append(rest);
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

/** The run without its first `events` frames. */
function behind(run: FrameRun, events: number): FrameRun {
  let { start } = run;
  for (let i = 0; i < events; i++) start = frameEnd(run.slab, start);
  return { slab: run.slab, start, end: run.end, events: run.events - events };
}
