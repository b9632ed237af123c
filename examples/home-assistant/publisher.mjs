import { discoveryOf } from './entities.mjs';

/** Anybody who may send events can name new GUIDs. */
const MAX_ENTITIES = 5_000;

/**
 * Tells the broker what the entities are and how they stand. Of several states of an entity only the latest waits,
 * so nothing grows while the broker is slow or away.
 */
export class Publisher {
  #mqtt;
  #settings;
  #entities = new Map();
  /** Identifiers of entities with something to tell. */
  #waiting = new Set();
  /** What Home Assistant was told about each entity since the connection was made. */
  #told = new Map();
  /** Counts connections. A message of a broken one may never be taken, so nobody waits for it with the next. */
  #run = 0;
  #busyRun = -1;
  #isFull = false;

  /** @param {import('mqtt').MqttClient} mqtt */
  constructor(mqtt, settings) {
    this.#mqtt = mqtt;
    this.#settings = settings;
  }

  /** @param {import('./entities.mjs').Entity} entity */
  take(entity) {
    if (!this.#entities.has(entity.id) && this.#entities.size >= MAX_ENTITIES) {
      if (!this.#isFull)
        console.log(`More than ${MAX_ENTITIES} sensors and switches: further ones are left out`);
      this.#isFull = true;
      return;
    }
    this.#entities.set(entity.id, entity);
    this.#waiting.add(entity.id);
    this.#publish();
  }

  /** The address of a switch. */
  addressOf(id) {
    return this.#entities.get(id)?.address;
  }

  /** Tells everything again, to a broker that may have forgotten it. */
  repeat() {
    this.#run++;
    this.#told.clear();
    for (const id of this.#entities.keys()) this.#waiting.add(id);
    this.#publish();
  }

  /** One message after the other, each when the connection has taken the one before. */
  async #publish() {
    const run = this.#run;
    if (this.#busyRun === run) return;
    this.#busyRun = run;
    try {
      while (run === this.#run && this.#mqtt.connected && this.#waiting.size > 0) {
        const [id] = this.#waiting;
        this.#waiting.delete(id);
        await this.#tell(this.#entities.get(id));
      }
    } catch {
      // The connection broke; everything is told again with the next one.
    } finally {
      if (this.#busyRun === run) this.#busyRun = -1;
    }
  }

  async #tell(entity) {
    const { topic, discoveryPrefix } = this.#settings;
    const discovery = JSON.stringify(discoveryOf(entity, this.#settings));
    if (this.#told.get(entity.id) !== discovery) {
      const place = `${discoveryPrefix}/${entity.component}/vscp_${entity.id}/config`;
      await this.#mqtt.publishAsync(place, discovery, { retain: true });
      this.#told.set(entity.id, discovery);
    }
    await this.#mqtt.publishAsync(`${topic}/${entity.id}/state`, entity.state, { retain: true });
  }
}
