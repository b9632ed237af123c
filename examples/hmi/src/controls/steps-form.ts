import { BadInputError } from '../../../../src/client/index.ts';
import { t } from '../texts.ts';
import { h, setAttribute, setText } from '../ui/dom.ts';
import { formatBytes } from '../ui/format.ts';
import { parseBytes } from '../views/events/bytes-text.ts';
import type { SceneStep } from './control.ts';
import { MAX_DELAY_S, MAX_STEPS, readStep } from './spec.ts';

/** Something that a scene can act on. */
export interface Thing {
  id: string;
  title: string;
  actions: readonly { name: string; label: string; value?: { min: number; max: number; step: number } }[];
}

/** An event as it is, in the place of a thing. */
const RAW = '';

interface Row {
  element: HTMLElement;
  /** Where it is filled in from. */
  first: HTMLElement;
  read: () => SceneStep;
  /** Id of what it acts on. */
  thing: () => string;
  /** Tells which of how many it is. */
  place: (at: number, all: number) => void;
}

interface RowActions {
  onRemove: () => void;
  /** So many places on, or back. */
  onMove: (by: -1 | 1) => void;
}

/** The steps of a scene: what, how, after how long. */
export class StepsForm {
  readonly element: HTMLFieldSetElement;
  readonly #things: () => readonly Thing[];
  readonly #list = h('ol', { class: 'steps' });
  /** Where a step was moved to. */
  readonly #moved = h('p', { class: 'hint', role: 'status' });
  readonly #adder = h(
    'button',
    { type: 'button', onclick: () => this.#add()?.first.focus() },
    t('Add a step'),
  );
  #rows: Row[] = [];

