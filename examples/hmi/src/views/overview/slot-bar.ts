import type { Item } from '../../store/items.ts';
import { t } from '../../texts.ts';
import { h, icon, setAttribute } from '../../ui/dom.ts';

export interface SlotBarOptions {
  onPick: (item: Item) => void;
  /** By keyboard: so many places on, or back. */
  onStep: (item: Item, by: -1 | 1) => void;
  onGrab: (item: Item, event: PointerEvent) => void;
}

const STEPS: Record<string, -1 | 1> = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

/** What one thing has while the overview is edited: a handle to move it, and the way to its details. */
export class SlotBar {
  readonly element: HTMLElement;
  readonly #handle = h('button', { type: 'button', class: 'plain handle' }, icon('move'));
  readonly #open: HTMLButtonElement;

  /** @param item what is in the slot now */
  constructor(item: () => Item, { onPick, onStep, onGrab }: SlotBarOptions) {
    this.#handle.addEventListener('pointerdown', (event) => onGrab(item(), event));
    this.#handle.addEventListener('keydown', (event) => {
      const by = STEPS[event.key];
      if (by === undefined) return;
      event.preventDefault();
      onStep(item(), by);
    });
    this.#open = h('button', { type: 'button', class: 'small', onclick: () => onPick(item()) }, t('Edit'));
    this.element = h('div', { class: 'slot-bar' }, this.#handle, this.#open);
  }

  /** @param place what is beside it is its place for everybody, in words; undefined where it cannot be moved */
  arrange({ title, series }: Item, place: string | undefined): void {
    const full = series ? `${title}, ${series.node}` : title;
    setAttribute(this.#handle, 'hidden', place === undefined ? '' : undefined);
    setAttribute(
      this.#handle,
      'aria-label',
      t('Move {full}: {place}, with the arrow keys or by dragging', { full, place: place ?? '' }),
    );
    setAttribute(this.#open, 'aria-label', t('Edit {full}', { full }));
  }

  focus(): void {
    this.#handle.focus();
  }
}
