import { mayTransmit } from '../auth/event-rules.ts';
import { RIGHT_SEND_EVENTS, sendRightFor } from '../auth/rights.ts';
import type { Logger } from '../logging/logger.ts';
import type { Parsed, VscpEvent } from '../vscp/event.ts';
import { stampEvent } from '../vscp/event-time.ts';
import type { CompiledFilter } from '../vscp/filter.ts';
import { isZeroGuid } from '../vscp/guid.ts';
import type { EchoGuard } from './echo-guard.ts';
import type { HostLink } from './host-link.ts';
import { type ErrorCode, NOT_ALLOWED_TO_SEND, PARSE_ERROR, TRANSMIT_BUFFER_FULL } from './protocol-error.ts';
import type { Session } from './session.ts';
import type { ServerStats } from './stats.ts';

/** Data bytes from which on some hosts of 2026 fail when they publish an event as JSON. */
const RISKY_DATA_SIZE = 200;

/**
 * The way of a client's event: allowed? then stamped with its origin, handed to the host and to the other
 * sessions. When the host's queue is full nobody gets it, so that a retry reaches everybody once.
 */
export class EventIntake {
  #warnedOfSize = false;
  readonly #link: HostLink;
  readonly #driverGuid: Uint8Array;
  readonly #rxFilter: CompiledFilter;
  readonly #echoGuard: EchoGuard;
  readonly #stats: ServerStats;
  readonly #log: Logger;
  readonly #nowUs: () => number;
  readonly #publish: (event: VscpEvent, sender: Session) => void;

  constructor(options: {
    link: HostLink;
    driverGuid: Uint8Array;
    rxFilter: CompiledFilter;
    echoGuard: EchoGuard;
    stats: ServerStats;
    log: Logger;
    /** Unix time in microseconds. */
    nowUs: () => number;
    /** Gives the event to all sessions but its sender. */
    publish: (event: VscpEvent, sender: Session) => void;
  }) {
    this.#link = options.link;
    this.#driverGuid = options.driverGuid;
    this.#rxFilter = options.rxFilter;
    this.#echoGuard = options.echoGuard;
    this.#stats = options.stats;
    this.#log = options.log;
    this.#nowUs = options.nowUs;
    this.#publish = options.publish;
  }

  /** @returns the error code to refuse with, 0 when the event is on its way. */
  accept(session: Session, parsed: Parsed<VscpEvent>): ErrorCode {
    if (!parsed.ok) return PARSE_ERROR;
    const event = parsed.value;
    if (!this.#maySend(session, event)) return NOT_ALLOWED_TO_SEND;
    this.#stamp(session, event);
    const forHost =
      this.#rxFilter.passesClassType(event.vscpClass, event.vscpType) &&
      this.#rxFilter.passesRest(event.head, event.guid);
    if (forHost) {
      if (!this.#link.send(event)) {
        this.#stats.drops['host-queue-full']++;
        return TRANSMIT_BUFFER_FULL;
      }
      this.#stats.eventsToHost++;
      this.#echoGuard.remember(event);
      if (event.data.length > RISKY_DATA_SIZE) this.#warnOfSize(event.data.length);
    } else {
      this.#stats.drops['rx-filter']++;
    }
    this.#stats.eventsFromClients++;
    this.#publish(event, session);
    return 0;
  }

  #maySend(session: Session, event: VscpEvent): boolean {
    const { user } = session;
    if (user === undefined) return false;
    const needed = (RIGHT_SEND_EVENTS | sendRightFor(event.vscpClass)) >>> 0;
    return (
      (user.rights & needed) >>> 0 === needed && mayTransmit(user.events, event.vscpClass, event.vscpType)
    );
  }

  #stamp(session: Session, event: VscpEvent): void {
    event.obid = session.number;
    if (isZeroGuid(event.guid)) {
      const guid = Uint8Array.from(this.#driverGuid);
      guid[14] = (session.number >> 8) & 0xff;
      guid[15] = session.number & 0xff;
      event.guid = guid;
    }
    stampEvent(event, this.#nowUs());
  }

  #warnOfSize(size: number): void {
    if (this.#warnedOfSize) return;
    this.#warnedOfSize = true;
    this.#log.warn(
      `an event with ${size} data bytes goes to the host: some hosts fail to publish more than ` +
        `${RISKY_DATA_SIZE} as JSON (said once)`,
    );
  }
}
