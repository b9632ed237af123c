import assert from 'node:assert/strict';
import { ANY_CLASS } from './script.ts';

/** The host's number among the sources of events. */
export const HOST = 0;

/** An event as the model knows it: the n-th of its source. */
export interface Sent {
  source: number;
  number: number;
  vscpClass: number;
  /** Count of everything that was sent before. */
  order: number;
  /** Clients: what the server said; undefined = nothing yet. */
  isAccepted: boolean | undefined;
}

/** What a client may know of itself. */
export interface Reader {
  client: number;
  /** Its number as a source of events. */
  source: number;
  wantedClass: number;
  /** Count of everything sent when it learned that the server has its filter. */
  filteredSince: number;
  /** Count of everything sent when it learned that its channel is open; undefined = it is not open. */
  openSince: number | undefined;
  /** Its stream is quick and never stood still; otherwise the server may drop events for it. */
  isSteady: boolean;
  received: Set<Sent>;
  /** Number of the last event of each source. */
  last: Map<number, number>;
}

/** Who sent what, who got it, and what follows from it. */
export class Model {
  readonly sent = new Map<string, Sent>();
  readonly #lastRead = new Map<number, number>();
  readonly #readByHost = new Set<Sent>();
  #order = 0;
  #numbers = new Map<number, number>();

  get order(): number {
    return this.#order;
  }

  add(source: number, vscpClass: number): Sent {
    const number = (this.#numbers.get(source) ?? 0) + 1;
    this.#numbers.set(source, number);
    const event = { source, number, vscpClass, order: ++this.#order, isAccepted: undefined };
    this.sent.set(`${source}/${number}`, event);
    return event;
  }

  /** The source and number that an event's data bring along. */
  find(data: ArrayLike<number>): Sent {
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = Array.from(data);
    const event = this.sent.get(`${a * 256 + b}/${c * 65_536 + d * 256 + e}`);
    assert.ok(event !== undefined, `an event that nobody sent: ${Array.from(data).join(' ')}`);
    return event;
  }

  static dataOf({ source, number }: Sent): Uint8Array {
    return Uint8Array.from([source >> 8, source, number >> 16, number >> 8, number]);
  }

  /** The host reads the events of each client once and in order. */
  hostReads(event: Sent): void {
    assert.notEqual(event.source, HOST, 'the host got its own event');
    assert.ok(
      (this.#lastRead.get(event.source) ?? 0) < event.number,
      `${label(event)}: not in order at the host`,
    );
    this.#lastRead.set(event.source, event.number);
    this.#readByHost.add(event);
  }

  /** A client gets events of others only, which it wants, once, and those of one source in order. */
  clientGets(reader: Reader, event: Sent): void {
    const what = `client ${reader.client}, ${label(event)}`;
    assert.notEqual(event.source, reader.source, `${what}: its own event`);
    const isWanted = reader.wantedClass === ANY_CLASS || reader.wantedClass === event.vscpClass;
    // From the login on events wait for the channel to open, also those before the filter.
    assert.ok(isWanted || event.order <= reader.filteredSince, `${what}: filtered`);
    assert.notEqual(event.isAccepted, false, `${what}: was refused`);
    const last = reader.last.get(event.source) ?? 0;
    assert.ok(last < event.number, `${what}: not in order, after ${last}`);
    reader.last.set(event.source, event.number);
    reader.received.add(event);
  }

  /** At the end, when everything has had time to arrive. */
  check(readers: readonly Reader[]): void {
    for (const event of this.sent.values()) {
      if (event.source === HOST) continue;
      if (event.isAccepted === true)
        assert.ok(this.#readByHost.has(event), `${label(event)}: accepted, and lost`);
      if (event.isAccepted === false) {
        assert.ok(!this.#readByHost.has(event), `${label(event)}: refused, and at the host`);
      }
    }
    for (const reader of readers) {
      const { openSince, isSteady } = reader;
      if (openSince === undefined || !isSteady) continue;
      for (const event of this.sent.values()) {
        if (event.source === reader.source || event.order <= openSince) continue;
        if (event.source !== HOST && event.isAccepted !== true) continue;
        if (reader.wantedClass !== ANY_CLASS && reader.wantedClass !== event.vscpClass) continue;
        assert.ok(reader.received.has(event), `client ${reader.client} did not get ${label(event)}`);
      }
    }
  }
}

function label({ source, number }: Sent): string {
  return `event ${number} of ${source === HOST ? 'the host' : `source ${source}`}`;
}
