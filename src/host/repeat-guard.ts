import { createHash } from 'node:crypto';
import type { IPublishPacket } from 'mqtt';

/** More than a broker has on its way to one client. */
const MAX_REMEMBERED = 4096;

/**
 * Recognises repeats of messages that carry no number: those that the broker sends again after a connection
 * broke, which it marks, and which came whole the first time.
 */
export class RepeatGuard {
  readonly #seen = new Set<string>();

  /** @returns false = this message came before */
  isNew({ qos, dup, topic, payload }: IPublishPacket): boolean {
    if (qos === 0) return true;
    const key = createHash('sha1').update(`${topic}\n`).update(payload).digest('base64');
    const isKnown = this.#seen.delete(key);
    this.#seen.add(key);
    if (this.#seen.size > MAX_REMEMBERED) {
      const [oldest] = this.#seen;
      if (oldest !== undefined) this.#seen.delete(oldest);
    }
    return !(dup && isKnown);
  }
}
