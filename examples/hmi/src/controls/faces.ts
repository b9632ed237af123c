import { unitSymbol } from '../../../../src/client/index.ts';
import { t } from '../texts.ts';
import { h, setAttribute, setText } from '../ui/dom.ts';
import { askTwice } from '../ui/form-parts.ts';
import type { Control } from './board.ts';
import type { Act } from './card.ts';
import type { Part } from './control.ts';
import { setPointText } from './set-point.ts';

/** A part of a control on the screen. */
export interface Face {
  element: HTMLElement;
  render: (isDisabled: (action: string) => boolean) => void;
}

type Maker<P extends Part['part']> = (
  control: Control,
  part: Extract<Part, { part: P }>,
  act: Act,
  /** Id of the element that names the control. */
  nameId: string,
) => Face;

let serial = 0;

/** The control's name and what the part does, for those who hear the page. */
function labelledBy(nameId: string, label: string): { ids: string; element: HTMLElement } {
  serial += 1;
  const id = `part-${serial}`;
  return { ids: `${nameId} ${id}`, element: h('span', { id, class: 'part-label' }, label) };
}

/** A button with what it does and the control's name, for those who hear the page. */
function namedButton(nameId: string, label: string): HTMLButtonElement {
  serial += 1;
  const id = `part-${serial}`;
  return h('button', { type: 'button', id, 'aria-labelledby': `${id} ${nameId}` }, label);
}

const toggle: Maker<'toggle'> = (control, { on, off }, act, nameId) => {
  const button = h(
    'button',
    { type: 'button', role: 'switch', class: 'toggle', 'aria-labelledby': nameId },
    h('span', { class: 'knob', 'aria-hidden': 'true' }),
  );
  button.addEventListener('click', () => act(control.state.isOn ? off : on));
  return {
    element: button,
    render: (isDisabled) => {
      const { isOn } = control.state;
      setAttribute(button, 'aria-checked', isOn === undefined ? 'mixed' : String(isOn));
      setAttribute(button, 'aria-busy', control.askedAt > 0 ? 'true' : undefined);
      button.disabled = isDisabled(isOn ? off : on);
    },
  };
};

const slider: Maker<'slider'> = (control, { action, label }, act, nameId) => {
  const range = control.kind.actions[action]?.value?.(control.spec) ?? { min: 0, max: 100, step: 1 };
  const name = labelledBy(nameId, label);
  const input = h('input', { type: 'range', ...range, 'aria-labelledby': name.ids });
  const shown = h('span', { class: 'part-value' });
  let isHeld = false;
  input.addEventListener('input', () => {
    isHeld = true;
    setText(shown, `${input.value} %`);
  });
  input.addEventListener('change', () => {
    isHeld = false;
    act(action, input.valueAsNumber);
  });
  return {
    element: h('div', { class: 'part-slider' }, name.element, input, shown),
    render: (isDisabled) => {
      input.disabled = isDisabled(action);
      if (isHeld) return;
      const asked = control.askedAt > 0 ? control.asked?.value : undefined;
      const { level } = control.state;
      setText(shown, level === undefined ? '–' : `${level} %`);
      const value = String(asked ?? level ?? 0);
      if (input.value !== value) input.value = value;
    },
  };
};

const colourField: Maker<'colour'> = (control, { action, label }, act, nameId) => {
  const name = labelledBy(nameId, label);
  const input = h('input', { type: 'color', 'aria-labelledby': name.ids, value: '#000000' });
  input.addEventListener('change', () => act(action, Number.parseInt(input.value.slice(1), 16)));
  return {
    element: h('div', { class: 'part-colour' }, name.element, input),
    render: (isDisabled) => {
      input.disabled = isDisabled(action);
      const { colour } = control.state;
      if (colour !== undefined && document.activeElement !== input && input.value !== colour)
        input.value = colour;
    },
  };
};

const SETTLE_MS = 700;

/** Presses in quick succession make one command. */
const stepper: Maker<'stepper'> = (control, { action, label }, act, nameId) => {
  const { min, max, step } = control.spec;
  const name = labelledBy(nameId, label);
  const shown = h('output', { class: 'part-number', 'aria-labelledby': name.ids });
  let wanted: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const change = (by: number) => {
    const from = wanted ?? control.asked?.value ?? control.state.value ?? (min + max) / 2;
    wanted = Math.max(min, Math.min(max, Math.round((from + by * step) / step) * step));
    clearTimeout(timer);
    timer = setTimeout(() => {
      const value = wanted;
      wanted = undefined;
      act(action, value);
    }, SETTLE_MS);
    render();
  };
  const button = (text: string, words: string, by: number) =>
    h('button', { type: 'button', 'aria-label': words, onclick: () => change(by) }, text);
  const buttons = [button('−', t('Lower'), -1), button('+', t('Higher'), 1)] as const;
  const render = () => {
    const value = wanted ?? (control.askedAt > 0 ? control.asked?.value : undefined) ?? control.state.value;
    setText(
      shown,
      value === undefined
        ? `– ${unitSymbol(control.spec.type, control.spec.unit)}`
        : setPointText(value, control.spec),
    );
    setAttribute(shown, 'data-wanted', wanted !== undefined || control.askedAt > 0 ? '' : undefined);
  };
  return {
    element: h('div', { class: 'part-stepper' }, name.element, buttons[0], shown, buttons[1]),
    render: (isDisabled) => {
      for (const one of buttons) one.disabled = isDisabled(action);
      render();
    },
  };
};

const buttons: Maker<'buttons'> = (control, { actions, isConfirmed = false }, act, nameId) => {
  const all = actions.map((action) => {
    const label = control.kind.actions[action]?.label ?? action;
    const button = namedButton(nameId, label);
    const show = (isAsked: boolean) => {
      setText(button, isAsked ? t('{what}? Press again', { what: label }) : label);
      button.classList.toggle('danger', isAsked);
    };
    if (isConfirmed) askTwice(button, show, () => act(action));
    else button.addEventListener('click', () => act(action));
    return { action, button };
  });
  return {
    element: h('div', { class: 'row' }, ...all.map(({ button }) => button)),
    render: (isDisabled) => {
      for (const { action, button } of all) button.disabled = isDisabled(action);
    },
  };
};

/** One button for both, so that neither is there when it does nothing. */
const start: Maker<'start'> = (control, part, act, nameId) => {
  const button = namedButton(nameId, t('Start'));
  button.addEventListener('click', () => act(control.askedAt > 0 ? part.stop : part.start));
  return {
    element: h('div', { class: 'row' }, button),
    render: (isDisabled) => {
      const isRunning = control.askedAt > 0;
      setText(button, isRunning ? t('Stop') : t('Start'));
      button.disabled = isDisabled(part.start) && !isRunning;
    },
  };
};

export const FACES: { [P in Part['part']]: Maker<P> } = {
  toggle,
  slider,
  colour: colourField,
  stepper,
  buttons,
  start,
};
