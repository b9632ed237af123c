/** CLASS1.ALARM. */
export const ALARM = 1;
/** Its type for a power failure. */
export const POWER = 5;

/** An alarm that a node tells. */
export interface NodeAlarm {
  guid: string;
  type: number;
  zone: number;
  subzone: number;
}

const NODE_ID = /^a:([^/]+)\/(\d+)\/(\d+)\.(\d+)$/;
const LIMIT = 'l:';

export function nodeId({ guid, type, zone, subzone }: NodeAlarm): string {
  return `a:${guid}/${type}/${zone}.${subzone}`;
}

/** @returns `undefined` for those of limits */
export function readNodeId(id: string): NodeAlarm | undefined {
  const [, guid, type, zone, subzone] = NODE_ID.exec(id) ?? [];
  if (guid === undefined) return undefined;
  return { guid, type: Number(type), zone: Number(zone), subzone: Number(subzone) };
}

/** @param item whose limit it is about */
export function limitId(item: string): string {
  return LIMIT + item;
}

/** The item that an alarm of a limit is about; undefined for those that nodes tell. */
export function itemOf(id: string): string | undefined {
  return id.startsWith(LIMIT) ? id.slice(LIMIT.length) : undefined;
}
