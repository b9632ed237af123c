import uPlot from 'uplot';
import { failureText } from '../../session/login-problem.ts';
import type { LastingHistory } from '../../store/lasting-history.ts';
import type { SeriesNames } from '../../store/series-names.ts';
import {
  changesOf,
  joinChanges,
  type StateFigures,
  stateFiguresOf,
  type Values,
} from '../../store/state-past.ts';
import { holdOf, type Series } from '../../store/store.ts';
import { t } from '../../texts.ts';
import { h, setAttribute, setText } from '../../ui/dom.ts';
import { formatSpan } from '../../ui/format.ts';
import { Pace } from '../../ui/pace.ts';
import {
  type Buckets,
  type Figures,
  figuresOf,
  joinRecent,
  niceStep,
  type Shown,
  statesToCsv,
  toCsv,
  within,
} from './plot-data.ts';
import { plotOptions, stateWordOf } from './plot-options.ts';

const REDRAW_MS = 500;
const DAY_S = 86_400;
/** What the page has heard itself. */
const RECENT_RANGES = [
  { label: '5 min', seconds: 300 },
  { label: '15 min', seconds: 900 },
  { label: '1 h', seconds: 3600 },
  { label: '6 h', seconds: 21_600 },
  { label: '24 h', seconds: DAY_S },
];
/** What a server with a lasting history has. */
const LASTING_RANGES = [
  { label: t('Hour'), seconds: 3600 },
  { label: t('Day'), seconds: DAY_S },
  { label: t('Week'), seconds: 7 * DAY_S },
  { label: t('Month'), seconds: 30 * DAY_S },
  { label: t('Year'), seconds: 365 * DAY_S },
];
/** CSS pixels for each bucket. */
const BUCKET_PX = 2.5;
const MIN_BUCKETS = 60;
const MAX_BUCKETS = 500;
/** While the plot follows the present, the history is asked for again so often, or once a bucket. */
const RELOAD_S = 10;
/** Zooming asks only once the viewer has paused for so long. */
const SETTLE_MS = 150;
/** Of a state; older ones are not drawn. */
const MAX_CHANGES = 20_000;
/** A band needs less height than a line. */
const STATE_HEIGHT = 160;
const HEIGHT_SHARE = 0.56;
const MIN_HEIGHT = 240;

export interface TimePlotOptions {
  names: SeriesNames;
  /** Undefined where the server keeps none; then the plot shows what this page has heard. */
  history: LastingHistory | undefined;
  /** The values to show, at most six; or one state. */
  chosen: () => Series[];
  /** What the legend calls a value. */
  labelOf: (series: Series) => string;
  request: () => void;
}

/** Values over time with their tools: follows the present until the viewer zooms in. */
export class TimePlot {
  readonly element: HTMLElement;
  readonly tools: HTMLElement;
  readonly #options: TimePlotOptions;
  readonly #frame = h('div', { class: 'plot-frame' });
  readonly #ranges = h('div', { class: 'segments', role: 'group', 'aria-label': t('Time range') });
  readonly #state = h('p', { class: 'hint', 'aria-live': 'polite' });
  readonly #pace = new Pace(REDRAW_MS);
  #plot: uPlot | undefined;
  /** Built, and not yet in the place of the one before. */
  #next: { plot: uPlot; begin: () => void } | undefined;
  #shape = '';
  #isBuilding = true;
  #rangeS: number;
  /** Zoomed to here, in Unix seconds; undefined = follows the present. */
  #zoom: { from: number; to: number } | undefined;
  #shown: Shown = { times: [], bands: [] };
  /** What was asked for last, and what came of it. */
  #asked = '';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #loaded: { buckets: Buckets; keys: string[] } | { changes: Values; keys: string[] } | undefined;
  #isLoading = false;
  #problem = '';

