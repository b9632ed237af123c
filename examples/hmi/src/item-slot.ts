import type { Control } from './controls/board.ts';
import { ControlCard } from './controls/card.ts';
import { h, icon, setAttribute } from './dom.ts';
import type { Item } from './items.ts';
import type { Store } from './store.ts';
import { SwitchCard } from './switches-view.ts';
import { t } from './texts.ts';
import { Tile } from './tile.ts';

export interface SlotOptions {
  store: Store;
  onPick: (item: Item) => void;
  onToggle: (item: Item) => void;
  onControl: (control: Control, action: string, value?: number) => void;
  /** By keyboard: so many places on, or back. */
  onStep: (item: Item, by: -1 | 1) => void;
  onGrab: (item: Item, event: PointerEvent) => void;
}

const STEPS: Record<string, -1 | 1> = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

/** The place of one thing on the overview, with handles while it is edited. */
export class ItemSlot {
  readonly element: HTMLElement;
  readonly #tile: Tile | undefined;
  readonly #card: SwitchCard | undefined;
  #control: ControlCard | undefined;
  readonly #onControl: SlotOptions['onControl'];
  readonly #store: Store;
  readonly #handle: HTMLButtonElement;
  readonly #open: HTMLButtonElement;
  readonly #bar: HTMLElement;
  item: Item;

  constructor(item: Item, { store, onPick, onToggle, onControl, onStep, onGrab }: SlotOptions) {
    this.item = item;
    this.#store = store;
    this.#onControl = onControl;
    if (item.series) this.#tile = new Tile(item.series, () => onPick(this.item));
    if (item.info) this.#card = new SwitchCard(item.info, () => onToggle(this.item), undefined);
    this.#handle = h('button', { type: 'button', class: 'plain handle' }, icon('move'));
    this.#handle.addEventListener('pointerdown', (event) => onGrab(this.item, event));
    this.#handle.addEventListener('keydown', (event) => {
      const by = STEPS[event.key];
      if (by === undefined) return;
      event.preventDefault();
      onStep(this.item, by);
    });
    this.#open = h('button', { type: 'button', class: 'small', onclick: () => onPick(this.item) }, t('Edit'));
    this.#bar = h('div', { class: 'slot-bar', hidden: true }, this.#handle, this.#open);
    const content = this.#tile?.element ?? this.#card?.element;
    this.element = h('div', { class: 'slot', 'data-item': item.id }, content, this.#bar);
    this.#renewControl();
  }

  /** A control that was set up anew looks different. */
  #renewControl(): void {
    const { control } = this.item;
    if (control === undefined || control === this.#control?.control) return;
    const card = new ControlCard(control, (action, value) => this.#onControl(control, action, value));
    if (this.#control) this.#control.element.replaceWith(card.element);
    else this.element.prepend(card.element);
    this.#control = card;
  }

  /** @param mayMove whether what is beside it is its place for everybody */
  arrange(isEditing: boolean, mayMove: boolean, place: string, isHidden: boolean): void {
    const { title, series } = this.item;
    const full = series ? `${title}, ${series.node}` : title;
    setAttribute(this.#bar, 'hidden', isEditing ? undefined : '');
    setAttribute(this.#handle, 'hidden', mayMove ? undefined : '');
    setAttribute(
      this.#handle,
      'aria-label',
      t('Move {full}: {place}, with the arrow keys or by dragging', { full, place }),
    );
    setAttribute(this.#open, 'aria-label', t('Edit {full}', { full }));
    setAttribute(this.element, 'data-hidden', isHidden ? '' : undefined);
  }

  /** Brings it into sight, and the keyboard to it. */
  show(): void {
    this.element.scrollIntoView({ block: 'center' });
    this.element.querySelector('button')?.focus({ preventScroll: true });
  }

  focusHandle(): void {
    this.#handle.focus();
  }

  /** @returns whether something is left to draw in a later frame */
  render(now: number, hasChanged: boolean, isOffline: boolean, whyNotSwitch: string): boolean {
    this.#renewControl();
    this.#control?.render(now, isOffline, this.item.title);
    this.#card?.render(now, isOffline, whyNotSwitch, this.item.title);
    return this.#tile?.render(this.#store, now, this.item.title, hasChanged, isOffline) ?? false;
  }
}
