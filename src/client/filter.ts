import { MAX_PRIORITY, MAX_UINT16 } from '../core/event.ts';
import { formatGuid, GUID_SIZE, parseGuid, ZERO_GUID } from '../core/guid.ts';
import { BadInputError } from '../core/vscp-error.ts';

/**
 * What to let through. Each given field must match exactly; `{}` lets everything through. For partial matches
 * give a `mask` field too: only the bits set in it are compared (`maskGuid`: byte by byte).
 */
export interface EventFilter {
  /** 0 (highest) to 7. */
  priority?: number;
  vscpClass?: number;
  vscpType?: number;
  guid?: string;
  maskPriority?: number;
  maskClass?: number;
  maskType?: number;
  maskGuid?: string;
}

const FULL_GUID = formatGuid(new Uint8Array(GUID_SIZE).fill(255));

interface FilterParts {
  priority: number;
  class: number;
  type: number;
  guid: string;
}

/** Filter and mask in the terms of the protocols. */
export interface FilterPair {
  filter: FilterParts;
  mask: FilterParts;
}

function number(value: number | undefined, standIn: number, max: number): number {
  if (value === undefined) return standIn;
  if (!Number.isInteger(value) || value < 0 || value > max)
    throw new BadInputError(`Bad filter value ${value}`);
  return value;
}

function guid(value: string | undefined, standIn: string): string {
  return value === undefined ? standIn : formatGuid(parseGuid(value));
}

/** @throws BadInputError when a field is out of range */
export function filterPair(wanted: EventFilter): FilterPair {
  return {
    filter: {
      priority: number(wanted.priority, 0, MAX_PRIORITY),
      class: number(wanted.vscpClass, 0, MAX_UINT16),
      type: number(wanted.vscpType, 0, MAX_UINT16),
      guid: guid(wanted.guid, ZERO_GUID),
    },
    mask: {
      priority: number(wanted.maskPriority, wanted.priority === undefined ? 0 : MAX_PRIORITY, MAX_PRIORITY),
      class: number(wanted.maskClass, wanted.vscpClass === undefined ? 0 : MAX_UINT16, MAX_UINT16),
      type: number(wanted.maskType, wanted.vscpType === undefined ? 0 : MAX_UINT16, MAX_UINT16),
      guid: guid(wanted.maskGuid, wanted.guid === undefined ? ZERO_GUID : FULL_GUID),
    },
  };
}
