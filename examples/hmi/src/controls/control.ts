import type { EventInput, Measurement } from '../../../../src/client/index.ts';

/** An event that a scene sends as it is. */
export interface EventStep {
  vscpClass: number;
  vscpType: number;
  data: number[];
  /** Pause before it, in seconds. */
  delayS: number;
}

/** What a scene does with something that the panel has. */
export interface ThingStep {
  /** Id on the overview: `c:` and the id of a control, or `s:` and the address of a switch. */
  thing: string;
  action: string;
  value?: number;
  /** Pause before it, in seconds. */
  delayS: number;
}

export type SceneStep = EventStep | ThingStep;

/** A control as people set it up. */
export interface ControlSpec {
  kind: string;
  /** As long as nobody gives it another one; may be empty. */
  name: string;
  index: number;
  zone: number;
  subzone: number;
  /** GUID of the interface for the level II form (class + 512); empty = level I form. */
  guid: string;
  /** Which of several events it uses; empty = the kind's first. */
  form: string;
  /** Measurement type and unit of a set-point. */
  type: number;
  unit: number;
  min: number;
  max: number;
  step: number;
  /** How long a pulse is, in milliseconds. */
  durationMs: number;
  steps: SceneStep[];
  /** What of it could not be read, a sentence each: it is not used before somebody has mended that. */
  problems?: readonly string[];
}

/** What the node has told; what it has not is undefined. */
export interface ControlState {
  isOn?: boolean;
  /** 0 to 100. */
  level?: number;
  /** `#rrggbb` */
  colour?: string;
  motion?: 'up' | 'down' | 'still';
  isLocked?: boolean;
  /** Of a set-point, in its unit. */
  value?: number;
}

/** What somebody can do with a control. */
export interface Action {
  label: string;
  /** Undefined = it takes no value. */
  value?: (spec: ControlSpec) => { min: number; max: number; step: number };
  /** The level I event that asks for it. */
  event: (spec: ControlSpec, value: number) => EventInput;
}

/** An event with which nodes tell the state. */
export interface Answer {
  vscpType: number;
  /** What byte 0 is: the index, something of no meaning, or a value (then zone and sub-zone alone decide). */
  first: 'index' | 'reserved' | 'value';
  /** @param data from byte 0, at least three bytes */
  state: (data: Uint8Array, spec: ControlSpec) => ControlState;
}

/** What a person sees of a control, from left to right. */
export type Part =
  | { part: 'toggle'; on: string; off: string }
  | { part: 'slider'; action: string; label: string }
  | { part: 'colour'; action: string; label: string }
  | { part: 'stepper'; action: string; label: string }
  | { part: 'buttons'; actions: readonly string[]; isConfirmed?: boolean }
  /** Starts something that takes a while, and stops it. */
  | { part: 'start'; start: string; stop: string };

/** Something else to choose for a control of this kind, beside its address. */
export type Setting =
  | { key: 'form'; label: string; choices: readonly (readonly [value: string, text: string])[] }
  | { key: 'quantity'; label: string }
  | { key: 'min' | 'max' | 'step' | 'durationMs'; label: string; min: number; max: number; step: number };

/** What of a control has a past. */
export interface Past {
  quantity: string;
  /** 1 and 0 of a state, or a level in percent; undefined = not known. */
  value: (state: ControlState) => number | undefined;
  /** Types of CLASS1.INFORMATION by which the server's history has it. */
  types: readonly number[];
  /** What the server's numbers are multiplied by. */
  scale?: (spec: ControlSpec) => number;
}

/** One kind of control: what it sends, what answers it, how it looks. */
export interface ControlKind {
  title: string;
  /** For whom sets it up: what is sent and what the node has to answer. */
  hint: string;
  hasAddress: boolean;
  settings: readonly Setting[];
  usual?: Partial<ControlSpec>;
  actions: Readonly<Record<string, Action>>;
  /** Of CLASS1.INFORMATION. */
  answers: readonly Answer[];
  /** What a measured value of the same address says about it. */
  measured?: (measurement: Measurement, spec: ControlSpec) => ControlState | undefined;
  past?: Past;
  parts: (spec: ControlSpec) => readonly Part[];
  /** The state in words; empty = not known. */
  words: (state: ControlState, spec: ControlSpec) => string;
}

export const LOCK_QUANTITY = 'Door lock';
export const LEVEL_QUANTITY = 'Level';

export const CONTROL = 30;
export const INFORMATION = 20;
export const DISPLAY = 102;

export const PERCENT = { min: 0, max: 100, step: 1 };

/** `index, zone, sub-zone`, as most events of CLASS1.CONTROL begin. */
export function addressOf({ index, zone, subzone }: ControlSpec): [number, number, number] {
  return [index, zone, subzone];
}

/** An action that sends one event of CLASS1.CONTROL with the address alone. */
export function plainAction(label: string, vscpType: number): Action {
  return { label, event: (spec) => ({ vscpClass: CONTROL, vscpType, data: addressOf(spec) }) };
}

/** What can be done with what a person sees of it. */
export function shownActions({ kind, spec }: { kind: ControlKind; spec: ControlSpec }): string[] {
  return kind.parts(spec).flatMap((part) => {
    if (part.part === 'start') return [];
    if (part.part === 'toggle') return [part.on, part.off];
    return part.part === 'buttons' ? part.actions : [part.action];
  });
}
