import { h, icon, setAttribute, setText } from '../dom.ts';
import { field, hint } from '../form-parts.ts';
import { diff, type JsonObject } from '../merge-patch.ts';
import { t } from '../texts.ts';
import { tell } from '../toast.ts';
import type { Limit } from './alarm.ts';

/** When a value is an alarm. */
export class LimitForm {
  readonly element: HTMLDetailsElement;
  readonly #openerText = h('span');
  /** For the top of a long dialog: opens the fields and goes to them. */
  readonly opener = h(
    'button',
    { type: 'button', onclick: () => this.#show() },
    icon('bell'),
    this.#openerText,
  );
  readonly #above = number('limit-above');
  readonly #below = number('limit-below');
  readonly #backBy = number('limit-back');
  readonly #forS = number('limit-for');
  readonly #stale = number('limit-stale');
  readonly #bounds = [
    { name: t('Above'), element: field('', this.#above) },
    { name: t('Below'), element: field('', this.#below) },
    { name: t('Ends only when back by'), element: field('', this.#backBy) },
  ];
  readonly #serverTime: () => number;
  #id = '';
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
        ...this.#bounds.map(({ element }) => element),
        field(t('For at least, seconds'), this.#forS),
        field(t('No value for, seconds'), this.#stale),
      ),
      hint(t('Open panels look at it; the next one to open also looks at what the server remembers.')),
    );
  }

  /**
   * @param id of the item; empty = it can have no limit
   * @param unit of its values
   */
  open(id: string, unit: string, limit: Limit | undefined): void {
    this.#id = id;
    this.#old = limit;
    this.element.hidden = this.opener.hidden = id === '';
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

  #show(): void {
    this.element.open = true;
    this.#above.focus();
    this.element.scrollIntoView({ block: 'center' });
  }

  /** What was changed is saved. */
  tellSaved(): void {
    const { limit } = this.change();
    if (limit !== undefined) tell(limit === null ? t('The alarm is removed.') : t('The alarm is set.'));
  }

  /** The part of a change that it makes; empty when nothing was changed. */
  change(): JsonObject {
    const read = (input: HTMLInputElement) => (input.value === '' ? null : input.valueAsNumber);
    const limit = {
      above: read(this.#above),
      below: read(this.#below),
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
    // Only what was changed: what others change meanwhile stays.
    const changed = diff(shown, limit);
    if (this.#id === '' || Object.keys(changed).length === 0) return {};
    const isNone = limit.above === null && limit.below === null && limit.staleS === null;
    return { limit: isNone ? null : { ...changed, setAt: this.#serverTime() } };
  }
}

function number(id: string): HTMLInputElement {
  return h('input', { id, type: 'number', step: 'any' });
}
