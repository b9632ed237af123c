import {
  decodeMeasurement,
  type EventInput,
  parseGuid,
  type VscpEvent,
} from '../../../../src/client/index.ts';
import { LEVEL1_OVER_LEVEL2 } from '../../../../src/core/event.ts';
import { failureText } from '../session/login-problem.ts';
import { ValueHistory } from '../store/history.ts';
import { follows, type Moment } from '../store/server-clock.ts';
import { t } from '../texts.ts';
import { type ControlKind, type ControlSpec, type ControlState, shownActions } from './control.ts';
import { CONTROL_KINDS, SCENE } from './kinds.ts';
import { readReport, reportOf, type Told } from './report.ts';
import { MAX_CONTROLS } from './spec.ts';

const NEVER = Number.NEGATIVE_INFINITY;
export const ANSWER_TIMEOUT_MS = 5_000;

/** A control with what its node has told. */
export interface Control {
  id: string;
  kind: ControlKind;
  spec: ControlSpec;
  state: ControlState;
  /** What the page has heard of its past. */
  history: ValueHistory;
  /** What the node told last. */
  answer: VscpEvent | undefined;
  /** When that was; 0 = never. */
  answeredAt: number;
  /** A command is under way since then; 0 = none. */
  askedAt: number;
  asked: { vscpClass: number; vscpType: number; value: number | undefined } | undefined;
  /** What went wrong with the last command, or empty. */
  problem: string;
  /** What happened last without a state that shows it: sent, confirmed, a scene's step. */
  notice: string;
  /** Why this user may not use any of it, or empty. */
  whyNot: string;
  /** Why this user may not do that, by the action; what is not in it may be done. */
  refused: Readonly<Record<string, string>>;
}

export interface ControlBoardOptions {
  send: (event: EventInput) => Promise<void>;
  whyNotSend: (vscpClass: number, vscpType: number) => string;
  request: () => void;
}

/** Controls that people set up in the panel; the nodes tell their states. */
export class ControlBoard {
  readonly controls = new Map<string, Control>();
  readonly #options: ControlBoardOptions;
  readonly #byZone = new Map<string, Control[]>();
  readonly #orders = new Map<string, number>();
  #specs = '';
  /** Raised with each change. */
  version = 0;

  constructor(options: ControlBoardOptions) {
    this.#options = options;
  }

