/**
 * A VSCP filter and mask pair. An event passes when `(filter ^ value) & mask` is 0 for the priority
 * (0-7), class, type and each of the 16 GUID bytes.
 */
export interface EventFilter {
  filterPriority: number;
  filterClass: number;
  filterType: number;
  filterGuid: Uint8Array;
  maskPriority: number;
  maskClass: number;
  maskType: number;
  maskGuid: Uint8Array;
}
