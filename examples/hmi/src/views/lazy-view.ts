import { t } from '../texts.ts';
import { h } from '../ui/dom.ts';
import type { View } from '../ui/view.ts';

/** A page whose code is loaded when it is shown for the first time, or before. */
export class LazyView implements View {
  readonly element = h('div', { class: 'lazy' });
  readonly #load: () => Promise<View>;
  readonly #request: () => void;
  #loading: Promise<void> | undefined;
  #view: View | undefined;

  /** @param request asks for a frame, in which the page then is rendered */
  constructor(load: () => Promise<View>, request: () => void) {
    this.#load = load;
    this.#request = request;
  }

  render(now: number): void {
    if (this.#view) this.#view.render(now);
    else this.prepare();
  }

  /** Loads it before somebody asks for it: without a connection it could not be. */
  prepare(): void {
    this.#loading ??= this.#show();
  }

  leave(): void {
    this.#view?.leave?.();
  }

  async #show(): Promise<void> {
    try {
      this.#view = await this.#load();
      this.element.replaceChildren(this.#view.element);
      this.#request();
    } catch {
      if (!this.element.isConnected) {
        this.#loading = undefined;
        return;
      }
      const retry = () => {
        this.element.replaceChildren();
        this.#loading = this.#show();
      };
      this.element.replaceChildren(
        h(
          'section',
          { class: 'page' },
          h(
            'p',
            { class: 'empty', role: 'alert' },
            t('This page could not be loaded; there may be a newer version.'),
          ),
          h(
            'div',
            { class: 'row' },
            h('button', { type: 'button', onclick: retry }, t('Try again')),
            h('button', { type: 'button', onclick: () => location.reload() }, t('Reload the panel')),
          ),
        ),
      );
    }
  }
}
