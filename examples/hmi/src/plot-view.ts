import { h, setAttribute, setText } from './dom.ts';
import type { LastingHistory } from './lasting-history.ts';
import { PLOT_COLOURS, type SeriesNames } from './series-names.ts';
import type { Series, Store } from './store.ts';
import { t } from './texts.ts';
import { TimePlot } from './time-plot.ts';
import { Pace, type View } from './view.ts';

const REFRESH_MS = 500;
const FIRST_CHOICE = 3;

export interface PlotOptions {
  store: Store;
  names: SeriesNames;
  history: LastingHistory | undefined;
  request: () => void;
}

/** The page on which the viewer chooses the values of the plot. */
export class PlotView implements View {
  readonly element: HTMLElement;
  readonly #options: PlotOptions;
  readonly #empty = h('p', { class: 'empty' });
  readonly #chips = h('div', { class: 'chips', role: 'group', 'aria-label': t('Values in the plot') });
  readonly #notice = h('p', { class: 'hint', role: 'status' });
  readonly #plot: TimePlot;
  readonly #pace = new Pace(REFRESH_MS);
  #chipShape = '';

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
      this.#chips,
    );
  }

  render(now: number): void {
    this.#plot.render(now);
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

  #chosen(): Series[] {
    const { store, names } = this.#options;
    if (names.isUntouched) {
      const numbers = [...store.series.values()].filter(({ quantity }) => quantity === 'Temperature');
      for (const series of numbers.sort(names.compare).slice(0, FIRST_CHOICE)) names.setPlotted(series, true);
    }
    return names.plotted.flatMap((key) => store.series.get(key) ?? []);
  }

  #renderChips(): void {
    const { store, names } = this.#options;
    const all = [...store.series.values()].filter(({ kind }) => kind !== 'state').sort(names.compare);
    const shape = `${names.version}:${all.map((series) => names.fullTitleOf(series)).join()}`;
    if (shape === this.#chipShape) return;
    this.#chipShape = shape;
    const plotted = names.plotted;
    const focused = document.activeElement?.getAttribute('data-key');
    this.#chips.replaceChildren(
      ...all.map((series) => {
        const at = plotted.indexOf(series.key);
        const swatch = h('span', { class: 'swatch', 'data-colour': at < 0 ? undefined : at % PLOT_COLOURS });
        const onclick = () => this.#toggle(series, at < 0);
        const attributes = {
          type: 'button',
          class: 'chip',
          'aria-pressed': String(at >= 0),
          'data-key': series.key,
          onclick,
        };
        return h('button', attributes, swatch, names.fullTitleOf(series));
      }),
    );
    if (focused) this.#chips.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  #toggle(series: Series, isPlotted: boolean): void {
    const isDone = this.#options.names.setPlotted(series, isPlotted);
    setText(this.#notice, isDone ? '' : t('Six values at most: take one out first.'));
    this.#pace.reset();
    this.#plot.reshape();
  }
}
