import { RIGHT_RECEIVE_EVENTS } from '../auth/rights.ts';
import { maySee, type Viewer } from '../auth/visibility.ts';
import { NOT_ALLOWED, SYNTAX_ERROR, WORDS } from '../core/protocol.ts';
import type { DriverEvent, EventFormat } from '../vscp/event.ts';
import { type CompiledFilter, compileFilter, PASS_ALL } from '../vscp/filter.ts';
import type { CommandArgs, JsonValue, Reply } from './dialect.ts';
import { LastValues } from './last-values.ts';
import type { Session } from './session.ts';

const DEFAULT_HISTORY_LIMIT = 1000;
const MAX_LIMIT = 10_000;

/** The last values and a ring of the latest events: what the ws2 extensions LAST and HISTORY answer from. */
export class EventArchive {
  /** Another one with each opening: numbers of events mean nothing beyond it. */
  readonly run = Date.now().toString(36);
  /** Names of the commands that are switched on. */
  readonly extensions: readonly string[];
  readonly #lastValues: LastValues;
  readonly #historySize: number;
  readonly #history: DriverEvent[] = [];
  #next = 0;
  #recorded = 0;
  #current = 0;
  readonly #toValue: (event: DriverEvent, format: EventFormat) => JsonValue;
  readonly #format: EventFormat;

  constructor(options: {
    lastValues: number;
    historySize: number;
    format: EventFormat;
    /** How an event is written inside a reply. */
    toValue: (event: DriverEvent, format: EventFormat) => JsonValue;
  }) {
    const { lastValues, historySize } = options;
    this.extensions = [...(lastValues > 0 ? [WORDS.last] : []), ...(historySize > 0 ? [WORDS.history] : [])];
    this.#lastValues = new LastValues(lastValues);
    this.#historySize = historySize;
    this.#format = options.format;
    this.#toValue = options.toValue;
  }

  /** Number of the event that is being handed out, in the order of arrival from 1. */
  get current(): number {
    return this.#current;
  }

  record(event: DriverEvent): void {
    this.#current = ++this.#recorded;
    this.#lastValues.record(event);
    if (this.#historySize === 0) return;
    this.#history[this.#next] = event;
    this.#next = this.#next + 1 === this.#historySize ? 0 : this.#next + 1;
  }

  /**
   * Goes once more through the events behind number `after`, the latest `limit` of them; `current` tells their
   * numbers meanwhile.
   * @returns how many of the wanted events are no longer remembered
   */
  replay(after: number, limit: number, visit: (event: DriverEvent) => void): number {
    const events = this.#historyInOrder();
    const wanted = Math.max(0, this.#recorded - after);
    const found = events.slice(events.length - Math.min(wanted, events.length, limit));
    this.#current = this.#recorded - found.length;
    for (const event of found) {
      this.#current++;
      visit(event);
    }
    this.#current = this.#recorded;
    return wanted - found.length;
  }

  /** The last values that a viewer may see, or the latest events, oldest first. */
  seenBy(viewer: Viewer, wanted: CompiledFilter, what: 'last' | 'history'): DriverEvent[] {
    const events = what === 'last' ? this.#lastValues.inOrder() : this.#historyInOrder();
    return events.filter((event) => wanted.passes(event) && maySee(viewer, event));
  }

  /** Answers LAST or HISTORY for one session: what it may see, narrowed by the filter in the request. */
  answer(session: Session, args: CommandArgs, what: 'last' | 'history'): Reply {
    if (!session.hasRight(RIGHT_RECEIVE_EVENTS)) return { ok: false, code: NOT_ALLOWED };
    const limit = Number(args.text(1, 'limit') ?? (what === 'last' ? MAX_LIMIT : DEFAULT_HISTORY_LIMIT));
    if (!Number.isInteger(limit) || limit < 1) return { ok: false, code: SYNTAX_ERROR };
    const given = args.filterGiven ? args.filter() : undefined;
    if (given?.ok === false) return { ok: false, code: SYNTAX_ERROR };
    const wanted = compileFilter(given?.value ?? PASS_ALL);
    const passed = this.seenBy(session, wanted, what);
    const newest = passed.slice(-Math.min(limit, MAX_LIMIT));
    return { ok: true, args: { events: newest.map((event) => this.#toValue(event, this.#format)) } };
  }

  #historyInOrder(): DriverEvent[] {
    return [...this.#history.slice(this.#next), ...this.#history.slice(0, this.#next)];
  }
}
