import uPlot from 'uplot';
import { h, setAttribute, setText } from './dom.ts';
import { plotOptions } from './plot-options.ts';
import { PLOT_COLOURS, type SeriesNames } from './series-names.ts';
import type { Series, Store } from './store.ts';
import { Pace, type View } from './view.ts';

const REDRAW_MS = 500;
const RANGES = [
  { label: '5 min', seconds: 300 },
  { label: '15 min', seconds: 900 },
  { label: '1 h', seconds: 3600 },
  { label: '6 h', seconds: 21_600 },
];
const HEIGHT_SHARE = 0.56;
const MIN_HEIGHT = 240;
const FIRST_CHOICE = 3;

export interface PlotOptions {
  store: Store;
  names: SeriesNames;
  request: () => void;
}

/** Chosen values over time: follows the present until the viewer zooms in. */
export class PlotView implements View {
  readonly element: HTMLElement;
  readonly #options: PlotOptions;
  readonly #frame = h('div', { class: 'plot-frame' });
  readonly #empty = h('p', { class: 'empty' });
  readonly #chips = h('div', { class: 'chips', role: 'group', 'aria-label': 'Values in the plot' });
  readonly #ranges = h('div', { class: 'segments', role: 'group', 'aria-label': 'Time range' });
  readonly #state = h('p', { class: 'hint', 'aria-live': 'polite' });
  readonly #pace = new Pace(REDRAW_MS);
  #plot: uPlot | undefined;
  #shape = '';
  #chipShape = '';
  #rangeS = RANGES[0]?.seconds ?? 300;
  /** Zoomed to here; undefined = follows the present. */
  #zoom: { from: number; to: number } | undefined;

  constructor(options: PlotOptions) {
    this.#options = options;
    for (const { label, seconds } of RANGES) {
      const onclick = () => this.#follow(seconds);
      this.#ranges.append(h('button', { type: 'button', 'data-seconds': seconds, onclick }, label));
    }
    const tools = h(
      'div',
      { class: 'row tools' },
      this.#ranges,
      h(
        'div',
        { class: 'segments', role: 'group', 'aria-label': 'Zoom' },
        h('button', { type: 'button', 'aria-label': 'Back in time', onclick: () => this.#move(-0.25) }, '‹'),
        h('button', { type: 'button', 'aria-label': 'Zoom out', onclick: () => this.#scale(2) }, '−'),
        h('button', { type: 'button', 'aria-label': 'Zoom in', onclick: () => this.#scale(0.5) }, '+'),
        h(
          'button',
          { type: 'button', 'aria-label': 'Forward in time', onclick: () => this.#move(0.25) },
          '›',
        ),
      ),
      h('button', { type: 'button', onclick: () => this.#follow(this.#rangeS) }, 'Follow now'),
    );
    this.element = h(
      'section',
      { class: 'page', 'aria-labelledby': 'plot-title' },
      h('header', { class: 'page-head' }, h('h2', { id: 'plot-title' }, 'Plot'), tools),
      this.#empty,
      h('div', { class: 'card plot-card' }, this.#frame, this.#state),
      h('h3', { class: 'sub-title' }, 'Values'),
      this.#chips,
    );
    addEventListener('resize', () => this.#reshape());
    new MutationObserver(() => this.#reshape()).observe(document.documentElement, {
      attributeFilter: ['data-theme'],
    });
  }

  render(now: number): void {
    if (!this.#pace.isDue(now)) return;
    this.#renderChips();
    const chosen = this.#chosen();
    setAttribute(this.#empty, 'hidden', chosen.length > 0 ? '' : undefined);
    setAttribute(this.#frame, 'hidden', chosen.length > 0 ? undefined : '');
    setText(
      this.#empty,
      this.#options.store.series.size === 0
        ? 'No measurement yet. As soon as a sensor sends its first value it can be plotted.'
        : 'Choose one or more values below.',
    );
    if (chosen.length === 0) return;
    const shape = chosen
      .map((series) => `${series.key}${series.symbol}${this.#options.names.titleOf(series)}`)
      .join();
    if (shape !== this.#shape) this.#build(chosen, shape);
    this.#update(chosen, now / 1000);
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
    if (!this.#options.names.setPlotted(series, isPlotted)) {
      setText(this.#state, 'Six values at most: take one out first.');
    }
    this.#reshape();
  }

  #reshape(): void {
    if (!this.element.isConnected) return;
    this.#shape = '';
    this.#pace.reset();
    this.#options.request();
  }

  #follow(seconds: number): void {
    this.#rangeS = seconds;
    this.#zoom = undefined;
    this.#reshape();
  }

  #span(): { from: number; to: number } {
    const to = Date.now() / 1000;
    return this.#zoom ?? { from: to - this.#rangeS, to };
  }

  #scale(factor: number): void {
    const { from, to } = this.#span();
    const middle = (from + to) / 2;
    const half = Math.max(1, ((to - from) / 2) * factor);
    this.#setZoom(middle - half, middle + half);
  }

  #move(share: number): void {
    const { from, to } = this.#span();
    const by = (to - from) * share;
    this.#setZoom(from + by, to + by);
  }

  #setZoom(from: number, to: number): void {
    this.#zoom = { from, to };
    this.#pace.reset();
    this.#options.request();
  }

  #build(chosen: Series[], shape: string): void {
    this.#plot?.destroy();
    this.#shape = shape;
    const width = this.#frame.clientWidth || 600;
    const height = Math.round(Math.max(MIN_HEIGHT, Math.min(width * HEIGHT_SHARE, innerHeight * 0.55)));
    const hooks = {
      onZoom: (from: number, to: number) => this.#setZoom(from, to),
      onReset: () => this.#follow(this.#rangeS),
    };
    const options = plotOptions(chosen, this.#options.names, { width, height }, hooks);
    this.#plot = new uPlot(options, [[]], this.#frame);
  }

  #update(chosen: Series[], nowS: number): void {
    const { from, to } = this.#zoom ?? { from: nowS - this.#rangeS, to: nowS };
    const tables = chosen.map(({ history }) => within(history, from, to));
    this.#plot?.batch(() => {
      this.#plot?.setData(uPlot.join(tables), false);
      this.#plot?.setScale('x', { min: from, max: to });
    });
    // The legend says the latest values while no cursor is over the plot; by itself it is not renewed.
    this.#plot?.setLegend({});
    const isFollowing = this.#zoom === undefined;
    for (const button of this.#ranges.children) {
      const isOn = isFollowing && button.getAttribute('data-seconds') === String(this.#rangeS);
      setAttribute(button, 'aria-pressed', String(isOn));
    }
    const hint = 'Zoom with + and −, or drag across the plot; Follow now returns.';
    setText(
      this.#state,
      isFollowing ? hint : 'Zoomed in: the plot stands still while values go on coming in.',
    );
  }
}

/** What lies in the range and one point to either side, so that lines run to the edge. */
function within({ times, values }: Series['history'], from: number, to: number): uPlot.AlignedData {
  let first = times.findIndex((time) => time >= from);
  if (first < 0) first = times.length;
  let last = first;
  while (last < times.length && (times[last] ?? 0) <= to) last += 1;
  const start = Math.max(0, first - 1);
  return [times.slice(start, last + 1), values.slice(start, last + 1)];
}
