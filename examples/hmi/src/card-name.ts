import { h, setAttribute, setText } from './dom.ts';
import { t } from './texts.ts';

/** The name on the card of a switch or control; pressed, it shows the details. */
export class CardName {
  readonly element: HTMLElement;
  readonly #words: HTMLElement;
  readonly #button: HTMLButtonElement;

  /** @param id what labels the parts of the card: the name alone, not what the button does */
  constructor(id: string, onDetails: () => void) {
    this.#words = h('span', { id });
    this.#button = h('button', { type: 'button', class: 'card-name', onclick: onDetails }, this.#words);
    this.element = h('span', { class: 'switch-name' }, this.#button);
  }

  render(name: string): void {
    setText(this.#words, name);
    setAttribute(this.#button, 'aria-label', t('Details of {name}', { name }));
  }
}
