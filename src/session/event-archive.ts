import { RIGHT_RECEIVE_EVENTS } from '../auth/rights.ts';
import { maySee, type Viewer } from '../auth/visibility.ts';
import { NOT_ALLOWED, SYNTAX_ERROR, WORDS } from '../core/protocol.ts';
import type { EventWriter } from '../delivery/event-frames.ts';
import type { DriverEvent, EventFormat } from '../vscp/event.ts';
import { type CompiledFilter, compileFilter, PASS_ALL } from '../vscp/filter.ts';
import type { CommandArgs, Reply } from './dialect.ts';
import { LastValues } from './last-values.ts';
import { PIECE_BYTES, type Pieces } from './own-turn.ts';
import { takeBlock } from './piece-memory.ts';
import type { Session } from './session.ts';

/** How many events are wanted when a request names no number. */
const DEFAULT_LIMITS = { last: Number.POSITIVE_INFINITY, history: 1000 };
/** The most events in one answer, and about the most bytes of their texts. */
const MAX_EVENTS = 10_000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** Size of an event's text: everything but its data, and one data byte (usually) with its comma. */
const TEXT_BYTES = 220;
const DATA_BYTE_BYTES = 4;
/** Remembered events that are looked at in one step. */
const LOOKS_PER_STEP = 2000;
const ANSWER_END = ']}';
const ANSWER_END_WITH_MORE = '],"more":true}';

/** Which of the remembered events are asked for. */
export interface ArchiveQuery {
  what: 'last' | 'history';
  viewer: Viewer;
  wanted: CompiledFilter;
  /** How many of the latest; Infinity = all. */
  limit: number;
}

export interface Found {
  /** Oldest first. */
  events: DriverEvent[];
  /** More were asked for than one answer holds. */
  more: boolean;
}

/** Whatever keeps events. */
export interface EventRecorder {
  record(event: DriverEvent): void;
}

/** The last values and a ring of the latest events: what the ws2 extensions LAST and HISTORY answer from. */
export class EventArchive {
  /** Another one with each opening: numbers of events mean nothing beyond it. */
  readonly run = Date.now().toString(36);
  /** Names of the commands that are switched on. */
  readonly extensions: readonly string[];
  readonly #lastValues: LastValues;
  readonly #historySize: number;
  /** The event with number n is at (n - 1) modulo the size. */
  readonly #history: DriverEvent[] = [];
  #next = 0;
  #recorded = 0;
  #current = 0;
  readonly #writeEvent: EventWriter;
  readonly #maxEventBytes: number;
  readonly #format: EventFormat;
  readonly #lasting: EventRecorder | undefined;

  constructor(options: {
    lastValues: number;
    historySize: number;
    format: EventFormat;
    /** Writes an event as it is inside a reply. */
    writeEvent: EventWriter;
    /** The most bytes that `writeEvent` may need for one event. */
    maxEventBytes: number;
    /** Is told of each event, too. */
    lasting?: EventRecorder | undefined;
  }) {
    const { lastValues, historySize } = options;
    this.extensions = [...(lastValues > 0 ? [WORDS.last] : []), ...(historySize > 0 ? [WORDS.history] : [])];
    this.#lastValues = new LastValues(lastValues);
    this.#historySize = historySize;
    this.#format = options.format;
    this.#writeEvent = options.writeEvent;
    this.#maxEventBytes = options.maxEventBytes;
    this.#lasting = options.lasting;
  }

  /** Number of the event that is being handed out, in the order of arrival from 1. */
  get current(): number {
    return this.#current;
  }

  /** Whether this very event is a last value. */
  hasLast(event: DriverEvent): boolean {
    return this.#lastValues.has(event);
  }

  /** Takes over a last value from before this opening; nobody gets it as news, and history has it already. */
  fill(event: DriverEvent): void {
    this.#lastValues.record(event);
  }

  record(event: DriverEvent): void {
    this.#current = ++this.#recorded;
    this.#lastValues.record(event);
    this.#lasting?.record(event);
    if (this.#historySize === 0) return;
    this.#history[this.#next] = event;
    this.#next = this.#next + 1 === this.#historySize ? 0 : this.#next + 1;
  }

