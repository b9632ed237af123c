import { mayTransmit } from '../auth/event-rules.ts';
import { RIGHT_SEND_EVENTS, sendRightFor } from '../auth/rights.ts';
import type { User } from '../auth/user.ts';
import { NOT_ALLOWED_TO_SEND, PARSE_ERROR, TRANSMIT_BUFFER_FULL } from '../core/protocol.ts';
import type { Logger } from '../logging/logger.ts';
import type { DriverEvent, Parsed } from '../vscp/event.ts';
import { stampEvent } from '../vscp/event-time.ts';
import type { CompiledFilter } from '../vscp/filter.ts';
import { isZeroGuid } from '../vscp/guid.ts';
import type { EchoGuard } from './echo-guard.ts';
import type { HostLink } from './host-link.ts';
import type { EventRefusal } from './protocol-error.ts';
import type { ServerStats } from './stats.ts';

/** The sender of an event: a session, or a client that sends without one. */
export interface EventSender {
  /** The obid of its events. */
  readonly number: number;
  readonly user: User | undefined;
  /** Name and address for log lines. */
  describe(): string;
}

/**
 * Takes events from clients: checks that the client may send the event, stamps it with its origin, and hands
 * it to the host and to the other sessions. When the host's queue is full nobody gets the event, so that a
 * retry reaches everybody once.
 */
export class EventIntake {
  readonly #link: HostLink;
  readonly #driverGuid: Uint8Array;
  readonly #rxFilter: CompiledFilter;
  readonly #maxDataToHost: number;
  /** Sessions for which the log has reported an event that is too large. */
  readonly #warnedOfSize = new WeakSet<EventSender>();
  /** The GUIDs of the senders' events, where they do not bring their own. */
  readonly #guids = new WeakMap<EventSender, Uint8Array>();
  /** Sessions for which the log has reported that their GUIDs are replaced. */
  readonly #toldOfGuid = new WeakSet<EventSender>();
  readonly #echoGuard: EchoGuard;
  readonly #stats: ServerStats;
  readonly #log: Logger;
  readonly #nowUs: () => number;
  readonly #publish: (event: DriverEvent, sender: EventSender) => void;

  constructor(options: {
    link: HostLink;
    driverGuid: Uint8Array;
    rxFilter: CompiledFilter;
    /** Data bytes that an event for the host may have. */
    maxDataToHost: number;
    echoGuard: EchoGuard;
    stats: ServerStats;
    log: Logger;
    /** Unix time in microseconds. */
    nowUs: () => number;
    /** Gives the event to all sessions but its sender. */
    publish: (event: DriverEvent, sender: EventSender) => void;
  }) {
    this.#link = options.link;
    this.#driverGuid = options.driverGuid;
    this.#rxFilter = options.rxFilter;
    this.#maxDataToHost = options.maxDataToHost;
    this.#echoGuard = options.echoGuard;
    this.#stats = options.stats;
    this.#log = options.log;
    this.#nowUs = options.nowUs;
    this.#publish = options.publish;
  }

  /** @returns undefined when the event is on its way */
  accept(session: EventSender, parsed: Parsed<DriverEvent>): EventRefusal | undefined {
    if (!parsed.ok) return { code: PARSE_ERROR, reason: parsed.reason };
    const event = parsed.value;
    if (!this.#maySend(session, event)) return { code: NOT_ALLOWED_TO_SEND };
    this.#stamp(session, event);
    const forHost =
      this.#rxFilter.passesClassType(event.vscpClass, event.vscpType) &&
      this.#rxFilter.passesRest(event.head, event.guid);
    if (forHost) {
      if (event.data.length > this.#maxDataToHost) return this.#refuseSize(session, event);
      if (!this.#link.send(event)) {
        this.#stats.drops['host-queue-full']++;
        return { code: TRANSMIT_BUFFER_FULL };
      }
      this.#stats.eventsToHost++;
      this.#echoGuard.remember(event);
    } else {
      this.#stats.drops['rx-filter']++;
    }
    this.#stats.eventsFromClients++;
    this.#publish(event, session);
    return undefined;
  }

  #maySend(session: EventSender, event: DriverEvent): boolean {
    const { user } = session;
    if (user === undefined) return false;
    const needed = (RIGHT_SEND_EVENTS | sendRightFor(event.vscpClass)) >>> 0;
    return (
      (user.rights & needed) >>> 0 === needed && mayTransmit(user.events, event.vscpClass, event.vscpType)
    );
  }

  #stamp(session: EventSender, event: DriverEvent): void {
    event.obid = session.number;
    const isZero = isZeroGuid(event.guid);
    if (isZero || session.user?.maySetGuid !== true) {
      if (!isZero) this.#tellOfGuid(session);
      event.guid = this.#guidOf(session);
    }
    stampEvent(event, this.#nowUs());
  }

  /** The driver's GUID with the session's number as its lower half: one array for all events of the sender. */
  #guidOf(session: EventSender): Uint8Array {
    let guid = this.#guids.get(session);
    if (guid === undefined) {
      guid = Uint8Array.from(this.#driverGuid);
      guid[14] = (session.number >> 8) & 0xff;
      guid[15] = session.number & 0xff;
      this.#guids.set(session, guid);
    }
    return guid;
  }

  /** Logs why the events of a session do not have the GUID that the client gave. */
  #tellOfGuid(session: EventSender): void {
    if (this.#toldOfGuid.has(session)) return;
    this.#toldOfGuid.add(session);
    this.#log.info(
      `${session.describe()}: its events get the GUID of the session, because the user lacks the right ` +
        'set-guid; logged once per client',
    );
  }

  /** Such an event would crash hosts that overrun a buffer, and every client that may send could do that. */
  #refuseSize(session: EventSender, event: DriverEvent): EventRefusal {
    const reason = `${event.data.length} data bytes, this host takes ${this.#maxDataToHost} (key max-data-to-host)`;
    if (!this.#warnedOfSize.has(session)) {
      this.#warnedOfSize.add(session);
      this.#log.warn(`${session.describe()}: an event was refused: ${reason}; logged once per client`);
    }
    return { code: PARSE_ERROR, reason };
  }
}
