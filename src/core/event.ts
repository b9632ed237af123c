/**
 * What server and client library both know about VSCP events (specification, chapters "Level I events" and
 * "Level II events").
 */

/** Head bit that marks the nanosecond time form. */
export const HEAD_NANOSECONDS = 0x0100;
/** Head of an event of usual priority (3). */
export const USUAL_HEAD = 0x60;
export const MAX_EVENT_DATA = 512;
/** Data bytes of a level I event. */
export const MAX_LEVEL1_DATA = 8;
/**
 * Added to the class of a level I event sent over level II; the GUID of its interface then precedes the data.
 */
export const LEVEL1_OVER_LEVEL2 = 512;
/** The first class that exists only in level II. */
export const FIRST_LEVEL2_CLASS = 1024;

export const MAX_UINT16 = 0xffff;
export const MAX_UINT32 = 0xffff_ffff;
export const MAX_PRIORITY = 7;

/** Priority of an event: head bits 7-5, 0 (highest) to 7. */
export function priorityOfHead(head: number): number {
  return (head >> 5) & MAX_PRIORITY;
}

/** Whether a class stands for level I events sent over level II. */
export function isLevel1OverLevel2(vscpClass: number): boolean {
  return vscpClass >= LEVEL1_OVER_LEVEL2 && vscpClass < FIRST_LEVEL2_CLASS;
}

/** The class of the level I event that one over level II stands for; other classes as they are. */
export function level1ClassOf(vscpClass: number): number {
  return isLevel1OverLevel2(vscpClass) ? vscpClass - LEVEL1_OVER_LEVEL2 : vscpClass;
}

/** An event to send; the server fills in what is left out (GUID, date, time stamp). */
export interface EventInput {
  vscpClass: number;
  vscpType: number;
  /** 0-512 bytes. */
  data?: ArrayLike<number>;
  /** Default: the server's GUID with this session's number. */
  guid?: string;
  /** Default: priority 3 (0x60). */
  head?: number;
  /** Unix time; default: the server's clock. */
  time?: Date;
  /** Microseconds, 32 bits. */
  timestamp?: number;
}
