import type { Parsed } from '../vscp/event.ts';
import { parseUint } from '../vscp/number-text.ts';

/** User rights, a 32-bit set (websocket protocols, section 6). */
export const RIGHT_TCPIP = 0x0000_0001;
export const RIGHT_WEBSOCKETS = 0x0000_0002;
export const RIGHT_WEB = 0x0000_0004;
export const RIGHT_REST = 0x0000_0008;
export const RIGHT_UDP = 0x0000_0010;
export const RIGHT_MQTT = 0x0000_0020;
export const RIGHT_MULTICAST = 0x0000_0040;
export const RIGHT_SEND_EVENTS = 0x0001_0000;
export const RIGHT_SEND_L1CTRL = 0x0002_0000;
export const RIGHT_SEND_L2CTRL = 0x0004_0000;
export const RIGHT_SEND_HLO = 0x0008_0000;
export const RIGHT_RECEIVE_EVENTS = 0x0010_0000;
/** A right of this project: the user may change what the control panel keeps on the server. */
export const RIGHT_EDIT_PANEL = 0x0200_0000;
export const RIGHT_SET_FILTER = 0x0400_0000;
export const RIGHT_SET_GUID = 0x0800_0000;
export const RIGHT_TEST = 0x1000_0000;
export const RIGHT_INTERFACE = 0x2000_0000;
export const RIGHT_RESTART = 0x4000_0000;
export const RIGHT_SHUTDOWN = 0x8000_0000;

const MAX_RIGHTS = 0xffff_ffff;
const DRIVER_GROUP = RIGHT_SEND_EVENTS | RIGHT_RECEIVE_EVENTS | RIGHT_SEND_L1CTRL | RIGHT_SEND_L2CTRL;
const INTERFACE_BITS = 0x7f;

/** The result of reading a list of rights. */
export interface Rights {
  /** RIGHT_… bits, unsigned 32; AUTH1 reports them to the client. */
  bits: number;
  /**
   * Whether the client may choose the GUID of its events, by the right set-guid or as a member of a group.
   */
  maySetGuid: boolean;
}

/**
 * Groups of fixed meaning. The bits of `user` and `driver` do not include set-guid, and clients in the field
 * read these bits in AUTH1. But members have always sent under GUIDs of their own, so every group allows it.
 */
const GROUPS = new Map<string, number>([
  ['admin', MAX_RIGHTS],
  ['user', INTERFACE_BITS | DRIVER_GROUP],
  ['driver', DRIVER_GROUP],
]);

const SINGLE_RIGHTS = new Map<string, number>([
  ['tcpip', RIGHT_TCPIP],
  ['ws', RIGHT_WEBSOCKETS],
  ['ws1', RIGHT_WEBSOCKETS],
  ['ws2', RIGHT_WEBSOCKETS],
  ['multicast', RIGHT_MULTICAST],
  ['send-events', RIGHT_SEND_EVENTS],
  ['l1ctrl-events', RIGHT_SEND_L1CTRL],
  ['l2ctrl-events', RIGHT_SEND_L2CTRL],
  ['hlo-events', RIGHT_SEND_HLO],
  ['receive-events', RIGHT_RECEIVE_EVENTS],
  ['edit-panel', RIGHT_EDIT_PANEL],
  ['set-filter', RIGHT_SET_FILTER],
  ['set-guid', RIGHT_SET_GUID],
  ['test', RIGHT_TEST],
  ['interface', RIGHT_INTERFACE],
  ['restart', RIGHT_RESTART],
  ['shutdown', RIGHT_SHUTDOWN],
]);

/** Names of interfaces: each is a single right, or a group that also has the bits of `driver`. */
const INTERFACE_NAMES = new Map<string, number>([
  ['tcp', RIGHT_TCPIP],
  ['websockets', RIGHT_WEBSOCKETS],
  ['web', RIGHT_WEB],
  ['rest', RIGHT_REST],
  ['udp', RIGHT_UDP],
  ['mqtt', RIGHT_MQTT],
]);

/**
 * Combines the rights of all names and numbers. An interface name is a group if nothing else in the list says
 * what the user may do there. Next to rights such as `receive-events` it means the interface alone, so that a
 * list can also restrict a user.
 */
function combineRights(entries: readonly string[]): Parsed<Rights> {
  let interfaces = 0;
  let rights = 0;
  let isMember = false;
  for (const entry of entries) {
    const name = entry.trim().toLowerCase().replaceAll('_', '-');
    if (name === '') continue;
    const interfaceBit = INTERFACE_NAMES.get(name);
    if (interfaceBit !== undefined) {
      interfaces |= interfaceBit;
      continue;
    }
    const group = GROUPS.get(name);
    if (group !== undefined) isMember = true;
    const bits = group ?? SINGLE_RIGHTS.get(name) ?? parseUint(name, MAX_RIGHTS);
    if (bits < 0) return { ok: false, reason: `unknown right ${JSON.stringify(entry.trim().slice(0, 40))}` };
    rights |= bits;
  }
  const asGroups = interfaces !== 0 && (rights & ~INTERFACE_BITS) === 0;
  const maySetGuid = isMember || asGroups || (rights & RIGHT_SET_GUID) !== 0;
  return {
    ok: true,
    value: { bits: (rights | interfaces | (asGroups ? DRIVER_GROUP : 0)) >>> 0, maySetGuid },
  };
}

/**
 * Reads rights from a number, a text with names and numbers separated by commas or slashes, or a list of
 * names and numbers. No value = no rights.
 */
export function parseRights(value: unknown): Parsed<Rights> {
  if (value === undefined || value === null) return { ok: true, value: { bits: 0, maySetGuid: false } };
  const entries: string[] = [];
  for (const entry of Array.isArray(value) ? value : [value]) {
    if (typeof entry === 'string') entries.push(...entry.split(/[,/]/));
    else if (typeof entry === 'number') entries.push(String(entry));
    else return { ok: false, reason: 'rights are a text, a number or a list of them' };
  }
  return combineRights(entries);
}

/** Whether a user may manage users and everybody's tokens, which takes all rights. */
export function isAdmin({ rights }: { rights: number }): boolean {
  return rights === MAX_RIGHTS;
}

/** The right that events of that class need in addition to send-events; 0 = none. */
export function sendRightFor(vscpClass: number): number {
  switch (vscpClass) {
    case 0:
    case 512:
      return RIGHT_SEND_L1CTRL;
    case 1024:
      return RIGHT_SEND_L2CTRL;
    case 1028:
      return RIGHT_SEND_HLO;
    default:
      return 0;
  }
}
