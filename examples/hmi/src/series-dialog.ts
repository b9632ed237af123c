import { h, icon, setText } from './dom.ts';
import { formatAge, formatNumber } from './format.ts';
import type { SeriesNames } from './series-names.ts';
import type { Series, Store } from './store.ts';

/** Details of one series, where it is renamed and put into the plot. */
export class SeriesDialog {
  readonly element: HTMLDialogElement;
  readonly #store: Store;
  readonly #names: SeriesNames;
  readonly #onChange: () => void;
  readonly #title = h('h3', { id: 'series-title' });
  readonly #facts = h('dl', { class: 'facts' });
  readonly #name = h('input', { type: 'text', maxlength: 60, id: 'series-name' });
  readonly #plotted = h('input', { type: 'checkbox' });
  readonly #problem = h('p', { class: 'problem', role: 'alert' });
  #series: Series | undefined;

  constructor(store: Store, names: SeriesNames, onChange: () => void) {
    this.#store = store;
    this.#names = names;
    this.#onChange = onChange;
    this.#plotted.addEventListener('change', () => this.#plot());
    const close = h(
      'button',
      { type: 'button', class: 'plain', 'aria-label': 'Close', onclick: () => this.element.close() },
      icon('close'),
    );
    const form = h(
      'form',
      { method: 'dialog', class: 'form', onsubmit: () => this.#rename() },
      h('label', { for: 'series-name' }, 'Name on this device'),
      h('div', { class: 'row together' }, this.#name, h('button', { type: 'submit' }, 'Save')),
      h('label', { class: 'check' }, this.#plotted, 'Show in the plot'),
      this.#problem,
    );
    const head = h('header', { class: 'dialog-head' }, this.#title, close);
    this.element = h('dialog', { 'aria-labelledby': 'series-title' }, head, this.#facts, form);
  }

  open(series: Series): void {
    this.#series = series;
    this.#name.value = this.#names.titleOf(series);
    this.#plotted.checked = this.#names.isPlotted(series);
    setText(this.#problem, '');
    this.render(Date.now());
    this.element.showModal();
  }

  render(now: number): void {
    const series = this.#series;
    if (series === undefined) return;
    setText(this.#title, this.#names.titleOf(series));
    const { values, times } = series.history;
    const number = (value: number) => `${formatNumber(value, series.decimals)} ${series.symbol}`.trim();
    const since = times.length > 1 ? ` of the last ${formatAge(now - (times[0] ?? 0) * 1000)}` : '';
    const rows: [string, string][] = [
      ['Value', series.kind === 'state' ? this.#store.wordsOf(series, now).words : number(series.value)],
      ['Age', formatAge(now - series.at)],
      ['Node', series.node],
      ['GUID', series.guid],
      ['Quantity', series.quantity],
      ['Place', series.place || '–'],
    ];
    if (series.kind !== 'state' && values.length > 1) {
      rows.push(
        [`Lowest${since}`, number(Math.min(...values))],
        [`Highest${since}`, number(Math.max(...values))],
      );
      rows.push(['One value every', formatAge(Math.max(2000, series.meanIntervalMs))]);
    }
    const cells = rows.flatMap(([term, detail]) => [h('dt', {}, term), h('dd', {}, detail)]);
    this.#facts.replaceChildren(...cells);
  }

  #rename(): void {
    if (this.#series) this.#names.rename(this.#series, this.#name.value);
    this.#onChange();
  }

  #plot(): void {
    if (this.#series === undefined) return;
    const isDone = this.#names.setPlotted(this.#series, this.#plotted.checked);
    if (!isDone) this.#plotted.checked = false;
    setText(this.#problem, isDone ? '' : 'The plot is full: take another value out first.');
    this.#onChange();
  }
}