  constructor(things: () => readonly Thing[]) {
    this.#things = things;
    this.element = h('fieldset', {}, h('legend', {}, t('Steps')), this.#list, this.#moved, this.#adder);
  }

  open(steps: readonly SceneStep[]): void {
    this.#rows = [];
    this.#list.replaceChildren();
    setText(this.#moved, '');
    for (const step of steps) this.#add(step);
  }

  /** @throws BadInputError that says what is wrong */
  read(): SceneStep[] {
    if (this.#rows.length === 0) throw new BadInputError(t('A scene needs a step.'));
    return this.#rows.map(({ read }, i) => {
      const step = readStep(read());
      if (typeof step === 'object') return step;
      throw new BadInputError(t('step {n}: {problem}', { n: i + 1, problem: step }));
    });
  }

  #add(step?: SceneStep): Row | undefined {
    if (this.#rows.length >= MAX_STEPS) return undefined;
    const things = this.#things();
    const used = new Set(this.#rows.map(({ thing }) => thing()));
    const next = things.find(({ id }) => !used.has(id)) ?? things[0];
    const row = makeRow(things, step, next?.id ?? RAW, {
      onRemove: () => this.#remove(row),
      onMove: (by) => this.#move(row, by),
    });
    this.#list.append(row.element);
    this.#arrange([...this.#rows, row]);
    return row;
  }

  #remove(row: Row): void {
    const next = this.#rows[this.#rows.indexOf(row) + 1]?.first ?? this.#adder;
    row.element.remove();
    this.#arrange(this.#rows.filter((other) => other !== row));
    next.focus();
  }

  #move(row: Row, by: -1 | 1): void {
    const rows = [...this.#rows];
    const at = rows.indexOf(row);
    const other = rows[at + by];
    if (other === undefined) return;
    [rows[at], rows[at + by]] = [other, row];
    // The other one gives way: what is taken out of the page loses the focus.
    if (by < 0) row.element.after(other.element);
    else row.element.before(other.element);
    this.#arrange(rows);
    setText(this.#moved, placeOf(at + by, rows.length));
  }

  #arrange(rows: Row[]): void {
    this.#rows = rows;
    for (const [at, { place }] of rows.entries()) place(at, rows.length);
  }
}

function placeOf(at: number, all: number): string {
  return t('Step {n} of {all}', { n: at + 1, all });
}

/** With what the step is about, also when that is not there any more: it must not become something else. */
function withGone(things: readonly Thing[], step: SceneStep | undefined): readonly Thing[] {
  if (step === undefined || !('thing' in step) || things.some(({ id }) => id === step.thing)) return things;
  const { thing, action, value } = step;
  const kept = value !== undefined && { value: { min: value, max: value, step: 1 } };
  const title = t('Not there any more: {thing}', { thing });
  return [...things, { id: thing, title, actions: [{ name: action, label: action, ...kept }] }];
}

function makeRow(
  present: readonly Thing[],
  step: SceneStep | undefined,
  /** Id of what a new step begins with. */
  next: string,
  { onRemove, onMove }: RowActions,
): Row {
  const things = withGone(present, step);
  const what = choice(t('What'), [
    ...things.map(({ id, title }) => [id, title] as const),
    [RAW, t('An event…')] as const,
  ]);
  const action = choice(t('Action'), []);
  const value = number(t('Value'), 0);
  const event = text(t('Class, type, data'), '30 5: 00 01 01');
  const delay = number(t('After, in seconds'), step?.delayS ?? 0);
  delay.input.max = String(MAX_DELAY_S);
  action.input.required = true;
  const chosen = () => things.find(({ id }) => id === what.input.value);
  const chosenAction = () => chosen()?.actions.find(({ name }) => name === action.input.value);
  const showValue = () => {
    const range = chosenAction()?.value;
    value.element.hidden = value.input.disabled = range === undefined;
    for (const [name, bound] of Object.entries(range ?? {})) value.input.setAttribute(name, String(bound));
  };
  const showThing = () => {
    const actions = chosen()?.actions ?? [];
    action.input.replaceChildren(...actions.map(({ name, label }) => h('option', { value: name }, label)));
    action.element.hidden = action.input.disabled = chosen() === undefined;
    event.element.hidden = chosen() !== undefined;
    showValue();
  };
  what.input.addEventListener('change', showThing);
  action.input.addEventListener('change', showValue);
  what.input.value = step === undefined ? next : 'thing' in step ? step.thing : RAW;
  showThing();
  if (step && 'thing' in step) {
    action.input.value = step.action;
    value.input.value = String(step.value ?? 0);
    showValue();
  } else if (step)
    event.input.value = `${step.vscpClass} ${step.vscpType}: ${formatBytes(Uint8Array.from(step.data))}`;
  const small = (words: string, onclick: () => void) =>
    h('button', { type: 'button', class: 'small', onclick }, words);
  const earlier = small(t('Earlier'), () => {
    onMove(-1);
    if (earlier.disabled) later.focus();
  });
  const later = small(t('Later'), () => {
    onMove(1);
    if (later.disabled) earlier.focus();
  });
  const buttons = h('div', { class: 'row' }, earlier, later, small(t('Remove step'), onRemove));
  const parts = [what, action, value, event, delay].map(({ element }) => element);
  return {
    element: h('li', { class: 'row filters' }, ...parts, buttons),
    first: what.input,
    thing: () => what.input.value,
    place: (at, all) => {
      earlier.disabled = at === 0;
      later.disabled = at === all - 1;
      setAttribute(earlier, 'aria-label', `${t('Earlier')}, ${placeOf(at, all)}`);
      setAttribute(later, 'aria-label', `${t('Later')}, ${placeOf(at, all)}`);
    },
    read: () => {
      const delayS = Math.max(0, delay.input.valueAsNumber || 0);
      if (chosen() === undefined) return { ...readEvent(event.input.value), delayS };
      const takesValue = chosenAction()?.value !== undefined;
      return {
        thing: what.input.value,
        action: action.input.value,
        ...(takesValue && { value: value.input.valueAsNumber || 0 }),
        delayS,
      };
    },
  };
}

/** `class type: data`, as people write it. */
function readEvent(written: string): { vscpClass: number; vscpType: number; data: number[] } {
  const match = /^\s*(\d+)[\s.,]+(\d+)\s*(?::(.*))?$/.exec(written);
  if (match === null)
    throw new BadInputError(t('An event is written as class, type and data: 30 5: 00 01 01'));
  const [, vscpClass, vscpType, data = ''] = match;
  return { vscpClass: Number(vscpClass), vscpType: Number(vscpType), data: parseBytes(data) };
}

/** The label holds its input, so that no row needs ids. */
function labelled<Input extends HTMLElement>(label: string, input: Input) {
  const words = h('span');
  setText(words, label);
  return { input, element: h('label', { class: 'field' }, words, input) };
}

function choice(label: string, options: readonly (readonly [string, string])[]) {
  return labelled(label, h('select', {}, ...options.map(([value, words]) => h('option', { value }, words))));
}

function number(label: string, value: number) {
  return labelled(label, h('input', { type: 'number', value, min: 0, step: 'any' }));
}

function text(label: string, value: string) {
  return labelled(label, h('input', { type: 'text', value, spellcheck: 'false', autocomplete: 'off' }));
}
