import type { Protocol } from '../http/client-connection.ts';
import type { Logger } from '../logging/logger.ts';
import type { EventFormat, VscpEvent } from '../vscp/event.ts';
import { Audience, type Receivers } from './audience.ts';
import type { Dialect } from './dialect.ts';
import { EventFrames, type FrameRun } from './event-frames.ts';
import { frameEnd, payloadStart } from './frame.ts';
import type { Session } from './session.ts';
import type { ServerStats } from './stats.ts';

const PROTOCOLS = ['ws1', 'ws2'] as const;

/**
 * Gives events to the sessions they are for. Each event is written once per protocol; events in a row with
 * the same receivers are handed out as one run, so that a flood costs per event what writing it costs, and
 * per client what a range of bytes costs.
 */
export class FanOut {
  readonly audience = new Audience();
  readonly #frames: Record<Protocol, EventFrames>;
  readonly #stats: ServerStats;
  readonly #log: Logger;
  readonly #trace: Logger | undefined;
  readonly #onEnqueued: (session: Session) => void;
  /** Whom the present run is for. */
  #receivers: Receivers | undefined;

  constructor(options: {
    dialects: Record<Protocol, Dialect>;
    format: EventFormat;
    sessions: Iterable<Session>;
    stats: ServerStats;
    log: Logger;
    /** Gets every event frame when set. */
    trace: Logger | undefined;
    /** Called when a session whose channel flows got something. */
    onEnqueued: (session: Session) => void;
  }) {
    const createFrames = (protocol: Protocol): EventFrames =>
      new EventFrames({
        write: options.dialects[protocol].writeEvent,
        maxPayload: options.dialects[protocol].maxEventBytes,
        format: options.format,
        onFull: () => this.#handOut(protocol),
        onSealed: (slab) => {
          for (const session of options.sessions) {
            if (session.protocol === protocol) session.outbox.backlog.onSealed(slab);
          }
        },
      });
    this.#frames = { ws1: createFrames('ws1'), ws2: createFrames('ws2') };
    this.#stats = options.stats;
    this.#log = options.log;
    this.#trace = options.trace;
    this.#onEnqueued = options.onEnqueued;
  }

  /** Adds an event for everybody to the present run; `endRun` has to follow. */
  add(event: VscpEvent): void {
    const receivers = this.audience.receiversOf(event);
    if (receivers !== this.#receivers) this.endRun();
    if (!receivers.unconditional) {
      this.#addConditional(event, receivers, undefined);
      return;
    }
    this.#receivers = receivers;
    for (const protocol of receivers.protocols) this.#frames[protocol].encode(event);
  }

  /** Hands out what has been added. */
  endRun(): void {
    if (this.#receivers === undefined) return;
    for (const protocol of PROTOCOLS) this.#handOut(protocol);
    this.#receivers = undefined;
  }

  /** Gives one event to all but the session it came from. */
  addFrom(event: VscpEvent, sender: Session): void {
    this.#addConditional(event, this.audience.receiversOf(event), sender);
  }

  #addConditional(event: VscpEvent, receivers: Receivers, sender: Session | undefined): void {
    for (const session of receivers.sessions) {
      if (session === sender || !session.acceptsOrigin(event)) continue;
      const frames = this.#frames[session.protocol];
      if (frames.run.events === 0) frames.encode(event);
      this.#enqueue(session, frames.run);
    }
    for (const protocol of receivers.protocols) this.#frames[protocol].endRun();
  }

  #handOut(protocol: Protocol): void {
    const frames = this.#frames[protocol];
    if (frames.run.events > 0) {
      for (const session of this.#receivers?.sessions ?? []) {
        if (session.protocol === protocol) this.#enqueue(session, frames.run);
      }
    }
    frames.endRun();
  }

  /** What does not fit is dropped, the newest; but a client that reads loses nothing merely gathered. */
  #enqueue(session: Session, run: FrameRun): void {
    const { outbox } = session;
    let rest = run;
    let taken = outbox.backlog.append(rest);
    while (taken < rest.events) {
      rest = behind(rest, taken);
      if (!outbox.ready) {
        this.#countDrop(session, rest.events);
        break;
      }
      outbox.flush();
      taken = outbox.backlog.append(rest);
    }
    if (this.#trace !== undefined) this.#traceRun(session, run);
    if (outbox.flowing) this.#onEnqueued(session);
  }

  #traceRun(session: Session, run: FrameRun): void {
    for (let at = run.start; at < run.end; at = frameEnd(run.slab, at)) {
      const text = run.slab.toString('latin1', payloadStart(run.slab, at), frameEnd(run.slab, at));
      this.#trace?.debug(`${session.describe()} > ${text}`);
    }
  }

  #countDrop(session: Session, events: number): void {
    this.#stats.drops['client-queue-full'] += events;
    session.droppedInEpisode += events;
    if (session.droppedInEpisode > events) return;
    const closed = session.outbox.flowing ? '' : ' (event channel closed)';
    this.#log.warn(
      `queue full, newest events are dropped: ${session.describe()} events=${session.outbox.backlog.events}${closed}`,
    );
  }
}

/** The run without its first `events` frames. */
function behind(run: FrameRun, events: number): FrameRun {
  let { start } = run;
  for (let i = 0; i < events; i++) start = frameEnd(run.slab, start);
  return { slab: run.slab, start, end: run.end, events: run.events - events };
}
