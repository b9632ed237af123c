import type { PanelDocument } from '../saved/panel-document.ts';
import { locale, t } from '../texts.ts';
import { seriesId } from './items.ts';
import { recall, remember } from './memory.ts';
import { readSeriesKey } from './series-key.ts';
import type { Series, Store } from './store.ts';

/** As many as the theme has colours for (`--plot-0` …). */
export const PLOT_COLOURS = 6;

/** What the viewer chose for series: names of their own, and which of them are in the plot. */
export class SeriesNames {
  readonly #store: Store;
  readonly #names = new Map(Object.entries(recall('names') ?? {}));
  readonly #plotted = new Set(recall('plotted') ?? []);
  /** Names that everybody shares. */
  #shared: PanelDocument['items'] = {};
  /** Raised with each change. */
  version = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  readonly compare = (a: Series, b: Series): number =>
    collator.compare(a.node, b.node) ||
    a.rank - b.rank ||
    collator.compare(this.titleOf(a), this.titleOf(b)) ||
    (a.key < b.key ? -1 : 1);

  titleOf(series: Series): string {
    const named = this.#givenTo(series.key);
    if (named !== undefined) return named;
    const quantity = t(series.quantity);
    const { place } = series;
    return place !== '' && this.#store.hasSiblings(series) ? `${quantity}, ${place}` : quantity;
  }

  /**
   * With the node, for a sentence; also of a value that nobody has told yet.
   * @returns `undefined` for what is no key
   */
  titleOfKey(key: string): string | undefined {
    const series = this.#store.series.get(key);
    if (series) return `${this.titleOf(series)}, ${series.node}`;
    const facts = readSeriesKey(key);
    if (facts === undefined) return undefined;
    const { guid, quantity, zone, subzone = 0, sensor } = facts;
    const place =
      zone === undefined ? sensor && t('sensor {n}', { n: sensor }) : this.#store.zoneName(zone, subzone);
    const usual = [t(quantity), place].filter(Boolean).join(', ');
    return `${this.#givenTo(key) ?? usual}, ${this.#store.nodeName(guid)}`;
  }

  #givenTo(key: string): string | undefined {
    return this.#names.get(key) ?? this.#shared[seriesId({ key })]?.name;
  }

  /** With the node, for where that is not next to it. */
  fullTitleOf(series: Series): string {
    return `${series.node} · ${this.titleOf(series)}`;
  }

  /** Takes what everybody shares. */
  share(items: PanelDocument['items']): void {
    this.#shared = items;
    this.version += 1;
  }

  /** An empty name brings the own name of the series back. */
  rename(series: Series, name: string): void {
    if (name.trim() === '') this.#names.delete(series.key);
    else this.#names.set(series.key, name.trim());
    remember('names', Object.fromEntries(this.#names));
    this.version += 1;
  }

  isPlotted(series: Series): boolean {
    return this.#plotted.has(series.key);
  }

  /** True when the viewer never chose; the plot then picks for itself. */
  get isUntouched(): boolean {
    return recall('plotted') === undefined;
  }

  /** @returns false when the plot is full */
  setPlotted(series: Series, isPlotted: boolean): boolean {
    if (isPlotted && !this.#plotted.has(series.key) && this.#plotted.size >= PLOT_COLOURS) return false;
    if (isPlotted) this.#plotted.add(series.key);
    else this.#plotted.delete(series.key);
    remember('plotted', [...this.#plotted]);
    this.version += 1;
    return true;
  }

  /** Keys of the plotted series in the order they were chosen. */
  get plotted(): readonly string[] {
    return [...this.#plotted];
  }
}

const collator = new Intl.Collator(locale, { numeric: true });
