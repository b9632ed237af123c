import { readFileSync } from 'node:fs';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { type IClientOptions, type IPublishPacket, type ISubscriptionMap, MqttClient } from 'mqtt';
import type { MqttSettings } from '../config/settings.ts';
import { errorMessage } from '../core/errors.ts';
import type { Logger } from '../logging/logger.ts';

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 30_000;
/** A connection that lasts this long shows that all is well: the next one is tried soon again. */
const STABLE_MS = 10_000;
const CONNECT_TIMEOUT_MS = 10_000;
const KEEPALIVE_S = 30;
/** How often a connection that is not read shows the broker that it lives. */
const HELD_PING_MS = 10_000;
/** How long the broker keeps the messages of a node that is away. */
const SESSION_EXPIRY_S = 300;
/** Largest packet that a broker of MQTT 5 may send; events are far smaller. */
const MAX_PACKET_BYTES = 65_536;
/** Unacknowledged messages at once, if the broker permits as many. */
const MAX_IN_FLIGHT = 1000;
/** Messages on their way in MQTT 3.1.1, where brokers do not tell how many they take. */
const IN_FLIGHT_WITHOUT_WORD = 20;
/** Reason codes of MQTT 5 and 3.1.1 for a version that the broker does not speak. */
const UNKNOWN_VERSION = new Set([1, 0x84]);
const SESSION_TAKEN_OVER = 0x8e;
const OWN_NUMBER = '; each node needs its own mqtt.node-number';
const CLOSED = 'connection closed';
const NO_ANSWER = 'no answer to MQTT 5, so MQTT 3.1.1 comes next';

export interface MqttConnectionOptions {
  settings: MqttSettings;
  clientId: string;
  password: string | undefined;
  log: Logger;
  /** Takes a message of the broker; nothing more is read until `done` is called. */
  onMessage(packet: IPublishPacket, done: () => void): void;
  /** A connection is there, with all subscriptions. */
  onReady(link: ReadyConnection): void;
  /** The connection of the last `onReady` is gone. */
  onLost(): void;
}

/** What a connection that works can do. */
export interface ReadyConnection {
  client: MqttClient;
  /** MQTT 5: numbers can be sent beside the messages, and the broker returns none of our own. */
  isVersion5: boolean;
  maxInFlight: number;
}

/**
 * Keeps a connection to one of the brokers: connects, subscribes, and after a loss tries the brokers in turn,
 * with growing delays of random length, so that the nodes of a plant do not come back all at once.
 */
