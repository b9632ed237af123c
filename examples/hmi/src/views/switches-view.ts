import type { Item } from '../store/items.ts';
import type { SwitchBoard, SwitchInfo } from '../store/switches.ts';
import { t } from '../texts.ts';
import { h, keepFocus, setAttribute, setText } from '../ui/dom.ts';
import type { View } from '../ui/view.ts';
import type { DetailsPage, ItemDialog } from './overview/item-dialog.ts';
import type { PlaceTarget } from './overview/place-form.ts';
import { SwitchCard } from './switch-card.ts';
import type { SwitchControl } from './switch-control.ts';

export interface SwitchesOptions {
  board: SwitchBoard;
  control: SwitchControl;
  details: ItemDialog;
  /** A switch with the name that people gave it. */
  itemOf: (info: SwitchInfo) => Item;
  /** Whether it is shown here: not what somebody hid, nor what a control shows. */
  isShown: (info: SwitchInfo) => boolean;
  isOffline: () => boolean;
  request: () => void;
}

/** All switches, and the form that adds one. */
export class SwitchesView implements View, DetailsPage {
  readonly element: HTMLElement;
  readonly #options: SwitchesOptions;
  readonly #cards = new Map<SwitchInfo, SwitchCard>();
  readonly #grid = h('div', { class: 'switch-grid' });
  readonly #empty = h(
    'p',
    { class: 'empty' },
    t('No switch yet. Switches appear when they tell their state, or add one below.'),
  );
  readonly #notice = h('p', { class: 'problem', role: 'alert' });
  readonly #problem = h('p', { class: 'problem', role: 'alert' });

  constructor(options: SwitchesOptions) {
    this.#options = options;
    this.element = h(
      'section',
      { class: 'page', 'aria-labelledby': 'switches-title' },
      h('header', { class: 'page-head' }, h('h2', { id: 'switches-title' }, t('Switches'))),
      options.control.whyNot !== '' && h('p', { class: 'hint why-not' }, options.control.whyNot),
      this.#notice,
      this.#empty,
      this.#grid,
      options.control.whyNot === '' && this.#form(),
    );
  }

  render(now: number): void {
    const { board, isShown, isOffline, control, details, itemOf } = this.#options;
    const shown = [...board.switches.values()].filter(isShown);
    const isSame = shown.length === this.#cards.size && shown.every((info) => this.#cards.has(info));
    if (!isSame) keepFocus(this.#grid, () => this.#arrange(shown));
    setAttribute(this.#empty, 'hidden', shown.length > 0 ? '' : undefined);
    for (const [info, card] of this.#cards) card.render(now, isOffline(), control.whyNot, itemOf(info).title);
    details.render(now);
  }

  placed(_target: PlaceTarget, notice: string): void {
    setText(this.#notice, notice);
    this.#options.request();
  }

  #arrange(shown: readonly SwitchInfo[]): void {
    const { board, details, itemOf } = this.#options;
    for (const [info, card] of this.#cards) {
      if (shown.includes(info)) continue;
      card.element.remove();
      this.#cards.delete(info);
    }
    for (const info of shown) {
      if (this.#cards.has(info)) continue;
      const card = new SwitchCard(
        info,
        (toggled) => void this.#options.control.toggle(toggled),
        ({ key }) => {
          board.remove(key);
          this.#options.request();
        },
        () => details.open(itemOf(info), this),
      );
      this.#cards.set(info, card);
      this.#grid.append(card.element);
    }
  }

  #form(): HTMLElement {
    const field = (id: string, label: string, attributes: Record<string, string | number>) => {
      const input = h('input', { id, required: true, ...attributes });
      return { input, element: h('div', { class: 'field' }, h('label', { for: id }, label), input) };
    };
    const byte = { type: 'number', min: 0, max: 255, value: 0 };
    const name = field('new-switch-name', t('Name'), { type: 'text', maxlength: 40 });
    const zone = field('new-switch-zone', t('Zone'), byte);
    const subzone = field('new-switch-subzone', t('Sub-zone'), byte);
    const index = field('new-switch-index', t('Index'), byte);
    const onsubmit = (event: Event) => {
      event.preventDefault();
      const address = {
        name: name.input.value.trim(),
        zone: zone.input.valueAsNumber,
        subzone: subzone.input.valueAsNumber,
        index: index.input.valueAsNumber,
      };
      const isNew = this.#options.board.add(address);
      setText(this.#problem, isNew ? '' : t('There is a switch with this address already.'));
      if (isNew) name.input.value = '';
      this.#options.request();
    };
    const fields = [name, zone, subzone, index].map(({ element }) => element);
    const form = h(
      'form',
      { class: 'row filters', onsubmit },
      ...fields,
      h('button', { type: 'submit' }, t('Add')),
    );
    return h('details', { class: 'card more' }, h('summary', {}, t('Add a switch')), form, this.#problem);
  }
}
