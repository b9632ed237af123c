import type { AlarmMark } from '../../alarms/alarm-board.ts';
import type { Control } from '../../controls/board.ts';
import { ControlCard } from '../../controls/card.ts';
import type { Item } from '../../store/items.ts';
import type { Store } from '../../store/store.ts';
import { h, setAttribute } from '../../ui/dom.ts';
import { SwitchCard } from '../switch-card.ts';
import { SlotBar, type SlotBarOptions } from './slot-bar.ts';
import { Tile } from './tile.ts';

export interface SlotOptions extends SlotBarOptions {
  store: Store;
  /** What a value shows of its limit. */
  markOf: (id: string) => AlarmMark | undefined;
  onDetails: (item: Item) => void;
  onToggle: (item: Item) => void;
  onControl: (control: Control, action: string, value?: number) => void;
}

/** The place of one thing on the overview, with handles while it is edited. */
export class ItemSlot {
  readonly element: HTMLElement;
  readonly #tile: Tile | undefined;
  readonly #card: SwitchCard | undefined;
  #control: ControlCard | undefined;
  readonly #options: SlotOptions;
  #bar: SlotBar | undefined;
  item: Item;
  /** It has a value that the slot has not shown yet. */
  hasNews = true;

  constructor(item: Item, options: SlotOptions) {
    const { onToggle } = options;
    const onDetails = () => options.onDetails(this.item);
    this.item = item;
    this.#options = options;
    if (item.series) this.#tile = new Tile(item.series, onDetails);
    if (item.info) this.#card = new SwitchCard(item.info, () => onToggle(this.item), undefined, onDetails);
    const content = this.#tile?.element ?? this.#card?.element;
    this.element = h('div', { class: 'slot', 'data-item': item.id }, content);
    this.#renewControl();
  }

  /** A control that was set up anew looks different. */
  #renewControl(): void {
    const { control } = this.item;
    if (control === undefined || control === this.#control?.control) return;
    const card = new ControlCard(
      control,
      (action, value) => this.#options.onControl(control, action, value),
      () => this.#options.onDetails(this.item),
    );
    const old = this.#control?.element;
    const hadFocus = old?.contains(document.activeElement);
    if (old) old.replaceWith(card.element);
    else this.element.prepend(card.element);
    if (hadFocus) card.element.querySelector('button')?.focus({ preventScroll: true });
    this.#control = card;
  }

  /** @param edit undefined while the overview is not edited; its place in words where it can be moved */
  arrange(edit: { place: string | undefined } | undefined, isHidden: boolean): void {
    if (edit) {
      if (this.#bar === undefined) {
        this.#bar = new SlotBar(() => this.item, this.#options);
        this.element.append(this.#bar.element);
      }
      this.#bar.arrange(this.item, edit.place);
    }
    if (this.#bar) setAttribute(this.#bar.element, 'hidden', edit ? undefined : '');
    setAttribute(this.element, 'data-hidden', isHidden ? '' : undefined);
  }

  /** Brings it into sight, and the keyboard to it. */
  show(): void {
    this.element.scrollIntoView({ block: 'center' });
    this.element.querySelector('button')?.focus({ preventScroll: true });
  }

  focusHandle(): void {
    this.#bar?.focus();
  }

  /** @returns whether something is left to draw in a later frame */
  render(now: number, isOffline: boolean, whyNotSwitch: string): boolean {
    const { hasNews } = this;
    this.hasNews = false;
    this.#renewControl();
    const mark = this.#options.markOf(this.item.id);
    for (const part of [this.#tile, this.#card, this.#control]) part?.mark(mark);
    this.#control?.render(now, isOffline, this.item.title, whyNotSwitch);
    this.#card?.render(now, isOffline, whyNotSwitch, this.item.title);
    return this.#tile?.render(this.#options.store, now, this.item.title, hasNews, isOffline) ?? false;
  }
}
