import { seriesId } from '../../store/items.ts';
import type { LastingHistory } from '../../store/lasting-history.ts';
import { PLOT_COLOURS, type SeriesNames } from '../../store/series-names.ts';
import type { Series, Store } from '../../store/store.ts';
import { t } from '../../texts.ts';
import { h, setAttribute, setChildren, setText } from '../../ui/dom.ts';
import { Pace } from '../../ui/pace.ts';
import type { View } from '../../ui/view.ts';
import { TimePlot } from './time-plot.ts';

const REFRESH_MS = 500;
const FIRST_CHOICE = 3;
/** More at once would hold what the user does meanwhile on a slow phone. */
const NEW_CHIPS_A_FRAME = 12;

export interface PlotOptions {
  store: Store;
  names: SeriesNames;
  /** Whether somebody has hidden it from everybody, by item id. */
  isHidden: (id: string) => boolean;
  history: LastingHistory | undefined;
  request: () => void;
}

/** The button of one value. */
interface Chip {
  element: HTMLElement;
  swatch: HTMLElement;
  label: HTMLElement;
}

/** The page on which the viewer chooses the values of the plot. */
export class PlotView implements View {
  readonly element: HTMLElement;
  readonly #options: PlotOptions;
  readonly #empty = h('p', { class: 'empty' });
  readonly #list = h('div', { class: 'chips', role: 'group', 'aria-label': t('Values in the plot') });
  readonly #chips = new Map<string, Chip>();
  readonly #notice = h('p', { class: 'hint', role: 'status' });
  readonly #plot: TimePlot;
  readonly #pace = new Pace(REFRESH_MS);
  /** Keys of those that are on the page. */
  #ready = new Set<string>();
  #chipShape = '';
  /** All that have a chip or are to get one. */
  #listed: Series[] = [];
  #isFilling = false;

  constructor(options: PlotOptions) {
    this.#options = options;
    const { names, history, request } = options;
    this.#plot = new TimePlot({
      ...{ names, history, request },
      chosen: () => this.#chosen(),
      labelOf: (series) => names.fullTitleOf(series),
    });
    this.element = h(
      'section',
      { class: 'page', 'aria-labelledby': 'plot-title' },
      h('header', { class: 'page-head' }, h('h2', { id: 'plot-title' }, t('Plot')), this.#plot.tools),
      this.#empty,
      this.#plot.element,
      h('h3', { class: 'sub-title' }, t('Values')),
      this.#notice,
      this.#list,
    );
  }

  render(now: number): void {
    if (this.#plot.render(now)) return;
    if (this.#isFilling) this.#fill();
    if (!this.#pace.isDue(now)) return;
    this.#renderChips();
    setAttribute(this.#empty, 'hidden', this.#chosen().length > 0 ? '' : undefined);
    setText(
      this.#empty,
      this.#options.store.series.size === 0
        ? t('No measurement yet. As soon as a sensor sends its first value it can be plotted.')
        : t('Choose one or more values below.'),
    );
  }

  leave(): void {
    this.#ready.clear();
    this.#list.replaceChildren();
    this.#chipShape = '';
    this.#pace.reset();
  }

  #chosen(): Series[] {
    const { store, names } = this.#options;
    if (names.isUntouched) {
      const numbers = [...store.series.values()].filter(({ quantity }) => quantity === 'Temperature');
      for (const series of numbers.sort(names.compare).slice(0, FIRST_CHOICE)) names.setPlotted(series, true);
    }
    return names.plotted.flatMap((key) => store.series.get(key) ?? []);
  }

  #renderChips(): void {
    const { store, names, isHidden } = this.#options;
    // What is in the plot can be taken out.
    const all = [...store.series.values()]
      .filter(({ kind }) => kind !== 'state')
      .filter((series) => names.isPlotted(series) || !isHidden(seriesId(series)))
      .sort(names.compare);
    const shape = `${names.version}:${all.map((series) => names.fullTitleOf(series)).join()}`;
    if (shape === this.#chipShape) return;
    this.#chipShape = shape;
    this.#listed = all;
    this.#fill();
  }

  /** Brings the chips up to date, of which each frame gets some new ones. */
  #fill(): void {
    let fresh = NEW_CHIPS_A_FRAME;
    const ready = this.#listed.filter(({ key }) => this.#ready.has(key) || fresh-- > 0);
    this.#ready = new Set(ready.map(({ key }) => key));
    setChildren(
      this.#list,
      ready.map((series) => this.#chipOf(series)),
    );
    this.#isFilling = ready.length < this.#listed.length;
    if (this.#isFilling) this.#options.request();
  }

  #chipOf(series: Series): HTMLElement {
    let chip = this.#chips.get(series.key);
    if (chip === undefined) {
      const swatch = h('span', { class: 'swatch' });
      const label = h('span');
      const onclick = () => this.#toggle(series);
      const element = h('button', { type: 'button', class: 'chip', onclick }, swatch, label);
      chip = { element, swatch, label };
      this.#chips.set(series.key, chip);
    }
    const { names } = this.#options;
    const at = names.plotted.indexOf(series.key);
    setText(chip.label, names.fullTitleOf(series));
    setAttribute(chip.element, 'aria-pressed', String(at >= 0));
    setAttribute(chip.swatch, 'data-colour', at < 0 ? undefined : String(at % PLOT_COLOURS));
    return chip.element;
  }

  #toggle(series: Series): void {
    const { names } = this.#options;
    const isDone = names.setPlotted(series, !names.isPlotted(series));
    setText(this.#notice, isDone ? '' : t('Six values at most: take one out first.'));
    this.#pace.reset();
    this.#plot.reshape();
  }
}
