import { recall, remember } from '../store/memory.ts';
import { type Alarm, CLOCKS_MS, latest } from './alarm.ts';

/** Alarms that somebody does not want to hear or see any more on this device; when they ring anew, they are others. */
export class LeftAlone {
  readonly #name: 'alarmsSilenced' | 'alarmsHidden';
  /** By id, when the alarm began. */
  #known: Record<string, number>;

  constructor(name: 'alarmsSilenced' | 'alarmsHidden') {
    this.#name = name;
    this.#known = recall(name) ?? {};
  }

  has(id: string, { since }: Alarm): boolean {
    const known = this.#known[id];
    return known !== undefined && Math.abs(known - since) <= CLOCKS_MS;
  }

  add(alarms: readonly [id: string, alarm: Alarm][]): void {
    const added = Object.fromEntries(alarms.map(([id, { since }]) => [id, since]));
    this.#keep(latest({ ...this.#known, ...added }));
  }

  clear(): void {
    this.#keep({});
  }

  #keep(known: Record<string, number>): void {
    this.#known = known;
    remember(this.#name, known);
  }
}