  /** Takes over what is set up now; states of those that stay are kept. */
  configure(specs: Readonly<Record<string, ControlSpec>>): boolean {
    const text = JSON.stringify(specs);
    if (text === this.#specs) return false;
    this.#specs = text;
    const before = new Map(this.controls);
    this.controls.clear();
    this.#byZone.clear();
    for (const [id, spec] of Object.entries(specs).slice(0, MAX_CONTROLS)) {
      const kind = CONTROL_KINDS[spec.kind];
      if (kind === undefined) continue;
      const old = before.get(id);
      const isSame = old && JSON.stringify(old.spec) === JSON.stringify(spec);
      const control = isSame ? old : { ...blank(), id, kind, spec };
      if (!isSame)
        for (const key of this.#orders.keys()) if (key.startsWith(`${id}/`)) this.#orders.delete(key);
      control.refused = spec.problems ? {} : this.#refused(control);
      control.whyNot = spec.problems?.join(' ') || this.#whyNot(control);
      this.controls.set(id, control);
      if (!kind.hasAddress) continue;
      const zone = zoneKey(spec.zone, spec.subzone);
      this.#byZone.set(zone, [...(this.#byZone.get(zone) ?? []), control]);
    }
    this.version += 1;
    return true;
  }

  /** Whether a control has this address, so that what else uses it need not be shown. */
  covers(zone: number, subzone: number, index: number): boolean {
    return this.#byZone.get(zoneKey(zone, subzone))?.some(({ spec }) => spec.index === index) ?? false;
  }

  /** Whether the values of that key are those of a set-point, which shows them itself. */
  coversSeries(key: string): boolean {
    return this.coveringSeries(key) !== undefined;
  }

  /** That set-point. */
  coveringSeries(key: string): Control | undefined {
    const spot = /\/measurement(\d+)\/\d+\/(\d+)\.(\d+)\.(\d+)$/.exec(key)?.slice(1).map(Number);
    if (spot === undefined) return undefined;
    const [type, zone = 0, subzone = 0, index] = spot;
    return this.#byZone
      .get(zoneKey(zone, subzone))
      ?.find(({ kind, spec }) => kind.measured && spec.type === type && spec.index === index);
  }

  take(event: VscpEvent, moment: Moment, isLive: boolean): void {
    if (this.#byZone.size === 0) return;
    const report = reportOf(event);
    if (report) {
      const isConfirm = report.vscpClass === 20 && report.vscpType === 39;
      const [, zone = 0, subzone = 0] = isConfirm ? [0, ...report.data] : report.data;
      for (const control of this.#byZone.get(zoneKey(zone, subzone)) ?? []) {
        const told = readReport(report, control.kind, control.spec, control.asked);
        if (told) this.#told(control, told, event, moment, isLive);
      }
      return;
    }
    const measurement = decodeMeasurement(event);
    if (measurement?.zone === undefined) return;
    for (const control of this.#byZone.get(zoneKey(measurement.zone, measurement.subzone ?? 0)) ?? []) {
      const state = control.kind.measured?.(measurement, control.spec);
      if (state) this.#told(control, { kind: 'state', state }, event, moment, isLive);
    }
  }

  /** What comes next counts as newer, whatever its date. */
  forgetOrders(): void {
    this.#orders.clear();
  }

  /**
   * Does something with a control; what comes of it is in `problem`, `notice` and the state.
   * @returns why it was not done, or empty
   */
  async run(control: Control, action: string, value?: number): Promise<string> {
    const { spec, kind } = control;
    const chosen = kind.actions[action];
    const whyNot = control.whyNot || (control.refused[action] ?? '');
    if (whyNot !== '') return whyNot;
    if (chosen === undefined || !kind.hasAddress) return t('it cannot do “{action}”', { action });
    const range = chosen.value?.(spec);
    const number = Math.max(range?.min ?? 0, Math.min(range?.max ?? 0, value ?? range?.min ?? 0));
    try {
      const event = overLevel2(chosen.event(spec, number), spec.guid);
      const hasAnswer = spec.form !== 'button';
      const { vscpClass, vscpType } = chosen.event(spec, number);
      control.asked = { vscpClass, vscpType, value: range && number };
      control.askedAt = Date.now();
      this.#say(control, '', '');
      await this.#options.send(event);
      if (hasAnswer) return '';
      control.askedAt = 0;
      this.#say(control, '', t('Sent'));
      return '';
    } catch (error) {
      this.#fail(control, failureText(error));
      return control.problem;
    }
  }

  /** Gives up on answers that are overdue. */
  checkTimeouts(now: number): void {
    for (const control of this.controls.values()) {
      if (control.askedAt > 0 && control.spec.kind !== SCENE && now - control.askedAt > ANSWER_TIMEOUT_MS)
        this.#fail(control, t('No answer within {n} s', { n: ANSWER_TIMEOUT_MS / 1000 }));
    }
  }

  /** What the views show changes: for what is done with controls elsewhere. */
  note(control: Control, change: Partial<Control>): void {
    Object.assign(control, change);
    this.version += 1;
    this.#options.request();
  }

  #told(control: Control, told: Told, answer: VscpEvent, { at, order }: Moment, isLive: boolean): void {
    if (told.kind !== 'state') {
      if (!isLive || control.askedAt === 0) return;
      if (told.kind === 'problem') this.#fail(control, told.problem);
      else
        this.note(control, { askedAt: 0, asked: undefined, notice: t('Confirmed'), answer, answeredAt: at });
      return;
    }
    const news: Record<string, unknown> = {};
    for (const [field, value] of Object.entries(told.state)) {
      const key = `${control.id}/${field}`;
      const differs = control.state[field as keyof ControlState] !== value;
      if (!isLive && !follows(order, this.#orders.get(key) ?? NEVER, differs)) continue;
      if (order !== undefined) this.#orders.set(key, order);
      news[field] = value;
    }
    if (Object.keys(news).length === 0) return;
    control.state = { ...control.state, ...news };
    const value = control.kind.past?.value(control.state);
    if (value !== undefined) control.history.add(at, value);
    this.note(control, { answer, answeredAt: at, askedAt: 0, asked: undefined, problem: '', notice: '' });
  }

  #fail(control: Control, problem: string): void {
    this.note(control, { askedAt: 0, asked: undefined, problem, notice: '' });
  }

  #say(control: Control, problem: string, notice: string): void {
    this.note(control, { problem, notice });
  }

  #refused({ kind, spec }: Control): Record<string, string> {
    const refused: Record<string, string> = {};
    for (const [action, { event, value }] of Object.entries(kind.actions)) {
      const { vscpClass, vscpType } = overLevel2(event(spec, value?.(spec).min ?? 0), spec.guid);
      const why = this.#options.whyNotSend(vscpClass, vscpType);
      if (why !== '') refused[action] = why;
    }
    return refused;
  }

  #whyNot(control: Control): string {
    const { kind, spec, refused } = control;
    if (!kind.hasAddress) return this.#whyNotScene(spec);
    const [why = '', ...others] = shownActions(control).map((action) => refused[action] ?? '');
    return others.includes('') ? '' : why;
  }

  /** What its controls do is asked when they do it; its own events are known. */
  #whyNotScene({ steps }: ControlSpec): string {
    const events = steps.flatMap((step) => ('thing' in step ? [] : [step]));
    const asked = events.length > 0 ? events : [{ vscpClass: 30, vscpType: 5 }];
    return (
      asked.map((event) => this.#options.whyNotSend(event.vscpClass, event.vscpType)).find(Boolean) ?? ''
    );
  }
}

function blank(): Omit<Control, 'id' | 'kind' | 'spec'> {
  const now = { askedAt: 0, asked: undefined, problem: '', notice: '', whyNot: '', refused: {} };
  return { state: {}, history: new ValueHistory(), answer: undefined, answeredAt: 0, ...now };
}

function zoneKey(zone: number, subzone: number): string {
  return `${zone}.${subzone}`;
}

/** The level II form of a level I event: the class + 512, and the interface's GUID before the data. */
export function overLevel2(event: EventInput, guid: string): EventInput {
  if (guid === '') return event;
  const { vscpClass, vscpType, data = [] } = event;
  return {
    vscpClass: vscpClass + LEVEL1_OVER_LEVEL2,
    vscpType,
    data: [...parseGuid(guid), ...Array.from(data)],
  };
}