  /**
   * Goes once more through at most `limit` events after number `after`, beginning with the oldest that is still
   * remembered; `current` tells their numbers meanwhile.
   * @returns the number that was reached, how many of the wanted events are no longer remembered, and whether this
   * is the end
   */
  replay(
    after: number,
    limit: number,
    visit: (event: DriverEvent) => void,
  ): { reached: number; missed: number; isEnd: boolean } {
    const from = Math.min(Math.max(after, this.#recorded - this.#history.length), this.#recorded);
    const end = Math.min(from + limit, this.#recorded);
    for (let number = from + 1; number <= end; number++) {
      this.#current = number;
      visit(this.#numbered(number));
    }
    this.#current = this.#recorded;
    return { reached: end, missed: Math.max(0, from - after), isEnd: end === this.#recorded };
  }

  /** The newest remembered events that a viewer may see, as far as one answer holds them. Works in steps. */
  *find({ what, viewer, wanted, limit }: ArchiveQuery): Generator<undefined, Found> {
    const most = Math.min(limit, MAX_EVENTS);
    const remembered = what === 'last' ? this.#lastValues.newestFirst() : this.#historyNewestFirst();
    const events: DriverEvent[] = [];
    let looked = 0;
    let bytes = 0;
    let more = false;
    if (most === 0) return { events, more };
    for (const event of remembered) {
      if (++looked % LOOKS_PER_STEP === 0) yield undefined;
      if (!wanted.passes(event) || !maySee(viewer, event)) continue;
      bytes += TEXT_BYTES + event.data.length * DATA_BYTE_BYTES;
      more = events.length === most || bytes > MAX_ANSWER_BYTES;
      if (more) break;
      events.push(event);
      if (events.length === limit) break;
    }
    return { events: events.reverse(), more };
  }

  /** Answers LAST or HISTORY for one session: what it may see, narrowed by the filter in the request. */
  answer(session: Session, args: CommandArgs, what: 'last' | 'history'): Reply {
    if (!session.hasRight(RIGHT_RECEIVE_EVENTS)) return { ok: false, code: NOT_ALLOWED };
    const given = args.text(1, 'limit');
    const limit = given === undefined ? DEFAULT_LIMITS[what] : Number(given);
    const isLimit = given === undefined || (Number.isInteger(limit) && limit >= 1);
    const filter = args.filterGiven ? args.filter() : undefined;
    if (!isLimit || filter?.ok === false) return { ok: false, code: SYNTAX_ERROR };
    const wanted = compileFilter(filter?.value ?? PASS_ALL);
    return { ok: true, pieces: this.#text({ what, viewer: session, wanted, limit }) };
  }

  /** `{"events":[…]}`, with `"more":true` if that is not all that was asked for. */
  *#text(query: ArchiveQuery): Pieces {
    const { events, more } = yield* this.find(query);
    const room = PIECE_BYTES - this.#maxEventBytes - ANSWER_END_WITH_MORE.length;
    let piece = takeBlock();
    let end = piece.write('{"events":[');
    let separator = '';
    for (const event of events) {
      if (end + separator.length > room) {
        yield piece.subarray(0, end);
        piece = takeBlock();
        end = 0;
      }
      end += piece.write(separator, end);
      end = this.#writeEvent(event, piece, end, this.#format);
      separator = ',';
    }
    end += piece.write(more ? ANSWER_END_WITH_MORE : ANSWER_END, end);
    yield piece.subarray(0, end);
  }

  #numbered(number: number): DriverEvent {
    return this.#history[(number - 1) % this.#historySize] as DriverEvent;
  }

  /** The ring as it is at the first step, without what is overwritten while the caller pauses. */
  *#historyNewestFirst(): Generator<DriverEvent, void> {
    for (let number = this.#recorded; number > this.#recorded - this.#history.length; number--) {
      yield this.#numbered(number);
    }
  }
}
