import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IPublishPacket } from 'mqtt';
import type { MqttSettings, Settings } from '../config/settings.ts';
import { MAX_EVENT_DATA } from '../core/event.ts';
import type { Logger } from '../logging/logger.ts';
import type { HostLink, HostLinkReader, HostLinkStats, LinkMetric } from '../session/host-link.ts';
import type { DriverEvent } from '../vscp/event.ts';
import { MqttConnection, type ReadyConnection } from './mqtt-connection.ts';
import { parsePayload } from './mqtt-payload.ts';
import { MqttPublisher, NUMBER_PROPERTY } from './mqtt-publisher.ts';
import { RepeatGuard } from './repeat-guard.ts';
import { SequenceCheck } from './sequence-check.ts';

/** Most events handed to the reader in one turn of the event loop, so that sockets get their share. */
const BATCH_SIZE = 2000;
/** How long a broker may take to hand over the messages that it kept. */
const FILL_TIMEOUT_MS = 10_000;
/** How often to look for events that are missing for too long. */
const LOSS_CHECK_MS = 500;
/** How long the messages of an orderly end may take to the broker. */
const CLOSE_GRACE_MS = 2000;
export interface MqttLinkOptions {
  settings: Pick<Settings, 'mqtt' | 'eventFormat' | 'maxIncomingQueueSize' | 'maxOutgoingQueueSize'>;
  password: string | undefined;
  log: Logger;
}

/**
 * The link over an MQTT broker: topics that are subscribed are what the host writes, and what clients send is
 * published. Both directions have bounded queues. While the one towards the clients is full, nothing is read
 * from the broker; while the broker is away or slow, `send` refuses.
 */
export class MqttLink implements HostLink {
  readonly maxDataOfHost = MAX_EVENT_DATA;
  readonly nodeNumber: number;
  readonly clientId: string;
  readonly #mqtt: MqttSettings;
  readonly #incomingCapacity: number;
  readonly #log: Logger;
  readonly #connection: MqttConnection;
  readonly #publisher: MqttPublisher;
  readonly #sequence = new SequenceCheck(() => performance.now());
  readonly #repeats = new RepeatGuard();
  readonly #counts = { connects: 0, repeats: 0, unreadable: 0 };
  #reader: HostLinkReader | undefined;
  #isStarted = false;
  #isPaused = false;
  #isDraining = false;
  #incoming: DriverEvent[] = [];
  /** Lets the connection read on; set while the queue is full. */
  #readOn: (() => void) | undefined;
  #isConnected = false;
  #lossTimer: NodeJS.Timeout | undefined;
  /** Losses that the reader knows. */
  #toldLost = 0;
  #onFilled: (() => void) | undefined;

