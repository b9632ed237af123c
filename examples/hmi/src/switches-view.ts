import { CardName } from './card-name.ts';
import { h, keepFocus, setAttribute, setText } from './dom.ts';
import { formatAge } from './format.ts';
import type { SwitchControl } from './switch-control.ts';
import type { SwitchBoard, SwitchInfo } from './switches.ts';
import { t } from './texts.ts';
import type { View } from './view.ts';

/** A switch with its state as the node that holds it told it; never as this panel hopes it to be. */
export class SwitchCard {
  readonly element: HTMLElement;
  readonly info: SwitchInfo;
  readonly #toggle: HTMLButtonElement;
  readonly #name: CardName;
  readonly #state = h('span', { class: 'switch-state', role: 'status' });

  /**
   * @param onRemove undefined = it cannot be removed here
   * @param onDetails undefined = they are not shown here
   */
  constructor(
    info: SwitchInfo,
    onToggle: (info: SwitchInfo) => void,
    onRemove: ((info: SwitchInfo) => void) | undefined,
    onDetails?: () => void,
  ) {
    this.info = info;
    const knob = h('span', { class: 'knob', 'aria-hidden': 'true' });
    const label = `switch-${info.key.replaceAll('.', '-')}`;
    this.#name = new CardName(label, onDetails);
    this.#toggle = h(
      'button',
      { type: 'button', role: 'switch', class: 'toggle', 'aria-labelledby': label },
      knob,
    );
    this.#toggle.addEventListener('click', () => onToggle(info));
    const { zone, subzone, index } = info;
    // With a hyphen that does not break.
    const address = t('zone {zone}, sub\u2011zone {subzone}, index {index}', { zone, subzone, index });
    const remove =
      info.isOwn &&
      onRemove &&
      h(
        'button',
        {
          type: 'button',
          class: 'plain small',
          'aria-label': t('Remove {name}', { name: info.name }),
          onclick: () => onRemove(info),
        },
        t('Remove'),
      );
    this.element = h(
      'article',
      { class: 'switch-card' },
      h(
        'div',
        { class: 'switch-text' },
        this.#name.element,
        h('span', { class: 'switch-address' }, address),
        this.#state,
      ),
      h('div', { class: 'switch-side' }, this.#toggle, remove),
    );
  }

  /**
   * @param whyNot why this user may not switch it, or empty
   * @param name as people call it
   */
  render(now: number, isOffline: boolean, whyNot: string, name = this.info.name): void {
    const { isOn, askedAt, problem } = this.info;
    this.#name.render(name);
    setText(this.#state, switchText(this.info, now));
    setAttribute(this.#toggle, 'aria-checked', isOn === undefined ? 'mixed' : String(isOn));
    setAttribute(this.#toggle, 'aria-busy', askedAt > 0 ? 'true' : undefined);
    setAttribute(this.element, 'data-problem', problem === '' ? undefined : '');
    setAttribute(this.element, 'data-stale', isOffline ? '' : undefined);
    this.#toggle.disabled = isOffline || whyNot !== '';
    setAttribute(this.#toggle, 'title', whyNot === '' ? undefined : whyNot);
  }
}

/** What the node told last and how long ago, or what is the matter with it. */
export function switchText({ isOn, askedAt, answeredAt, problem }: SwitchInfo, now: number): string {
  if (askedAt > 0) return t('Waiting for the answer…');
  if (problem !== '') return problem;
  if (isOn === undefined) return t('State not known yet');
  return `${isOn ? t('On') : t('Off')} · ${formatAge(now - answeredAt)}`;
}

export interface SwitchesOptions {
  board: SwitchBoard;
  control: SwitchControl;
  isOffline: () => boolean;
  request: () => void;
}

/** All switches, and the form that adds one. */
export class SwitchesView implements View {
  readonly element: HTMLElement;
  readonly #options: SwitchesOptions;
  readonly #cards = new Map<SwitchInfo, SwitchCard>();
  readonly #grid = h('div', { class: 'switch-grid' });
  readonly #empty = h(
    'p',
    { class: 'empty' },
    t('No switch yet. Switches appear when they tell their state, or add one below.'),
  );
  readonly #problem = h('p', { class: 'problem', role: 'alert' });
  #version = -1;

  constructor(options: SwitchesOptions) {
    this.#options = options;
    this.element = h(
      'section',
      { class: 'page', 'aria-labelledby': 'switches-title' },
      h('header', { class: 'page-head' }, h('h2', { id: 'switches-title' }, t('Switches'))),
      options.control.whyNot !== '' && h('p', { class: 'hint why-not' }, options.control.whyNot),
      this.#empty,
      this.#grid,
      options.control.whyNot === '' && this.#form(),
    );
  }

  render(now: number): void {
    const { board, isOffline, control } = this.#options;
    if (board.version !== this.#version) keepFocus(this.#grid, () => this.#arrange());
    for (const card of this.#cards.values()) card.render(now, isOffline(), control.whyNot);
  }

  #arrange(): void {
    const { board } = this.#options;
    this.#version = board.version;
    const infos = [...board.switches.values()];
    setAttribute(this.#empty, 'hidden', infos.length > 0 ? '' : undefined);
    for (const [info, card] of this.#cards) {
      if (board.switches.get(info.key) === info) continue;
      card.element.remove();
      this.#cards.delete(info);
    }
    for (const info of infos) {
      if (this.#cards.has(info)) continue;
      const card = new SwitchCard(
        info,
        (toggled) => void this.#options.control.toggle(toggled),
        ({ key }) => {
          board.remove(key);
          this.#options.request();
        },
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
