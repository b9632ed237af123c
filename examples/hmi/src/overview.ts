import { h, setAttribute, setText } from './dom.ts';
import { SeriesDialog } from './series-dialog.ts';
import type { SeriesNames } from './series-names.ts';
import type { Series, Store } from './store.ts';
import { Tile } from './tile.ts';
import { Pace, type View } from './view.ts';

const MAX_TILES = 200;
const SWEEP_INTERVAL_MS = 1000;

export interface OverviewOptions {
  store: Store;
  names: SeriesNames;
  isOffline: () => boolean;
  request: () => void;
  /** Whether this user may see anything at all. */
  mayReceive: boolean;
}

/** Tiles of all measurements. A frame touches only the tiles whose series changed. */
export class Overview implements View {
  readonly element: HTMLElement;
  readonly #options: OverviewOptions;
  readonly #tiles = new Map<Series, Tile>();
  readonly #grid = h('div', { class: 'tiles' });
  readonly #empty = h('p', { class: 'empty' });
  readonly #more = h('p', { class: 'hint', hidden: true });
  readonly #search = h('input', {
    type: 'search',
    placeholder: 'Filter by name or node',
    'aria-label': 'Filter tiles by name or node',
  });
  readonly #dialog: SeriesDialog;
  readonly #sweepPace = new Pace(SWEEP_INTERVAL_MS);
  readonly #unfinished = new Set<Series>();
  #order = '';
  #isRearranged = true;
  #wasOffline = false;

  constructor(options: OverviewOptions) {
    this.#options = options;
    this.#dialog = new SeriesDialog(options.store, options.names, () => this.#rearrange());
    this.#search.addEventListener('input', () => this.#rearrange());
    this.element = h(
      'section',
      { class: 'page', 'aria-labelledby': 'overview-title' },
      h('header', { class: 'page-head' }, h('h2', { id: 'overview-title' }, 'Overview'), this.#search),
      this.#empty,
      this.#grid,
      this.#more,
      this.#dialog.element,
    );
  }

  render(now: number): void {
    const { store } = this.#options;
    const isOffline = this.#options.isOffline();
    const isSweep = this.#sweepPace.isDue(now) || this.#isRearranged || isOffline !== this.#wasOffline;
    this.#wasOffline = isOffline;
    if (isSweep || store.series.size !== this.#tiles.size) this.#arrange();
    const due = isSweep ? this.#tiles.keys() : new Set([...store.changed, ...this.#unfinished]);
    this.#unfinished.clear();
    for (const series of due) this.#renderTile(series, now, store.changed.has(series));
    store.changed.clear();
    if (this.#unfinished.size > 0) this.#options.request();
    if (isSweep) this.#dialog.render(now);
  }

  #renderTile(series: Series, now: number, hasChanged: boolean): void {
    const tile = this.#tiles.get(series);
    if (tile === undefined || tile.element.parentNode === null) return;
    const { store, names, isOffline } = this.#options;
    if (tile.render(store, now, names.titleOf(series), hasChanged, isOffline())) this.#unfinished.add(series);
  }

  #rearrange(): void {
    this.#isRearranged = true;
    this.#options.request();
  }

  /** Adds tiles of new series and shows those that fit the filter, in a fixed order. */
  #arrange(): void {
    const { store, names } = this.#options;
    for (const series of store.series.values()) {
      if (this.#tiles.has(series)) continue;
      this.#tiles.set(series, new Tile(series, (picked) => this.#dialog.open(picked)));
      this.#unfinished.add(series);
      store.changed.add(series);
    }
    const wanted = this.#search.value.trim().toLowerCase();
    const fits = (series: Series) =>
      `${names.titleOf(series)} ${series.node} ${series.guid}`.toLowerCase().includes(wanted);
    const shown = [...this.#tiles.keys()].filter(fits).sort(names.compare);
    const order = shown.map(({ key }) => key).join();
    this.#isRearranged = false;
    this.#renderCounts(shown.length);
    if (order === this.#order) return;
    this.#order = order;
    this.#grid.replaceChildren(
      ...shown.slice(0, MAX_TILES).flatMap((series) => this.#tiles.get(series)?.element ?? []),
    );
    for (const series of shown) this.#unfinished.add(series);
  }

  #renderCounts(shown: number): void {
    const hidden = shown - MAX_TILES;
    setAttribute(this.#more, 'hidden', hidden > 0 ? undefined : '');
    setText(this.#more, `${hidden} more: narrow the filter to see them.`);
    setAttribute(this.#empty, 'hidden', shown > 0 ? '' : undefined);
    const isFiltered = this.#search.value.trim() !== '';
    setText(
      this.#empty,
      !this.#options.mayReceive
        ? 'This user may not receive events, so there is nothing to see.'
        : isFiltered
          ? 'No measurement fits this filter.'
          : 'No measurement yet. Tiles appear here as soon as a sensor sends its first value.',
    );
  }
}