  constructor({ settings, password, log }: MqttLinkOptions) {
    const { mqtt } = settings;
    this.#mqtt = mqtt;
    this.#incomingCapacity = settings.maxIncomingQueueSize;
    this.#log = log;
    this.nodeNumber = mqtt.nodeNumber;
    this.clientId = mqtt.clientId ?? `websocksrv-${hostname().slice(0, 40)}-${mqtt.nodeNumber}`;
    this.#publisher = new MqttPublisher({ settings, clientId: this.clientId, log });
    this.#connection = new MqttConnection({
      settings: mqtt,
      clientId: this.clientId,
      password,
      log,
      onMessage: (packet, done) => this.#take(packet, done),
      onReady: (ready) => this.#onReady(ready),
      onLost: () => this.#onLost(),
    });
  }

  /** The topic on which the server hears itself, once it has heard everything before. */
  get #markTopic(): string {
    return `websocksrv/${this.clientId}/ready`;
  }

  /** Connects, and waits until the broker has handed over what it kept. */
  async fill(reader: HostLinkReader): Promise<void> {
    this.#reader = reader;
    await new Promise<void>((resolve) => {
      this.#onFilled = resolve;
      this.#connection.start();
    });
  }

  start(reader: HostLinkReader): void {
    this.#reader = reader;
    this.#isStarted = true;
    this.#lossTimer = setInterval(() => this.#tellLosses(), LOSS_CHECK_MS);
    this.#lossTimer.unref();
    this.#scheduleDrain();
  }

  send(event: DriverEvent): boolean {
    return this.#publisher.send(event);
  }

  setPaused(paused: boolean): void {
    this.#isPaused = paused;
    if (!paused) this.#scheduleDrain();
  }

  opened(): void {
    this.#log.info(`node ${this.nodeNumber} is open as ${this.clientId}`);
  }

  failed(): void {
    void this.#connection.close(0);
  }

  closed(): void {
    void this.end();
  }

  /** Asks the server to end. */
  requestClose(): void {
    if (this.#isStarted) this.#reader?.onClose();
    else this.closed();
  }

  /** Says good-bye to the broker, once it has what was sent. */
  async end(): Promise<void> {
    this.#isPaused = true;
    clearInterval(this.#lossTimer);
    const untilMs = performance.now() + CLOSE_GRACE_MS;
    while (this.#publisher.isBusy && performance.now() < untilMs) await sleep(10);
    await this.#connection.close(Math.max(untilMs - performance.now(), 100));
  }

  stats(): HostLinkStats {
    return {
      incoming: this.#incoming.length,
      incomingCapacity: this.#incomingCapacity,
      outgoing: this.#publisher.size,
      outgoingCapacity: this.#publisher.capacity,
      hostWriteTimeouts: 0,
      isAway: !this.#isConnected,
      metrics: this.#metrics(),
    };
  }

  #metrics(): LinkMetric[] {
    this.#sequence.sweep();
    const { connects, repeats, unreadable } = this.#counts;
    const { refused } = this.#publisher;
    const counter = (name: string, help: string, value: number): LinkMetric => {
      return { name: `broker_${name}_total`, type: 'counter', help, value };
    };
    const connected = Number(this.#isConnected);
    return [
      { name: 'broker_connected', type: 'gauge', help: '1 while there is a broker.', value: connected },
      counter('connects', 'Connections to a broker.', connects),
      counter('repeats', 'Messages that came a second time and were dropped.', repeats),
      counter('lost_events', 'Events of other nodes that never came.', this.#sequence.lost),
      counter('refused_events', 'Events of clients that the broker refused.', refused),
      counter('unreadable', 'Messages that are no events.', unreadable),
    ];
  }

  #tellLosses(): void {
    this.#sequence.sweep();
    const fresh = this.#sequence.lost - this.#toldLost;
    this.#toldLost += fresh;
    if (fresh > 0) this.#reader?.onLost(fresh);
  }

  #onReady(ready: ReadyConnection): void {
    this.#isConnected = true;
    this.#counts.connects++;
    this.#publisher.connected(ready);
    if (this.#onFilled !== undefined) this.#hearMark(ready);
  }

  #onLost(): void {
    this.#isConnected = false;
    this.#publisher.disconnected();
    // The connection to which the message belongs is gone.
    this.#readOn = undefined;
    this.#connection.isHeld = false;
  }

  /**
   * Sends a message to the server itself: when it is back, everything that the broker kept has come before it.
   */
  #hearMark({ client }: ReadyConnection): void {
    const topic = this.#markTopic;
    const qos = this.#mqtt.qos as 0 | 1;
    const timer = setTimeout(() => {
      this.#log.warn(
        `the broker does not return a message on ${topic}; the node may not know all values that it kept`,
      );
      this.#filled();
    }, FILL_TIMEOUT_MS);
    const onFilled = this.#onFilled;
    this.#onFilled = () => {
      clearTimeout(timer);
      onFilled?.();
      if (client.connected) client.unsubscribe(topic);
    };
    client.once('close', () => clearTimeout(timer));
    client.subscribe(topic, { qos }, () => client.publish(topic, 'ready', { qos }));
  }

  #filled(): void {
    const done = this.#onFilled;
    this.#onFilled = undefined;
    done?.();
  }

  #take(packet: IPublishPacket, done: () => void): void {
    if (packet.topic === this.#markTopic) this.#filled();
    else this.#takeEvent(packet);
    if (this.#incoming.length < this.#incomingCapacity) {
      done();
      return;
    }
    this.#readOn = done;
    this.#connection.isHeld = true;
  }

  #takeEvent(packet: IPublishPacket): void {
    const { topic, retain } = packet;
    const payload = packet.payload as Buffer;
    const number = packet.properties?.userProperties?.[NUMBER_PROPERTY];
    const isNew = retain || this.#isNew(packet, number);
    if (!isNew) {
      this.#counts.repeats++;
      return;
    }
    const parsed = parsePayload(topic, payload);
    if (!parsed.ok) {
      this.#counts.unreadable++;
      this.#log.debug(`no event on ${topic}: ${parsed.reason}`);
      return;
    }
    if (retain || !this.#isStarted) {
      // Nobody is there yet who could be too slow.
      if (retain) this.#reader?.onKept([parsed.value]);
      else this.#reader?.onEvents([parsed.value]);
      return;
    }
    this.#incoming.push(parsed.value);
    this.#scheduleDrain();
  }

  #isNew(packet: IPublishPacket, number: unknown): boolean {
    return number === undefined ? this.#repeats.isNew(packet) : this.#sequence.isNew(number);
  }

  #scheduleDrain(): void {
    if (this.#isDraining || this.#isPaused || !this.#isStarted || this.#incoming.length === 0) return;
    this.#isDraining = true;
    setImmediate(() => {
      this.#isDraining = false;
      if (this.#isPaused) return;
      this.#reader?.onEvents(this.#incoming.splice(0, BATCH_SIZE));
      if (this.#incoming.length * 2 <= this.#incomingCapacity) this.#release();
      this.#scheduleDrain();
    });
  }

  #release(): void {
    const readOn = this.#readOn;
    if (readOn === undefined) return;
    this.#readOn = undefined;
    this.#connection.isHeld = false;
    readOn();
  }
}
