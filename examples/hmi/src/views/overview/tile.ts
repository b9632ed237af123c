import { AlarmBell } from '../../alarms/alarm-bell.ts';
import type { AlarmMark } from '../../alarms/alarm-board.ts';
import type { Series, Store } from '../../store/store.ts';
import { t } from '../../texts.ts';
import { h, setAttribute, setText, svg } from '../../ui/dom.ts';
import { formatAge, formatNumber } from '../../ui/format.ts';
import { Pace } from '../../ui/pace.ts';
import { Sparkline } from './sparkline.ts';

const SPARK_INTERVAL_MS = 250;
const ARC = 'M10 55 A45 45 0 0 1 100 55';

/** One measurement: name, value with unit, age and what it did lately. */
export class Tile {
  readonly element: HTMLElement;
  readonly series: Series;
  readonly #node = h('span', { class: 'tile-node' });
  readonly #bell = new AlarmBell();
  readonly #age = h('span', { class: 'tile-age' });
  readonly #title = h('span', { class: 'tile-title' });
  readonly #name = h('button', { type: 'button', class: 'tile-name' }, this.#title);
  readonly #number = h('span', { class: 'tile-number' });
  readonly #unit = h('span', { class: 'tile-unit' });
  readonly #spark: Sparkline;
  readonly #arc = svg('path', { d: ARC, class: 'gauge-value', pathLength: 100 });
  readonly #lamp = h('span', { class: 'lamp' });
  readonly #sparkPace = new Pace(SPARK_INTERVAL_MS);
  #isSparkDue = true;

  constructor(series: Series, onPick: (series: Series) => void) {
    this.series = series;
    this.#spark = new Sparkline(series.kind === 'state');
    this.#name.addEventListener('click', () => onPick(series));
    const value = h(
      'p',
      { class: 'tile-value' },
      series.kind === 'state' && this.#lamp,
      this.#number,
      this.#unit,
    );
    const face = h(
      'div',
      { class: 'tile-face' },
      h('header', { class: 'tile-head' }, this.#node, this.#bell.element, this.#age),
      h('h4', {}, this.#name),
      series.kind === 'gauge' ? h('div', { class: 'gauge' }, this.#gauge(), value) : value,
      this.#spark.element,
    );
    this.element = h('article', { class: `tile is-${series.kind}` }, face);
  }

  #gauge(): SVGSVGElement {
    const box = { viewBox: '0 0 110 62', 'aria-hidden': 'true' };
    return svg('svg', box, svg('path', { d: ARC, class: 'gauge-track' }), this.#arc);
  }

  mark(mark: AlarmMark | undefined): void {
    this.#bell.show(mark, this.element);
  }

  /** @returns whether something is left to draw in a later frame */
  render(store: Store, now: number, title: string, hasChanged: boolean, isOffline: boolean): boolean {
    const { series } = this;
    const isStale = isOffline || store.isStale(series, now);
    const age = formatAge(now - series.at);
    setText(this.#node, series.node);
    setText(this.#title, title);
    setAttribute(this.#name, 'aria-label', `${title}, ${series.node}`);
    setText(this.#age, age);
    setAttribute(this.element, 'data-stale', isStale ? '' : undefined);
    setAttribute(this.#age, 'title', isStale ? t('No recent value') : undefined);
    this.#isSparkDue ||= hasChanged;
    if (series.kind === 'state') this.#renderState(store, now);
    else this.#renderValue();
    if (!this.#isSparkDue) return false;
    if (!this.#sparkPace.isDue(now)) return true;
    this.#spark.draw(series.history, series.decimals);
    this.#isSparkDue = false;
    return false;
  }

  #renderValue(): void {
    const { value, decimals, symbol, kind } = this.series;
    setText(this.#number, formatNumber(value, decimals));
    setText(this.#unit, symbol);
    if (kind === 'gauge') {
      const share = Math.min(100, Math.max(0, value));
      setAttribute(this.#arc, 'stroke-dasharray', `${share.toFixed(1)} 100`);
    }
  }

  #renderState(store: Store, now: number): void {
    const { words, isOn } = store.wordsOf(this.series, now);
    setText(this.#number, t(words));
    setAttribute(this.element, 'data-on', isOn ? '' : undefined);
  }
}
