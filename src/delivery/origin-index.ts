import type { DriverEvent } from '../vscp/event.ts';
import type { OriginFilter } from '../vscp/filter.ts';

/** Those that look at the same bits of priority and GUID, by what they want these to be. */
interface SameMask<Entry> {
  /** Any filter with this mask. */
  filter: OriginFilter;
  byValue: Map<string, Entry[]>;
}

/**
 * Finds those whose filters let an event's priority and GUID pass. Costs as much as there are different masks (mostly
 * one), not as many as there are filters.
 */
export class OriginIndex<Entry extends { readonly filter: OriginFilter }> {
  readonly #byMask: SameMask<Entry>[] = [];

  constructor(entries: readonly Entry[]) {
    const masks = new Map<string, SameMask<Entry>>();
    for (const entry of entries) {
      const { originMask, originValue } = entry.filter;
      let same = masks.get(originMask);
      if (same === undefined) {
        same = { filter: entry.filter, byValue: new Map() };
        masks.set(originMask, same);
        this.#byMask.push(same);
      }
      const others = same.byValue.get(originValue);
      if (others === undefined) same.byValue.set(originValue, [entry]);
      else others.push(entry);
    }
  }

  /** Calls `use` for each entry that the event is for. */
  forEachMatch(event: DriverEvent, use: (entry: Entry) => void): void {
    for (const { filter, byValue } of this.#byMask) {
      const entries = byValue.get(filter.originOf(event.head, event.guid));
      if (entries === undefined) continue;
      for (const entry of entries) use(entry);
    }
  }
}
