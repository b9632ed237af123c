import type { ValueHistory } from '../../store/history.ts';
import { svg } from '../../ui/dom.ts';
import { leastRange } from '../plot/scale.ts';

const WIDTH = 120;
const HEIGHT = 32;
const PADDING = 2;
const MAX_POINTS = 60;
/** A small line of the latest values, without axes; what it shows is in the tile's words too. */
export class Sparkline {
  readonly element: SVGSVGElement;
  readonly #line = svg('path', { class: 'spark-line' });
  readonly #area = svg('path', { class: 'spark-area' });

  readonly #isStepped: boolean;

  /** @param isStepped for values that stay until the next one, such as on and off */
  constructor(isStepped: boolean) {
    this.#isStepped = isStepped;
    const box = {
      class: 'spark',
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
    };
    this.element = svg('svg', box, this.#area, this.#line);
  }

  /** @param decimals with which the value is told */
  draw({ times, values }: ValueHistory, decimals: number): void {
    const from = Math.max(0, times.length - MAX_POINTS);
    const count = times.length - from;
    if (count < 2) {
      this.#line.setAttribute('d', '');
      this.#area.setAttribute('d', '');
      return;
    }
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let i = from; i < times.length; i += 1) {
      low = Math.min(low, values[i] ?? 0);
      high = Math.max(high, values[i] ?? 0);
    }
    if (this.#isStepped && high === low) return;
    const start = times[from] ?? 0;
    const span = (times[times.length - 1] ?? 0) - start || 1;
    const range = this.#isStepped ? { low, high } : leastRange(low, high, decimals);
    const scale = (HEIGHT - 2 * PADDING) / (range.high - range.low);
    let path = '';
    for (let i = from; i < times.length; i += 1) {
      const x = (((times[i] ?? 0) - start) / span) * WIDTH;
      const y = HEIGHT - PADDING - ((values[i] ?? 0) - range.low) * scale;
      if (this.#isStepped && path !== '') path += `H${x.toFixed(1)}`;
      path += `${path === '' ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    }
    this.#line.setAttribute('d', path);
    this.#area.setAttribute('d', `${path}V${HEIGHT}H0Z`);
  }
}
