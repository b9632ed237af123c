/** An event in the fake server, as the client under test sees and sends it. */
export interface FakeEvent {
  head: number;
  vscpClass: number;
  vscpType: number;
  obid: number;
  dateTime: string;
  timestamp: number;
  guid: string;
  data: number[];
}

export const FAKE_GUID = 'FF:FF:FF:FF:FF:FF:FF:F5:01:00:00:00:00:00:00:01';

/** Fills in what an event under test does not care about. */
export function fakeEvent(event: Partial<FakeEvent> & Pick<FakeEvent, 'vscpClass' | 'vscpType'>): FakeEvent {
  const dateTime = `${new Date().toISOString().slice(0, 19)}Z`;
  return { head: 0x60, obid: 0, dateTime, timestamp: 0, guid: FAKE_GUID, data: [], ...event };
}

export function toJson(event: FakeEvent): Record<string, unknown> {
  const entries = Object.entries(event).map(([key, value]) => [FIELD_NAMES[key] ?? key, value]);
  return { ...Object.fromEntries(entries), vscpNote: '' };
}

const FIELD_NAMES: Record<string, string> = {
  head: 'vscpHead',
  obid: 'vscpObId',
  dateTime: 'vscpDateTime',
  timestamp: 'vscpTimeStamp',
  guid: 'vscpGuid',
  data: 'vscpData',
};

export function fromJson(json: Record<string, unknown>): FakeEvent {
  const entries = Object.keys(fakeEvent({ vscpClass: 0, vscpType: 0 })).map((key) => [
    key,
    json[FIELD_NAMES[key] ?? key],
  ]);
  return Object.fromEntries(entries) as FakeEvent;
}

export function toText(event: FakeEvent): string {
  const data = event.data.map((byte) => `0x${byte.toString(16).padStart(2, '0').toUpperCase()}`);
  const { head, vscpClass, vscpType, obid, dateTime, timestamp, guid } = event;
  return [head, vscpClass, vscpType, obid, dateTime, timestamp, guid, ...data].join(',');
}

export function fromText(text: string): FakeEvent {
  const [head, vscpClass, vscpType, obid, dateTime = '', timestamp, guid = '', ...data] = text.split(',');
  const numbers = {
    head: Number(head),
    vscpClass: Number(vscpClass),
    vscpType: Number(vscpType),
    obid: Number(obid),
  };
  return { ...numbers, dateTime, timestamp: Number(timestamp), guid, data: data.map(Number) };
}

export function filterTexts(filter: string, mask: string): Record<string, unknown> {
  const [, filterClass = 0, filterType = 0] = filter.split(',');
  const [, maskClass = 0, maskType = 0] = mask.split(',');
  return { filter_class: filterClass, filter_type: filterType, mask_class: maskClass, mask_type: maskType };
}

export function matcher(args: Record<string, unknown>): (event: FakeEvent) => boolean {
  const [fc, ft, mc, mt] = ['filter_class', 'filter_type', 'mask_class', 'mask_type'].map((key) =>
    Number(args[key] ?? 0),
  );
  return ({ vscpClass, vscpType }) =>
    (((fc ?? 0) ^ vscpClass) & (mc ?? 0)) === 0 && (((ft ?? 0) ^ vscpType) & (mt ?? 0)) === 0;
}
