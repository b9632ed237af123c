import type { AlarmMark } from '../alarms/alarm-board.ts';
import type { SwitchInfo } from '../store/switches.ts';
import { t } from '../texts.ts';
import { h, setAttribute, setText } from '../ui/dom.ts';
import { formatAge } from '../ui/format.ts';
import { CardName } from './card-name.ts';

/** A switch with its state as the node that holds it told it; never as this panel hopes it to be. */
export class SwitchCard {
  readonly element: HTMLElement;
  readonly info: SwitchInfo;
  readonly #toggle: HTMLButtonElement;
  readonly #name: CardName;
  readonly #remove: HTMLButtonElement | undefined;
  readonly #state = h('span', { class: 'switch-state', role: 'status' });

  /** @param onRemove undefined = it cannot be removed here */
  constructor(
    info: SwitchInfo,
    onToggle: (info: SwitchInfo) => void,
    onRemove: ((info: SwitchInfo) => void) | undefined,
    onDetails: () => void,
  ) {
    this.info = info;
    const knob = h('span', { class: 'knob', 'aria-hidden': 'true' });
    this.#name = new CardName(onDetails);
    this.#toggle = h(
      'button',
      // Until it is known whether this user may use it.
      { type: 'button', role: 'switch', class: 'toggle', 'aria-labelledby': this.#name.id, disabled: true },
      knob,
    );
    this.#toggle.addEventListener('click', () => onToggle(info));
    const { zone, subzone, index } = info;
    // With a hyphen that does not break.
    const address = t('zone {zone}, sub\u2011zone {subzone}, index {index}', { zone, subzone, index });
    if (info.isOwn && onRemove) {
      const attributes = { type: 'button', class: 'plain small', onclick: () => onRemove(info) };
      this.#remove = h('button', attributes, t('Remove'));
    }
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
      h('div', { class: 'switch-side' }, this.#toggle, this.#remove),
    );
  }

  mark(mark: AlarmMark | undefined): void {
    this.#name.mark(mark, this.element);
  }

  /**
   * @param whyNot why this user may not switch it, or empty
   * @param name as people call it
   */
  render(now: number, isOffline: boolean, whyNot: string, name: string): void {
    const { isOn, askedAt, problem } = this.info;
    this.#name.render(name);
    if (this.#remove) setAttribute(this.#remove, 'aria-label', t('Remove {name}', { name }));
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
