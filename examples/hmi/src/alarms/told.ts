import { recall, remember } from '../store/memory.ts';
import { CLOCKS_MS, latest } from './alarm.ts';

/** Of which alarms this device was told, whichever of its pages did it. */
export class Told {
  /** By this page: what rings anew at once is another alarm. */
  readonly #own = new Map<string, number>();

  /**
   * Notes that this page tells it now.
   * @returns false when another page has told the same before
   */
  note(id: string, since: number): boolean {
    const told = recall('notified') ?? {};
    const before = told[id];
    const isOwn = before === this.#own.get(id);
    if (before !== undefined && !isOwn && Math.abs(before - since) <= CLOCKS_MS) return false;
    this.#own.set(id, since);
    remember('notified', latest({ ...told, [id]: since }));
    return true;
  }
}