export class MqttConnection {
  readonly #options: MqttConnectionOptions;
  /** The version that a broker is known to speak, by its URL. */
  readonly #versions = new Map<string, 4 | 5>();
  /** The broker that ended the last try with MQTT 5 without an answer. */
  #silentServer: string | undefined;
  /** That of the client. */
  #version: 4 | 5 = 5;
  #client: MqttClient | undefined;
  #isReady = false;
  #readySinceMs = 0;
  #tries = 0;
  #lastReason = '';
  #timer: NodeJS.Timeout | undefined;
  #pingTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: MqttConnectionOptions) {
    this.#options = options;
  }

  start(): void {
    const { url } = this.#options.settings;
    const server = url[this.#tries % url.length] ?? '';
    this.#version = this.#versions.get(server) ?? (this.#silentServer === server ? 4 : 5);
    this.#silentServer = undefined;
    let socket: Socket;
    try {
      socket = this.#socket(new URL(server));
    } catch (error) {
      // A TLS file that cannot be read at the moment.
      this.#retry(server, errorMessage(error));
      return;
    }
    const client = new MqttClient(() => socket, this.#clientOptions());
    this.#client = client;
    let reason = CLOSED;
    let isReached = false;
    let isAnswered = false;
    socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
      isReached = true;
    });
    client.once('packetreceive', () => {
      isAnswered = true;
    });
    client.handleMessage = (packet, done) => this.#options.onMessage(packet, () => done());
    client.on('connect', (connack) => {
      const resumed = connack.sessionPresent;
      if (this.#version === 5) this.#versions.set(server, 5);
      const maxInFlight = connack.properties?.receiveMaximum ?? (this.#version === 5 ? 65_535 : undefined);
      this.#subscribe(client, resumed).then(
        () => this.#ready(client, server, Math.min(maxInFlight ?? IN_FLIGHT_WITHOUT_WORD, MAX_IN_FLIGHT)),
        (error: unknown) => {
          reason = errorMessage(error);
          client.end(true);
        },
      );
    });
    client.on('error', (error) => {
      reason = errorMessage(error);
      if ('code' in error && UNKNOWN_VERSION.has(Number(error.code)) && this.#version === 5) {
        this.#options.log.info(`${server}: no MQTT 5, going on with MQTT 3.1.1`);
        this.#versions.set(server, 4);
        this.#tries--;
      }
    });
    client.on('disconnect', ({ reasonCode }) => {
      if (reasonCode === SESSION_TAKEN_OVER) {
        reason = `another client took the name ${this.#options.clientId}${OWN_NUMBER}`;
      } else if (reasonCode) reason = `the broker ended the connection (code ${reasonCode})`;
    });
    client.on('close', () => {
      // RabbitMQ 3.10 answers MQTT 5 with nothing but the end of the connection. A proxy in front of a broker
      // that is away does the same, so each connection begins with MQTT 5 again.
      if (isReached && !isAnswered && this.#version === 5 && !this.#versions.has(server)) {
        reason = NO_ANSWER;
        this.#silentServer = server;
        this.#tries--;
      }
      const isShort = this.#isReady && performance.now() - this.#readySinceMs < STABLE_MS;
      // Not every broker says that it is another client's fault.
      const hint = ` soon after it began; is there another client named ${this.#options.clientId}?`;
      this.#lost(client, server, reason === CLOSED && isShort ? `${reason}${hint}${OWN_NUMBER}` : reason);
    });
  }

  /**
   * Says whether the broker's messages wait to be read. The answers to pings wait with them, so that the
   * client library would take the broker for dead.
   */
  set isHeld(held: boolean) {
    clearInterval(this.#pingTimer);
    if (!held) return;
    this.#pingTimer = setInterval(() => {
      if (this.#client?.connected !== true) return;
      this.#client.sendPing();
      this.#client.reschedulePing(true);
    }, HELD_PING_MS);
  }

  /** Says good-bye to the broker, which takes what has been sent until then. */
  async close(graceMs: number): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#pingTimer);
    const client = this.#client;
    if (client === undefined) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        client.end(true);
        resolve();
      }, graceMs);
      client.end(!client.connected, {}, () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #clientOptions(): IClientOptions {
    const { settings, clientId, password } = this.#options;
    return {
      clientId,
      clean: false,
      protocolId: 'MQTT',
      protocolVersion: this.#version,
      keepalive: KEEPALIVE_S,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      timerVariant: 'native',
      ...(settings.user === undefined ? {} : { username: settings.user }),
      ...(password === undefined ? {} : { password }),
      ...(this.#version === 5
        ? { properties: { sessionExpiryInterval: SESSION_EXPIRY_S, maximumPacketSize: MAX_PACKET_BYTES } }
        : {}),
    };
  }

  #socket({ protocol, hostname, port }: URL): Socket {
    const host = hostname.replace(/^\[|\]$/g, '');
    if (protocol !== 'mqtts:') return connectPlain({ host, port: Number(port || 1883), noDelay: true });
    const { ca, cert, key } = this.#options.settings;
    // Read again for each connection, so that renewed files count.
    const read = (path: string | undefined): Buffer | undefined =>
      path === undefined ? undefined : readFileSync(path);
    return connectTls({
      host,
      port: Number(port || 8883),
      ca: read(ca),
      cert: read(cert),
      key: read(key),
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
  }

  /** @throws Error when the broker refuses a topic */
  async #subscribe(client: MqttClient, resumed: boolean): Promise<void> {
    const { subscribe, qos } = this.#options.settings;
    // A resumed session brings all that came meanwhile, so its retained messages would be repeats; but a
    // server that has just started needs them.
    const isComplete = resumed && this.#readySinceMs > 0;
    // MQTT 3.1.1 would send them all the same.
    if (isComplete && this.#version === 4) return;
    const wish = { qos: qos as 0 | 1, nl: true, rh: isComplete ? 2 : 0 };
    const topics: ISubscriptionMap = Object.fromEntries(subscribe.map((topic) => [topic, wish]));
    for (const { topic, qos: granted } of await client.subscribeAsync(topics)) {
      if (granted > 2) throw new Error(`the broker refuses the topic ${topic} (mqtt.subscribe)`);
    }
  }

  #ready(client: MqttClient, server: string, maxInFlight: number): void {
    if (this.#client !== client || this.#isClosed) return;
    this.#isReady = true;
    this.#readySinceMs = performance.now();
    this.#lastReason = '';
    const isVersion5 = this.#version === 5;
    this.#options.log.info(`connected to ${server} (MQTT ${isVersion5 ? '5' : '3.1.1'})`);
    this.#options.onReady({ client, isVersion5, maxInFlight });
  }

  #lost(client: MqttClient, server: string, reason: string): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    if (this.#isReady) {
      this.#isReady = false;
      if (performance.now() - this.#readySinceMs >= STABLE_MS) this.#tries = 0;
      this.#options.onLost();
    }
    if (!this.#isClosed) this.#retry(server, reason);
  }

  #retry(server: string, reason: string): void {
    const longest = Math.min(FIRST_DELAY_MS * 2 ** Math.max(this.#tries, 0), LONGEST_DELAY_MS);
    this.#tries++;
    // Told once, since an outage may last for days.
    const { log } = this.#options;
    const text = `${server}: ${reason}`;
    if (text === this.#lastReason) log.debug(text);
    else log.warn(`${text}; tried again until it works`);
    this.#lastReason = text;
    this.#timer = setTimeout(() => this.start(), longest * (0.5 + Math.random() / 2));
  }
}
