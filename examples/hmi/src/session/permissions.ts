import type { UserInfo } from '../../../../src/client/index.ts';
import { t } from '../texts.ts';

const SEND_EVENTS = 0x0001_0000;
const RECEIVE_EVENTS = 0x0010_0000;
const EDIT_PANEL = 0x0200_0000;
const SET_FILTER = 0x0400_0000;
const SET_GUID = 0x0800_0000;
/** Classes that need a right of their own beside sending. */
const CONTROL_RIGHTS = new Map([
  [0, 0x0002_0000],
  [512, 0x0002_0000],
  [1024, 0x0004_0000],
  [1028, 0x0008_0000],
]);

/** Rights by their names; those for a way in, such as websockets, have no words. */
export const RIGHT_WORDS = {
  'receive-events': t('see values and events'),
  'send-events': t('switch and send events'),
  'l1ctrl-events': t('send control events that set up nodes'),
  'l2ctrl-events': t('send control events that set up nodes'),
  'hlo-events': t('send control events that set up nodes'),
  'set-filter': t('choose which events arrive (filter)'),
  'set-guid': t('send events in the name of other nodes'),
  'edit-panel': t('name things and set up rooms for everybody'),
  admin: t('manage users and devices of others'),
};

/** A right in plain words. */
export interface RightInWords {
  text: string;
  isAllowed: boolean;
}

/** Whether an administrator has not changed anything about what this user may do. */
export function sameRights(one: UserInfo, other: UserInfo): boolean {
  return one.rights === other.rights && one.isAdmin === other.isAdmin && one.events === other.events;
}

/** What the user of this session may do; of a server that does not tell, everything is offered. */
export class Permissions {
  readonly #user: UserInfo;
  readonly #rules: string[][];

  constructor(user: UserInfo) {
    this.#user = user;
    this.#rules = (user.events ?? '')
      .split('/')
      .filter((rule) => rule.includes(':'))
      .map((rule) => rule.split(':'));
  }

  get isAdmin(): boolean {
    return this.#user.isAdmin === true;
  }

  /** Whether this user may name and place things for everybody. */
  get mayEditPanel(): boolean {
    return this.#user.rights !== undefined && this.#has(EDIT_PANEL);
  }

  /** Whether this user may acknowledge alarms for everybody. */
  get mayKeepAlarms(): boolean {
    return this.mayEditPanel || (this.#user.rights !== undefined && this.#has(SEND_EVENTS));
  }

  get mayReceive(): boolean {
    return this.#has(RECEIVE_EVENTS);
  }

  /** Why such an event may not be sent, for people; empty when it may. */
  whyNotSend(vscpClass: number, vscpType: number): string {
    const { name } = this.#user;
    if (!this.#has(SEND_EVENTS)) return t('{name} may only look here, not switch or send.', { name });
    const control = CONTROL_RIGHTS.get(vscpClass);
    if (control !== undefined && !this.#has(control))
      return t('{name} may not send control events.', { name });
    const fits = ([wantedClass, wantedType]: string[]) =>
      [wantedClass, wantedType].every(
        (wanted, i) =>
          wanted === '*' || Number.parseInt(wanted ?? '', 16) === (i === 0 ? vscpClass : vscpType),
      );
    if (this.#rules.length === 0 || this.#rules.some(fits)) return '';
    return t('Events of this kind are not among those that {name} may send.', { name });
  }

  inWords(): RightInWords[] {
    const rows: [string, boolean][] = [
      [RIGHT_WORDS['receive-events'], this.mayReceive],
      [RIGHT_WORDS['send-events'], this.#has(SEND_EVENTS)],
      [RIGHT_WORDS['l1ctrl-events'], [...CONTROL_RIGHTS.values()].every((bit) => this.#has(bit))],
      [RIGHT_WORDS['set-filter'], this.#has(SET_FILTER)],
      [RIGHT_WORDS['set-guid'], this.#has(SET_GUID)],
      [RIGHT_WORDS['edit-panel'], this.#has(EDIT_PANEL)],
      [RIGHT_WORDS.admin, this.isAdmin],
    ];
    return rows.map(([text, isAllowed]) => ({ text, isAllowed }));
  }

  #has(bit: number): boolean {
    const { rights } = this.#user;
    return rights === undefined || (rights & bit) !== 0;
  }
}
