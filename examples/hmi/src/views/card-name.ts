import { AlarmBell } from '../alarms/alarm-bell.ts';
import type { AlarmMark } from '../alarms/alarm-board.ts';
import { t } from '../texts.ts';
import { h, setAttribute, setText } from '../ui/dom.ts';

let serial = 0;

/** The name on the card of a switch or control; pressed, it shows the details. */
export class CardName {
  readonly element: HTMLElement;
  /** Labels the parts of the card: it is the name alone, not what the button does. */
  readonly id = `card-name-${++serial}`;
  readonly #words: HTMLElement;
  readonly #button: HTMLButtonElement;
  readonly #bell = new AlarmBell();

  constructor(onDetails: () => void) {
    this.#words = h('span', { id: this.id });
    this.#button = h('button', { type: 'button', class: 'card-name', onclick: onDetails }, this.#words);
    this.element = h('span', { class: 'switch-name' }, this.#button, this.#bell.element);
  }

  /** @param card what has the name */
  mark(mark: AlarmMark | undefined, card: Element): void {
    this.#bell.show(mark, card);
  }

  render(name: string): void {
    setText(this.#words, name);
    setAttribute(this.#button, 'aria-label', t('Details of {name}', { name }));
  }
}
