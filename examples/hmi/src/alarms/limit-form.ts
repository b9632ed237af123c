import { BadInputError } from '../../../../src/client/index.ts';
import { diff, type JsonObject } from '../saved/merge-patch.ts';
import { type Series, stateWords } from '../store/store.ts';
import { t } from '../texts.ts';
import { h, icon, setAttribute, setText } from '../ui/dom.ts';
import { field, hint, select } from '../ui/form-parts.ts';
import { tell } from '../ui/toast.ts';
import { type Limit, type Side, STATE_LIMIT } from './alarm.ts';

let serial = 0;

/** When a value is an alarm. */
export class LimitForm {
  readonly #number = ++serial;
  readonly element: HTMLDetailsElement;
  readonly #openerText = h('span');
  /** For the top of a long dialog: opens the fields and goes to them. */
  readonly opener = h(
    'button',
    { type: 'button', onclick: () => this.#show() },
    icon('bell'),
    this.#openerText,
  );
  readonly #state = select(`limit-state-${this.#number}`, []);
  readonly #stateField = field(t('When'), this.#state);
  readonly #above = numberField(`limit-above-${this.#number}`);
  readonly #below = numberField(`limit-below-${this.#number}`);
  readonly #backBy = numberField(`limit-back-${this.#number}`);
  readonly #forS = numberField(`limit-for-${this.#number}`);
  readonly #stale = numberField(`limit-stale-${this.#number}`);
  readonly #bounds = [
    { name: t('Above'), element: field('', this.#above) },
    { name: t('Below'), element: field('', this.#below) },
    { name: t('Ends only when back by'), element: field('', this.#backBy) },
  ];
  readonly #serverTime: () => number;
  #id = '';
  /** It is about open or closed and the like, not about a number. */
  #isState = false;
  #old: Limit | undefined;

  /** @param serverTime by the server's clock, in milliseconds */
  constructor(serverTime: () => number) {
    this.#serverTime = serverTime;
    for (const input of [this.#backBy, this.#forS, this.#stale]) setAttribute(input, 'min', '0');
    this.element = h(
      'details',
      {},
      h('summary', {}, t('Alarm')),
      h(
        'div',
        { class: 'limits' },
        this.#stateField,
        ...this.#bounds.map(({ element }) => element),
        field(t('For at least, seconds'), this.#forS),
        field(t('No value for, seconds'), this.#stale),
      ),
      hint(t('Open panels look at it; the next one to open also looks at what the server remembers.')),
    );
  }

  /**
   * @param id of the item
   * @param series what it has told; undefined = it can have no limit
   */
  open(id: string, series: Series | undefined, limit: Limit | undefined): void {
    this.#id = series ? id : '';
    this.#old = limit;
    this.element.hidden = this.opener.hidden = series === undefined;
    this.#isState = series?.kind === 'state';
    this.#stateField.hidden = !this.#isState;
    for (const { element } of this.#bounds) element.hidden = this.#isState;
    if (series) this.#showState(series.quantity, limit);
    const unit = series?.symbol ?? '';
    this.element.open = limit !== undefined;
    setText(this.#openerText, limit ? t('Change the alarm') : t('Set an alarm'));
    for (const { name, element } of this.#bounds) {
      const label = element.querySelector('label');
      if (label) setText(label, unit === '' ? name : `${name}, ${unit}`);
    }
    const show = (input: HTMLInputElement, value: number | undefined) => {
      input.value = value === undefined ? '' : String(value);
    };
    show(this.#above, limit?.above);
    show(this.#below, limit?.below);
    show(this.#backBy, limit?.backBy);
    show(this.#forS, limit?.forS || undefined);
    show(this.#stale, limit?.staleS);
  }

  #showState(quantity: string, limit: Limit | undefined): void {
    const choices = [
      ['', '–'],
      ['above', t(stateWords(quantity, true))],
      ['below', t(stateWords(quantity, false))],
    ] as const;
    this.#state.replaceChildren(...choices.map(([value, text]) => h('option', { value }, text)));
    this.#state.value = limit?.above !== undefined ? 'above' : limit?.below !== undefined ? 'below' : '';
  }

  #show(): void {
    this.element.open = true;
    (this.#isState ? this.#state : this.#above).focus();
    this.element.scrollIntoView({ block: 'center' });
  }

  /** What was changed is saved. */
  tellSaved(): void {
    const { limit } = this.change();
    if (limit !== undefined) tell(limit === null ? t('The alarm is removed.') : t('The alarm is set.'));
  }

  #stateLimit(side: Side): number | null {
    return this.#state.value === side ? STATE_LIMIT : null;
  }

  /** The part of a change that it makes; empty when nothing was changed. */
  change(): JsonObject {
    const read = (input: HTMLInputElement) => (input.value === '' ? null : input.valueAsNumber);
    const limit = {
      above: this.#isState ? this.#stateLimit('above') : read(this.#above),
      below: this.#isState ? this.#stateLimit('below') : read(this.#below),
      backBy: read(this.#backBy) || null,
      forS: read(this.#forS),
      staleS: read(this.#stale),
    };
    const old = this.#old;
    const shown = {
      above: old?.above ?? null,
      below: old?.below ?? null,
      backBy: old?.backBy ?? null,
      forS: old?.forS || null,
      staleS: old?.staleS ?? null,
    };
    if (!this.#isState && limit.above !== null && limit.below !== null && limit.above <= limit.below)
      throw new BadInputError(t('It would always be an alarm: “Above” has to be greater than “Below”.'));
    // Only what was changed: what others change meanwhile stays.
    const changed = diff(shown, limit);
    if (this.#id === '' || Object.keys(changed).length === 0) return {};
    const isNone = limit.above === null && limit.below === null && limit.staleS === null;
    return { limit: isNone ? null : { ...changed, setAt: this.#serverTime() } };
  }
}

function numberField(id: string): HTMLInputElement {
  return h('input', { id, type: 'number', step: 'any' });
}
