import type { VscpEvent } from '../../../../src/client/index.ts';
import { INFORMATION } from '../controls/control.ts';
import { reportOf } from '../controls/report.ts';
import type { SwitchAddress } from '../saved/panel-config.ts';
import { t } from '../texts.ts';
import { ValueHistory } from './history.ts';
import { recall, remember } from './memory.ts';
import { follows, type Moment } from './server-clock.ts';

/** A switch as its CLASS1.INFORMATION On and Off events show it. */
export interface SwitchInfo extends SwitchAddress {
  key: string;
  /** Made by the viewer here, so that the viewer may remove it. */
  isOwn: boolean;
  isOn: boolean | undefined;
  /** GUID of the node that told the state; empty before the first answer. */
  guid: string;
  /** What the page has heard of its past. */
  history: ValueHistory;
  /** What it told the state with. */
  answer: VscpEvent | undefined;
  answeredAt: number;
  /** Of the last answer, by the server's clock. */
  order: number;
  /** A command is under way since then; 0 = none. */
  askedAt: number;
  /** What went wrong with the last command, or empty. */
  problem: string;
}

export const ON = 3;
const OFF = 4;
const NEVER = Number.NEGATIVE_INFINITY;
const MAX_SWITCHES = 200;
export const ANSWER_TIMEOUT_MS = 5_000;

function keyOf({ index, zone, subzone }: Omit<SwitchAddress, 'name'>): string {
  return `${zone}.${subzone}.${index}`;
}

/** Switches that the configuration or the viewer named, and those that On and Off events revealed. */
export class SwitchBoard {
  readonly switches = new Map<string, SwitchInfo>();

  constructor(configured: readonly SwitchAddress[]) {
    for (const address of configured) this.#add(address, false);
    for (const address of recall('switches') ?? []) this.#add(address, true);
  }

  /** @returns false when there is one with this address already */
  add(address: SwitchAddress): boolean {
    const known = this.switches.get(keyOf(address));
    if (known?.isOwn === false && known.guid === '') return false;
    if (known) known.name = address.name;
    else this.#add(address, true);
    const added = this.switches.get(keyOf(address));
    if (added) added.isOwn = true;
    this.#save();
    return true;
  }

  remove(key: string): void {
    this.switches.delete(key);
    this.#save();
  }

  take(event: VscpEvent, { at, order }: Moment, isLive: boolean): void {
    const report = reportOf(event);
    const isState = event.vscpType === ON || event.vscpType === OFF;
    if (report?.vscpClass !== INFORMATION || !isState || report.data.length < 3) return;
    const [index = 0, zone = 0, subzone = 0] = report.data;
    const address = {
      name: t('Switch {address}', { address: `${zone}.${subzone}.${index}` }),
      index,
      zone,
      subzone,
    };
    const info = this.switches.get(keyOf(address)) ?? this.#add(address, false);
    const isOn = event.vscpType === ON;
    if (info === undefined || (!isLive && !follows(order, info.order, isOn !== info.isOn))) return;
    info.order = order ?? info.order;
    info.isOn = isOn;
    info.history.add(at, Number(isOn));
    info.guid = event.guid;
    info.answer = event;
    info.answeredAt = at;
    info.askedAt = 0;
    info.problem = '';
  }

  /** What comes next counts as newer, whatever its date. */
  forgetOrders(): void {
    for (const info of this.switches.values()) info.order = NEVER;
  }

  /** A command was sent; its answer is due. */
  asked(info: SwitchInfo): void {
    info.askedAt = Date.now();
    info.problem = '';
  }

  failed(info: SwitchInfo, problem: string): void {
    info.askedAt = 0;
    info.problem = problem;
  }

  /** Gives up on answers that are overdue. */
  checkTimeouts(now: number): void {
    for (const info of this.switches.values()) {
      if (info.askedAt > 0 && now - info.askedAt > ANSWER_TIMEOUT_MS) {
        this.failed(info, t('No answer within {n} s', { n: ANSWER_TIMEOUT_MS / 1000 }));
      }
    }
  }

  #add(address: SwitchAddress, isOwn: boolean): SwitchInfo | undefined {
    if (this.switches.size >= MAX_SWITCHES) return undefined;
    const key = keyOf(address);
    const blank = {
      isOn: undefined,
      guid: '',
      answer: undefined,
      answeredAt: 0,
      order: NEVER,
      askedAt: 0,
      problem: '',
    };
    const info = { ...address, ...blank, key, isOwn, history: new ValueHistory() };
    this.switches.set(key, info);
    return info;
  }

  #save(): void {
    const own = [...this.switches.values()].filter(({ isOwn }) => isOwn);
    remember(
      'switches',
      own.map(({ name, index, zone, subzone }) => ({ name, index, zone, subzone })),
    );
  }
}
