import type { DriverEvent } from '../../src/vscp/event.ts';

/** The fields of an event that a test cares about; the others are zero. */
export type PartialEvent = Partial<DriverEvent>;

/** An event as VSCPRead handed it over. */
export interface HostEvent extends DriverEvent {
  /** The data pointer was NULL. */
  nullData: boolean;
}

/** The event in the host's protocol. */
export function eventWords(event: PartialEvent): string {
  const words = [
    `head=${event.head ?? 0}`,
    `obid=${event.obid ?? 0}`,
    `year=${event.year ?? 0}`,
    `month=${event.month ?? 0}`,
    `day=${event.day ?? 0}`,
    `hour=${event.hour ?? 0}`,
    `minute=${event.minute ?? 0}`,
    `second=${event.second ?? 0}`,
    `timestamp=${event.timestamp ?? 0}`,
    `ns=${event.timestampNs ?? 0}`,
    `class=${event.vscpClass ?? 10}`,
    `type=${event.vscpType ?? 6}`,
  ];
  if (event.guid) words.push(`guid=${Buffer.from(event.guid).toString('hex')}`);
  if (event.data?.length) words.push(`data=${Buffer.from(event.data).toString('hex')}`);
  return words.join(' ');
}

/** The other direction: from the JSON that the host prints. */
export function hostEvent(fields: Record<string, unknown>): HostEvent {
  return {
    head: Number(fields.head),
    obid: Number(fields.obid),
    year: Number(fields.year),
    month: Number(fields.month),
    day: Number(fields.day),
    hour: Number(fields.hour),
    minute: Number(fields.minute),
    second: Number(fields.second),
    timestamp: Number(fields.timestamp),
    timestampNs: BigInt(String(fields.timestamp_ns ?? fields.ns)),
    vscpClass: Number(fields.class),
    vscpType: Number(fields.type),
    guid: new Uint8Array(Buffer.from(String(fields.guid), 'hex')),
    data: new Uint8Array(Buffer.from(String(fields.data), 'hex')),
    nullData: fields.nullData === true,
  };
}
