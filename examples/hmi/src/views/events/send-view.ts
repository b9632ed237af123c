import {
  BadInputError,
  type EventInput,
  encodeMeasurement,
  parseGuid,
  unitsOf,
  type VscpEvent,
} from '../../../../../src/client/index.ts';
import { knownClasses, knownTypes } from '../../../../../src/client/names.ts';
import { level1ClassOf } from '../../../../../src/core/event.ts';
import { failureText } from '../../session/login-problem.ts';
import { t } from '../../texts.ts';
import { h, setAttribute, setText } from '../../ui/dom.ts';
import { formatBytes, formatTime } from '../../ui/format.ts';
import type { View } from '../../ui/view.ts';
import { parseBytes } from './bytes-text.ts';
import { classWords, typeWords } from './event-names.ts';

const MEASUREMENT = 10;
const MAX_SENT = 8;

/** A form to send any event. */
export class SendView implements View {
  readonly element: HTMLElement;
  readonly #send: (event: EventInput) => Promise<void>;
  readonly #isOffline: () => boolean;
  readonly #whyNot: (vscpClass: number, vscpType: number) => string;
  readonly #refusal = h('p', { class: 'hint why-not' });
  readonly #class = h('input', {
    id: 'send-class',
    list: 'class-list',
    required: true,
    inputmode: 'numeric',
    value: '30',
  });
  readonly #type = h('input', {
    id: 'send-type',
    list: 'type-list',
    required: true,
    inputmode: 'numeric',
    value: '5',
  });
  readonly #className = h('span', { class: 'hint' });
  readonly #typeName = h('span', { class: 'hint' });
  readonly #types = h('datalist', { id: 'type-list' });
  readonly #priority = h('select', { id: 'send-priority' });
  readonly #guid = h('input', {
    id: 'send-guid',
    placeholder: t('empty = the driver’s own'),
    spellcheck: 'false',
    autocomplete: 'off',
  });
  readonly #data = h('input', {
    id: 'send-data',
    value: '00 01 01',
    spellcheck: 'false',
    autocomplete: 'off',
  });
  readonly #value = h('input', { id: 'send-value', type: 'number', step: 'any' });
  readonly #unit = h('select', { id: 'send-unit' });
  readonly #helper: HTMLElement;
  readonly #button = h('button', { type: 'submit', class: 'primary' }, t('Send'));
  readonly #result = h('p', { class: 'result', role: 'status' });
  readonly #sent = h('ul', { class: 'sent' });

  /** @param whyNot why this user may not send such an event, or empty */
  constructor(
    send: (event: EventInput) => Promise<void>,
    isOffline: () => boolean,
    whyNot: (vscpClass: number, vscpType: number) => string,
  ) {
    this.#send = send;
    this.#whyNot = whyNot;
    this.#isOffline = isOffline;
    const classes = knownClasses().map((number) => h('option', { value: number }, classWords(number)));
    for (let i = 0; i < 8; i += 1) {
      const words = i === 0 ? t('0, highest') : i === 7 ? t('7, lowest') : String(i);
      this.#priority.append(h('option', { value: i, selected: i === 3 }, words));
    }
    const field = (label: string, control: HTMLElement, ...extra: Node[]) =>
      h('div', { class: 'field' }, h('label', { for: control.id }, label), control, ...extra);
    this.#helper = h(
      'fieldset',
      { class: 'row filters', hidden: true },
      h('legend', {}, t('Fill the data from a measured value')),
      field(t('Value'), this.#value),
      field(t('Unit'), this.#unit),
    );
    this.#helper.addEventListener('input', () => this.#encode());
    for (const input of [this.#class, this.#type]) input.addEventListener('input', () => this.#named());
    const form = h(
      'form',
      { class: 'card form send-form', onsubmit: (event: Event) => this.#submit(event) },
      field(t('Class'), this.#class, this.#className, h('datalist', { id: 'class-list' }, ...classes)),
      field(t('Type'), this.#type, this.#typeName, this.#types),
      field(
        t('Data bytes'),
        this.#data,
        h('span', { class: 'hint' }, t('hex with spaces or decimal with commas')),
      ),
      this.#helper,
      field(t('Priority'), this.#priority),
      field(t('GUID'), this.#guid),
      this.#refusal,
      h('div', { class: 'row' }, this.#button, this.#result),
    );
    this.element = h(
      'section',
      { class: 'page narrow', 'aria-labelledby': 'send-title' },
      h('header', { class: 'page-head' }, h('h2', { id: 'send-title' }, t('Send an event'))),
      form,
      this.#sent,
    );
    this.#named();
  }

  render(): void {
    this.#button.disabled = this.#isOffline() || this.#refusal.textContent !== '';
  }

  /** Fills the form with an event from the log. */
  fill(event: VscpEvent): void {
    this.#class.value = String(event.vscpClass);
    this.#type.value = String(event.vscpType);
    this.#data.value = formatBytes(event.data);
    this.#guid.value = '';
    this.#priority.value = String((event.head >> 5) & 7);
    this.#named();
  }

  #named(): void {
    const vscpClass = Number(this.#class.value);
    const vscpType = Number(this.#type.value);
    setText(this.#refusal, this.#whyNot(vscpClass, vscpType));
    this.render();
    setText(this.#className, classWords(vscpClass));
    setText(this.#typeName, typeWords(vscpClass, vscpType));
    this.#types.replaceChildren(
      ...knownTypes(vscpClass).map((number) => h('option', { value: number }, typeWords(vscpClass, number))),
    );
    const isMeasurement = level1ClassOf(vscpClass) === MEASUREMENT;
    setAttribute(this.#helper, 'hidden', isMeasurement ? undefined : '');
    const units = unitsOf(vscpType).slice(0, 4);
    this.#unit.replaceChildren(
      ...(units.length === 0 ? [''] : units).map((unit, i) =>
        h('option', { value: i }, unit || t('no unit')),
      ),
    );
  }

  #encode(): void {
    try {
      const input = {
        type: Number(this.#type.value),
        value: this.#value.valueAsNumber,
        unit: Number(this.#unit.value),
      };
      this.#data.value = formatBytes(Uint8Array.from(encodeMeasurement(input).data ?? []));
    } catch {
      // An unfinished number; the data stay as they are.
    }
  }

  #read(): EventInput {
    const guid = this.#guid.value.trim();
    if (guid !== '') parseGuid(guid);
    const number = (label: string, input: HTMLInputElement) => {
      if (!/^\s*\d+\s*$/.test(input.value)) throw new BadInputError(t('{label} must be a number', { label }));
      return Number(input.value);
    };
    return {
      vscpClass: number(t('Class'), this.#class),
      vscpType: number(t('Type'), this.#type),
      head: Number(this.#priority.value) << 5,
      data: parseBytes(this.#data.value),
      ...(guid !== '' && { guid }),
    };
  }

  async #submit(submit: Event): Promise<void> {
    submit.preventDefault();
    try {
      const event = this.#read();
      await this.#send(event);
      this.#tell(t('Sent.'), true);
      const name = `${classWords(event.vscpClass)}: ${typeWords(event.vscpClass, event.vscpType)}`;
      const bytes = formatBytes(Uint8Array.from(event.data ?? []));
      this.#sent.prepend(
        h(
          'li',
          {},
          h('span', { class: 'log-time' }, formatTime(Date.now())),
          `${name} `,
          h('code', {}, bytes),
        ),
      );
      while (this.#sent.children.length > MAX_SENT) this.#sent.lastElementChild?.remove();
    } catch (error) {
      this.#tell(failureText(error), false);
    }
  }

  #tell(text: string, isGood: boolean): void {
    setText(this.#result, text);
    setAttribute(this.#result, 'data-good', isGood ? '' : undefined);
  }
}