  constructor(options: TimePlotOptions) {
    this.#options = options;
    const ranges = options.history === undefined ? RECENT_RANGES : LASTING_RANGES;
    this.#rangeS = ranges[0]?.seconds ?? 300;
    for (const { label, seconds } of ranges) {
      const onclick = () => this.#follow(seconds);
      this.#ranges.append(h('button', { type: 'button', 'data-seconds': seconds, onclick }, label));
    }
    const button = (label: string, text: string, onclick: () => void) =>
      h('button', { type: 'button', 'aria-label': label, onclick }, text);
    this.tools = h(
      'div',
      { class: 'row tools' },
      this.#ranges,
      h(
        'div',
        { class: 'segments', role: 'group', 'aria-label': t('Zoom') },
        button(t('Back in time'), '‹', () => this.#move(-0.25)),
        button(t('Zoom out'), '−', () => this.#scale(2)),
        button(t('Zoom in'), '+', () => this.#scale(0.5)),
        button(t('Forward in time'), '›', () => this.#move(0.25)),
      ),
      h('button', { type: 'button', onclick: () => this.#follow(this.#rangeS) }, t('Follow now')),
      button(t('Download what is shown as CSV'), 'CSV', () => this.#download()),
    );
    this.element = h('div', { class: 'card plot-card' }, this.#frame, this.#state);
    addEventListener('resize', () => this.reshape());
    new MutationObserver(() => this.reshape()).observe(document.documentElement, {
      attributeFilter: ['data-theme'],
    });
  }

  /**
   * Drawing takes about as long as what the browser then does with it, so it is a task of its own, before the next frame.
   * @returns whether the plot is being built anew, which takes long: better nothing else is done in this frame
   */
  render(now: number): boolean {
    if (this.#pace.isDue(now)) setTimeout(() => this.#step(Date.now()));
    return this.#isBuilding;
  }

  /** While it is built anew it asks for the next frame itself. */
  #step(now: number): void {
    const chosen = this.#options.chosen();
    setAttribute(this.#frame, 'hidden', chosen.length > 0 ? undefined : '');
    // What waited for the plot goes on.
    if (this.#isBuilding) this.#options.request();
    this.#isBuilding = false;
    if (chosen.length === 0) return;
    const shape = chosen
      .map((series) => `${series.key}${series.symbol}${this.#options.names.titleOf(series)}`)
      .join();
    if (shape !== this.#shape) {
      this.#build(chosen, shape);
      this.#isBuilding = true;
      this.#redraw();
      return;
    }
    this.#ask(chosen, now / 1000);
    this.#shown = this.#shownOf(chosen, this.#span(now / 1000));
    if (this.#next) {
      const { plot, begin } = this.#next;
      this.#next = undefined;
      this.#plot?.destroy();
      this.#plot = plot;
      this.#frame.append(plot.root);
      begin();
      this.#isBuilding = true;
      this.#redraw();
      return;
    }
    this.#update(now / 1000);
  }

  /** Builds the plot anew: its size, its colours or what it shows have changed. */
  reshape(): void {
    if (!this.element.isConnected) return;
    this.#shape = '';
    this.#shown = { times: [], bands: [] };
    this.#redraw();
  }

  /** Lowest, mean and highest of what is to be seen of the first value; undefined while nothing is. */
  get figures(): Figures | undefined {
    if (!this.element.isConnected) return undefined;
    const { from, to } = this.#span(Date.now() / 1000);
    return figuresOf(this.#shown, from, to);
  }

  /** Of a state: how long it was open, on and so on in what is to be seen. */
  get stateFigures(): StateFigures | undefined {
    if (!this.element.isConnected) return undefined;
    const nowS = Date.now() / 1000;
    const { from, to } = this.#span(nowS);
    const [series] = this.#options.chosen();
    return series && stateFiguresOf(this.#changesOf(series), from, Math.min(to, nowS));
  }

  #redraw(): void {
    this.#pace.reset();
    this.#options.request();
  }

  #follow(seconds: number): void {
    this.#rangeS = seconds;
    this.#zoom = undefined;
    this.reshape();
  }

  #span(nowS: number): { from: number; to: number } {
    return this.#zoom ?? { from: nowS - this.#rangeS, to: nowS };
  }

  #scale(factor: number): void {
    const { from, to } = this.#span(Date.now() / 1000);
    const seconds = Math.max(2, (to - from) * factor);
    if (this.#zoom === undefined) this.#follow(seconds);
    else this.#zoomUntil((from + to + seconds) / 2, seconds);
  }

  #move(share: number): void {
    const { from, to } = this.#span(Date.now() / 1000);
    const seconds = to - from;
    this.#zoomUntil(to + seconds * share, seconds);
  }

  /** Nothing is known of the future. */
  #zoomUntil(endS: number, seconds: number): void {
    const to = Math.min(endS, Date.now() / 1000);
    this.#setZoom(to - seconds, to);
  }

  #setZoom(from: number, to: number): void {
    this.#zoom = { from, to };
    this.#redraw();
  }

  /** The new plot is in the place of the one before from the next frame on, and filled in the one after. */
  #build(chosen: Series[], shape: string): void {
    this.#shape = shape;
    const width = this.#frame.clientWidth || 600;
    const usual = Math.max(MIN_HEIGHT, Math.min(width * HEIGHT_SHARE, innerHeight * 0.55));
    const height = Math.round(isState(chosen) ? STATE_HEIGHT : usual);
    const hooks = {
      onZoom: (from: number, to: number) => this.#setZoom(from, to),
      onReset: () => this.#follow(this.#rangeS),
    };
    const hasBands = this.#hasBands(chosen);
    const options = plotOptions(chosen, this.#options.labelOf, { width, height, hasBands }, hooks);
    // While the window is resized, each frame may build one more; uPlot keeps listeners for those that never began.
    this.#next?.plot.destroy();
    new uPlot(options, [[]], (plot, init) => {
      this.#next = { plot, begin: () => init() };
    });
  }

  /** Asks the server for what is to be seen, unless that is there or under way. */
  #ask(chosen: Series[], nowS: number): void {
    const { history } = this.#options;
    if (history === undefined) return;
    const { from, to } = this.#span(nowS);
    const width = this.#frame.clientWidth || 600;
    const buckets = Math.min(MAX_BUCKETS, Math.max(MIN_BUCKETS, Math.round(width / BUCKET_PX)));
    const keys = chosen.map(({ key }) => key);
    const stepS = niceStep(to - from, buckets);
    const reloadS = Math.max(RELOAD_S, stepS);
    const when = this.#zoom ? `${from}-${to}` : `${this.#rangeS}@${Math.floor(nowS / reloadS)}`;
    const wanted = `${keys.join()} ${when} ${stepS}`;
    if (wanted === this.#asked) return;
    this.#asked = wanted;
    this.#isLoading = true;
    clearTimeout(this.#timer);
    const load = async () => {
      let problem = '';
      try {
        const [first] = chosen;
        const loaded =
          first && isState(chosen)
            ? { changes: await history.changes(first, from * 1000, to * 1000, MAX_CHANGES) }
            : { buckets: await history.points(chosen, from * 1000, to * 1000, stepS * 1000) };
        if (wanted === this.#asked) this.#loaded = { ...loaded, keys };
      } catch (error) {
        problem = failureText(error);
      }
      if (wanted !== this.#asked) return;
      this.#problem = problem;
      this.#isLoading = false;
      if (problem !== '') this.#timer = setTimeout(() => this.#askAgain(), RELOAD_S * 1000);
      this.#redraw();
    };
    this.#timer = setTimeout(() => void load(), this.#zoom ? SETTLE_MS : 0);
  }

  #askAgain(): void {
    this.#asked = '';
    this.#redraw();
  }

  #hasBands(chosen: readonly Series[]): boolean {
    return this.#options.history !== undefined && !isState(chosen);
  }

  /** All that is known of when a state changed. */
  #changesOf(series: Series): Values {
    const heard = changesOf(series.history, holdOf(series));
    const loaded = this.#loaded;
    const isHere = loaded !== undefined && 'changes' in loaded && loaded.keys[0] === series.key;
    return isHere ? joinChanges(loaded.changes, heard) : heard;
  }

  /** A state lasts until now. */
  #shownState(series: Series, from: number, to: number): Shown {
    const end = Math.min(to, Date.now() / 1000);
    const { times, values } = within(this.#changesOf(series), from, end);
    const rows = times.filter((time) => time < end).length;
    if (rows === 0) return { times: [], bands: [{ mean: [], min: [], max: [] }] };
    const mean = [...values.slice(0, rows), values[rows - 1]];
    return { times: [...times.slice(0, rows), end], bands: [{ mean, min: [], max: [] }] };
  }

  #shownOf(chosen: Series[], { from, to }: { from: number; to: number }): Shown {
    const [first] = chosen;
    if (first && isState(chosen)) return this.#shownState(first, from, to);
    if (this.#options.history === undefined) {
      const tables = chosen.map(({ history }) => within(history, from, to));
      const [times = [], ...columns] = uPlot.join(
        tables.map((table): uPlot.AlignedData => [[...table.times], [...table.values]]),
      );
      return {
        times: [...times],
        bands: columns.map((column) => ({ mean: [...column], min: [], max: [] })),
      };
    }
    const { keys, buckets } = { keys: [], buckets: undefined, ...this.#loaded };
    const empty: null[] = (buckets?.times ?? []).map(() => null);
    const bands = chosen.map(
      ({ key }) => buckets?.bands[keys.indexOf(key)] ?? { mean: empty, min: empty, max: empty },
    );
    const recent = chosen.map(({ history }) => within(history, from, to));
    return joinRecent({ times: buckets?.times ?? [], stepS: buckets?.stepS ?? 0, bands }, recent);
  }

  #update(nowS: number): void {
    const { from, to } = this.#span(nowS);
    const hasBands = this.#hasBands(this.#options.chosen());
    const { times, bands } = this.#shown;
    const columns = bands.flatMap(({ mean, min, max }) => (hasBands ? [mean, max, min] : [mean]));
    this.#plot?.batch(() => {
      this.#plot?.setData([times, ...columns], false);
      this.#plot?.setScale('x', { min: from, max: to });
    });
    // The legend says the latest values while no cursor is over the plot; by itself it is not renewed.
    this.#plot?.setLegend({});
    const isFollowing = this.#zoom === undefined;
    for (const button of this.#ranges.children) {
      const isOn = isFollowing && button.getAttribute('data-seconds') === String(this.#rangeS);
      setAttribute(button, 'aria-pressed', String(isOn));
    }
    setText(this.#state, this.#words(isFollowing, hasBands));
  }

  #words(isFollowing: boolean, hasBands: boolean): string {
    const hint = isFollowing
      ? t('Zoom with + and −, or drag across the plot; Follow now returns.')
      : t('Zoomed in: the plot stands still while values go on coming in.');
    if (this.#options.history === undefined) return hint;
    if (this.#problem !== '') return t('The history could not be read: {why}', { why: this.#problem });
    if (this.#loaded === undefined && this.#isLoading) return t('Loading the history …');
    const stepS = hasBands && this.#loaded && 'buckets' in this.#loaded ? this.#loaded.buckets.stepS : 0;
    const grain =
      stepS > 0
        ? `${t('A point is the mean of {span}, with the lowest and highest around it.', { span: formatSpan(stepS) })} `
        : '';
    return `${grain}${hint}`;
  }

  #download(): void {
    const { names } = this.#options;
    const chosen = this.#options.chosen();
    const [first] = chosen;
    const nowS = Date.now() / 1000;
    const { from, to } = this.#span(nowS);
    const titles = chosen.map((series) => `${names.fullTitleOf(series)} ${series.symbol}`.trim());
    const text =
      first && isState(chosen)
        ? statesToCsv(this.#changesOf(first), {
            ...{ title: titles[0] ?? '', from, to: Math.min(to, nowS) },
            wordOf: (value) => stateWordOf(first, value),
          })
        : toCsv(this.#shown, titles, this.#hasBands(chosen), from, to);
    const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
    const download = `values-${new Date(to * 1000).toISOString().slice(0, 16).replace(':', '-')}.csv`;
    h('a', { href: url, download }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }
}

/** Whether it is drawn as a band; beside others it is a number like them. */
function isState(chosen: readonly Series[]): boolean {
  return chosen.length === 1 && chosen[0]?.kind === 'state';
}
