import type { Item } from '../../store/items.ts';
import { FAVOURITES, type Room, UNPLACED } from '../../store/rooms.ts';
import type { Store } from '../../store/store.ts';
import { t } from '../../texts.ts';
import { h, icon, isIcon, setAttribute, setText } from '../../ui/dom.ts';
import { formatNumber } from '../../ui/format.ts';

const TEMPERATURE = 'Temperature';
const HUMIDITY = 'Humidity';

/**
 * What a room is like in one line: `21.4 °C · 48 % · 2 on · 1 open`. Of several sensors, from the lowest to the highest:
 * the mean of a living room and its freezer is the temperature of neither.
 */
export function summaryOf(items: readonly Item[], store: Store, now: number): string {
  const parts: string[] = [];
  for (const [quantity, decimals] of [
    [TEMPERATURE, 1],
    [HUMIDITY, 0],
  ] as const) {
    const found = items.flatMap(({ series }) => (series?.quantity === quantity ? [series] : []));
    const fresh = found.filter((series) => !store.isStale(series, now) && series.symbol === found[0]?.symbol);
    if (fresh.length === 0) continue;
    const values = fresh.map(({ value }) => value);
    const low = formatNumber(Math.min(...values), decimals);
    const high = formatNumber(Math.max(...values), decimals);
    parts.push(`${low === high ? low : t('{low} to {high}', { low, high })} ${fresh[0]?.symbol}`);
  }
  const words = items.flatMap(({ series, info, control }) => {
    if (info || control) return (info ?? control?.state)?.isOn ? [t('on')] : [];
    if (series?.kind !== 'state') return [];
    const state = store.wordsOf(series, now);
    return state.isOn ? [t(state.words.toLowerCase())] : [];
  });
  for (const word of new Set(words)) parts.push(`${words.filter((other) => other === word).length} ${word}`);
  return parts.join(' · ');
}

export interface RoomSectionOptions {
  onEdit: (roomId: string) => void;
}

/** A room of the overview: its name, its summary, and what is in it. */
export class RoomSection {
  readonly element: HTMLElement;
  readonly grid = h('div', { class: 'tiles' });
  readonly #id: string;
  readonly #name = h('span');
  readonly #picture = h('span', { class: 'room-icon' });
  readonly #summary = h('span', { class: 'room-summary' });
  readonly #edit: HTMLButtonElement;
  #icon = '';

  constructor(id: string, { onEdit }: RoomSectionOptions) {
    this.#id = id;
    this.#edit = h('button', { type: 'button', class: 'small', onclick: () => onEdit(id) }, t('Edit room'));
    const title = `room-${encodeURIComponent(id).replaceAll('%', '_')}`;
    this.element = h(
      'section',
      { class: 'room', 'data-room': id, 'aria-labelledby': title },
      h(
        'header',
        { class: 'room-head' },
        h('h3', { id: title }, this.#picture, this.#name),
        this.#summary,
        this.#edit,
      ),
      this.grid,
    );
  }

  arrange({ name, icon: iconName }: Room<Item>, isEditing: boolean): void {
    setText(this.#name, name);
    const mayEdit = isEditing && this.#id !== FAVOURITES && this.#id !== UNPLACED;
    setAttribute(this.#edit, 'hidden', mayEdit ? undefined : '');
    setAttribute(this.#edit, 'aria-label', t('Edit room {name}', { name }));
    if (iconName === this.#icon) return;
    this.#icon = iconName;
    this.#picture.replaceChildren(...(isIcon(iconName) ? [icon(iconName)] : []));
  }

  /** Brings it into sight, and the keyboard to it. */
  show(): void {
    this.element.scrollIntoView();
    this.grid.querySelector('button')?.focus({ preventScroll: true });
  }

  render({ items }: Room<Item>, store: Store, now: number): void {
    setText(this.#summary, this.#id === UNPLACED ? '' : summaryOf(items, store, now));
  }
}
