import type { Settings } from '../config/settings.ts';
import { LEVEL1_OVER_LEVEL2 } from '../core/event.ts';
import type { Logger } from '../logging/logger.ts';
import type { DriverEvent } from '../vscp/event.ts';
import type { ReadyConnection } from './mqtt-connection.ts';
import { formatPayload } from './mqtt-payload.ts';
import { topicOf } from './mqtt-topic.ts';
import { FIRST_NUMBER, SequenceCheck } from './sequence-check.ts';

/** The user property in which a server numbers its messages (MQTT 5). */
export const NUMBER_PROPERTY = 'vscp-number';
/** Classes of commands and of the protocol itself; the broker never keeps their events. */
const NOT_KEPT = new Set([0, 30, LEVEL1_OVER_LEVEL2, LEVEL1_OVER_LEVEL2 + 30, 1024]);

interface Numbered {
  event: DriverEvent;
  /** Its place among all that this server has sent. */
  number: number;
}

/** Publishes events in order, and again what the broker did not acknowledge before a connection broke. */
export class MqttPublisher {
  readonly capacity: number;
  /** Events that the broker refused. */
  refused = 0;
  readonly #settings: Pick<Settings, 'mqtt' | 'eventFormat'>;
  readonly #clientId: string;
  readonly #log: Logger;
  readonly #run = Date.now().toString(36);
  #connection: ReadyConnection | undefined;
  /** Events that wait for the broker, and those that it has not acknowledged, each in the order of sending. */
  #waiting: Numbered[] = [];
  #inFlight: Numbered[] = [];
  #nextNumber = FIRST_NUMBER;
  #isPublishing = false;
  #lastRefusal = '';

  constructor(options: {
    settings: Pick<Settings, 'mqtt' | 'eventFormat' | 'maxOutgoingQueueSize'>;
    clientId: string;
    log: Logger;
  }) {
    this.#settings = options.settings;
    this.capacity = options.settings.maxOutgoingQueueSize;
    this.#clientId = options.clientId;
    this.#log = options.log;
  }

  /** Events that the broker has not taken yet. */
  get size(): number {
    return this.#waiting.length + this.#inFlight.length;
  }

  /** Whether the broker will soon have taken more than now. */
  get isBusy(): boolean {
    return this.#connection !== undefined && this.size > 0;
  }

  /** @returns false when the broker is away, or too many events wait for it */
  send(event: DriverEvent): boolean {
    // Whoever gets the refusal can try again; an event that waits for hours would surprise everybody.
    if (this.#connection === undefined || this.size >= this.capacity) return false;
    this.#waiting.push({ event, number: this.#nextNumber++ });
    this.#publish();
    return true;
  }

  connected(connection: ReadyConnection): void {
    this.#connection = connection;
    this.#publish();
  }

  disconnected(): void {
    this.#connection = undefined;
    // They keep their numbers, so that receivers know repeats.
    this.#waiting = [...this.#inFlight, ...this.#waiting];
    this.#inFlight = [];
  }

  #publish(): void {
    // With QoS 0 a message is done while it is handed over.
    if (this.#isPublishing) return;
    this.#isPublishing = true;
    for (
      let connection = this.#connection;
      connection !== undefined && this.#inFlight.length < connection.maxInFlight;
      connection = this.#connection
    ) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#inFlight.push(next);
      this.#send(connection, next);
    }
    this.#isPublishing = false;
  }

  #send(connection: ReadyConnection, next: Numbered): void {
    const { mqtt, eventFormat } = this.#settings;
    const { event, number } = next;
    const numbered = { [NUMBER_PROPERTY]: SequenceCheck.format(this.#clientId, this.#run, number) };
    const options = {
      qos: mqtt.qos as 0 | 1,
      retain: mqtt.retainLast && !NOT_KEPT.has(event.vscpClass),
      ...(connection.isVersion5 ? { properties: { userProperties: numbered } } : {}),
    };
    const payload = formatPayload(event, mqtt.format, eventFormat);
    const message = typeof payload === 'string' ? payload : Buffer.from(payload);
    connection.client.publish(topicOf(mqtt.publish, event), message, options, (error) => {
      if (this.#connection !== connection) return;
      if (error) this.#refuse(error.message);
      const at = this.#inFlight.indexOf(next);
      if (at >= 0) this.#inFlight.splice(at, 1);
      this.#publish();
    });
  }

  #refuse(reason: string): void {
    this.refused++;
    if (reason !== this.#lastRefusal) this.#log.err(`the broker refuses events of clients: ${reason}`);
    this.#lastRefusal = reason;
  }
}
