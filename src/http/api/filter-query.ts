import type { Parsed } from '../../vscp/event.ts';
import { type CompiledFilter, compileFilter, type FilterMask } from '../../vscp/filter.ts';
import { parseFilterPair } from '../../vscp/filter-text.ts';
import { parseGuidText } from '../../vscp/guid.ts';

const WHOLE_GUID = new Uint8Array(16).fill(0xff);

/** The filter that a request's query stands for; a parameter that is not given lets everything pass. */
export function wantedFilter(query: Readonly<Record<string, unknown>>): Parsed<CompiledFilter> {
  const { filter = '', mask = '', guid } = query;
  const parsed = parseFilterPair(String(filter), String(mask));
  if (!parsed.ok) return { ok: false, reason: `filter, mask: ${parsed.reason}` };
  const wanted: FilterMask = { ...parsed.value };
  if (typeof query.class === 'number') Object.assign(wanted, { filterClass: query.class, maskClass: 0xffff });
  if (typeof query.type === 'number') Object.assign(wanted, { filterType: query.type, maskType: 0xffff });
  if (typeof query.priority === 'number') {
    Object.assign(wanted, { filterPriority: query.priority, maskPriority: 7 });
  }
  if (typeof guid === 'string') {
    const given = parseGuidText(guid);
    if (!given.ok) return { ok: false, reason: `guid: ${given.reason}` };
    Object.assign(wanted, { filterGuid: given.value, maskGuid: WHOLE_GUID });
  }
  return { ok: true, value: compileFilter(wanted) };
}
