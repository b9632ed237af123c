import { mayReceive } from '../auth/event-rules.ts';
import { RIGHT_RECEIVE_EVENTS } from '../auth/rights.ts';
import type { EventFormat, VscpEvent } from '../vscp/event.ts';
import { compileFilter } from '../vscp/filter.ts';
import type { CommandArgs, JsonValue, Reply } from './dialect.ts';
import { NOT_ALLOWED, SYNTAX_ERROR } from './protocol-error.ts';
import type { Session } from './session.ts';

const DEFAULT_HISTORY_LIMIT = 1000;
const MAX_LIMIT = 10_000;
/** Classes whose data begin with a coding byte that holds the sensor index in bits 2-0. */
const CODED_FIRST = 10;
const CODED_LAST = 15;
/** Level I classes whose first data byte is an index: alarms, security, measure zones, information, control… */
const INDEX_FIRST = new Set([1, 2, 20, 30, 65, 66, 67, 68, 69, 85, 86, 87, 88, 89, 102]);
const LEVEL1_OVER_LEVEL2 = 512;
const GUID_SIZE = 16;
/** Level II classes whose first data byte is the sensor index. */
const LEVEL2_MEASUREMENTS = new Set([1040, 1060]);

/** Sensor index of an event (specification, chapter "Data coding"); 0 where its class has none. */
export function sensorIndexOf(event: VscpEvent): number {
  const { data } = event;
  if (LEVEL2_MEASUREMENTS.has(event.vscpClass)) return data[0] ?? 0;
  const overLevel2 = event.vscpClass >= LEVEL1_OVER_LEVEL2 && event.vscpClass < 2 * LEVEL1_OVER_LEVEL2;
  const level1Class = overLevel2 ? event.vscpClass - LEVEL1_OVER_LEVEL2 : event.vscpClass;
  const first = data[overLevel2 ? GUID_SIZE : 0] ?? 0;
  if (level1Class >= CODED_FIRST && level1Class <= CODED_LAST) return first & 7;
  return INDEX_FIRST.has(level1Class) ? first : 0;
}

interface LastValue {
  event: VscpEvent;
  /** Number of the event in the order of arrival. */
  order: number;
}

/** Share of the last values that is given up at once when there are too many. */
const EVICTED_SHARE = 16;

/**
 * The last event per class, type, GUID and sensor index, and a ring of the latest events: what the ws2
 * extensions LAST and HISTORY answer from. Both bounded; the value that was heard longest ago goes first.
 */
export class EventArchive {
  readonly #lastValues: number;
  readonly #historySize: number;
  readonly #last = new Map<string, LastValue>();
  #recorded = 0;
  readonly #history: VscpEvent[] = [];
  #next = 0;
  readonly #toValue: (event: VscpEvent, format: EventFormat) => JsonValue;
  readonly #format: EventFormat;

  constructor(options: {
    lastValues: number;
    historySize: number;
    format: EventFormat;
    /** How an event is written inside a reply. */
    toValue: (event: VscpEvent, format: EventFormat) => JsonValue;
  }) {
    this.#lastValues = options.lastValues;
    this.#historySize = options.historySize;
    this.#format = options.format;
    this.#toValue = options.toValue;
  }

  /** Names of the commands that are switched on. */
  get extensions(): string[] {
    return [...(this.#lastValues > 0 ? ['LAST'] : []), ...(this.#historySize > 0 ? ['HISTORY'] : [])];
  }

  record(event: VscpEvent): void {
    if (this.#historySize > 0) {
      this.#history[this.#next] = event;
      this.#next = (this.#next + 1) % this.#historySize;
    }
    if (this.#lastValues > 0) this.#recordLast(event);
  }

  /** Answers LAST or HISTORY for one session: only what it may receive, by its filter or the one given. */
  answer(session: Session, args: CommandArgs, what: 'last' | 'history'): Reply {
    const { user } = session;
    if (user === undefined || !session.hasRight(RIGHT_RECEIVE_EVENTS))
      return { ok: false, code: NOT_ALLOWED };
    const limit = Number(args.text(1, 'limit') ?? (what === 'last' ? MAX_LIMIT : DEFAULT_HISTORY_LIMIT));
    if (!Number.isInteger(limit) || limit < 1) return { ok: false, code: SYNTAX_ERROR };
    let filter = session.filter;
    if (args.filterGiven) {
      const given = args.filter();
      if (!given.ok) return { ok: false, code: SYNTAX_ERROR };
      filter = compileFilter(given.value);
    }
    const events = what === 'last' ? this.#lastInOrder() : this.#historyInOrder();
    const passed = events.filter(
      (event) =>
        filter.passesClassType(event.vscpClass, event.vscpType) &&
        filter.passesRest(event.head, event.guid) &&
        mayReceive(user.events, event.vscpClass, event.vscpType),
    );
    const newest = passed.slice(-Math.min(limit, MAX_LIMIT));
    return { ok: true, args: { events: newest.map((event) => this.#toValue(event, this.#format)) } };
  }

  #recordLast(event: VscpEvent): void {
    const guid = Buffer.from(event.guid.buffer, event.guid.byteOffset, GUID_SIZE).toString('latin1');
    const key = `${guid}${event.vscpClass}.${event.vscpType}.${sensorIndexOf(event)}`;
    const order = ++this.#recorded;
    const known = this.#last.get(key);
    if (known !== undefined) {
      known.event = event;
      known.order = order;
      return;
    }
    if (this.#last.size >= this.#lastValues) this.#evictOldest();
    this.#last.set(key, { event, order });
  }

  /** Gives up several at once: finding the oldest means looking at all. */
  #evictOldest(): void {
    const byAge = [...this.#last].sort(([, a], [, b]) => a.order - b.order);
    const count = Math.ceil(byAge.length / EVICTED_SHARE);
    for (const [key] of byAge.slice(0, count)) this.#last.delete(key);
  }

  #lastInOrder(): VscpEvent[] {
    return [...this.#last.values()].sort((a, b) => a.order - b.order).map(({ event }) => event);
  }

  #historyInOrder(): VscpEvent[] {
    return [...this.#history.slice(this.#next), ...this.#history.slice(0, this.#next)];
  }
}
