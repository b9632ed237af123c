import type { DriverEvent } from '../vscp/event.ts';
import type { OriginFilter } from '../vscp/filter.ts';

/** Entries whose filters look at the same bits of priority and GUID, by the values that they want. */
interface SameMask<Entry> {
  /** Any filter with this mask. */
  filter: OriginFilter;
  byValue: Map<string, Entry[]>;
}

/**
 * Finds the entries whose filters let an event's priority and GUID pass. The cost grows with the number of
 * different masks (mostly one), not with the number of filters.
 */
export class OriginIndex<Entry extends { readonly filter: OriginFilter }> {
  readonly #byMask = new Map<string, SameMask<Entry>>();

  constructor(entries: readonly Entry[] = []) {
    for (const entry of entries) this.add(entry);
  }

  add(entry: Entry): void {
    const { originMask, originValue } = entry.filter;
    let same = this.#byMask.get(originMask);
    if (same === undefined) {
      same = { filter: entry.filter, byValue: new Map() };
      this.#byMask.set(originMask, same);
    }
    const others = same.byValue.get(originValue);
    if (others === undefined) same.byValue.set(originValue, [entry]);
    else others.push(entry);
  }

  /** Calls `use` for each entry that gets the event. */
  forEachMatch(event: DriverEvent, use: (entry: Entry) => void): void {
    for (const { filter, byValue } of this.#byMask.values()) {
      const entries = byValue.get(filter.originOf(event.head, event.guid));
      if (entries === undefined) continue;
      for (const entry of entries) use(entry);
    }
  }
}
