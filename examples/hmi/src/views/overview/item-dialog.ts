import type { VscpEvent } from '../../../../../src/client/index.ts';
import type { Limit } from '../../alarms/alarm.ts';
import { limitWords } from '../../alarms/alarm-words.ts';
import { LimitForm } from '../../alarms/limit-form.ts';
import { stateText } from '../../controls/card.ts';
import type { SwitchAddress } from '../../saved/panel-config.ts';
import type { Favourites } from '../../store/favourites.ts';
import type { Item } from '../../store/items.ts';
import type { LastingHistory } from '../../store/lasting-history.ts';
import { pastOf } from '../../store/past.ts';
import type { SeriesNames } from '../../store/series-names.ts';
import { changesOf, joinChanges, type Values } from '../../store/state-past.ts';
import { holdOf, MOTION_QUANTITY, type Series, type Store, stateWords } from '../../store/store.ts';
import { t } from '../../texts.ts';
import { h, setAttribute, setText } from '../../ui/dom.ts';
import { dialogWith, openDialog } from '../../ui/form-parts.ts';
import { formatAge, formatBytes, formatMoment, formatSpan, formatWithUnit } from '../../ui/format.ts';
import { Pace } from '../../ui/pace.ts';
import { classWords, typeWords } from '../events/event-names.ts';
import { meaningOf } from '../events/event-words.ts';
import type { TimePlot } from '../plot/time-plot.ts';
import { switchText } from '../switch-card.ts';
import { PlaceForm, type PlaceFormOptions, type PlaceTarget } from './place-form.ts';

const FACTS_INTERVAL_MS = 1000;
const CHANGES_TOLD = 5;
/** So far back the latest changes are looked for. */
const LATEST_WITHIN_MS = 2 * 365 * 86_400_000;
const NO_VALUES: Values = { times: [], values: [] };

/** A page that shows details. */
export interface DetailsPage {
  readonly element: HTMLElement;
  /** What is shown was named or placed; `notice` is what the person should know, or empty. */
  placed(target: PlaceTarget, notice: string): void;
}

export interface ItemDialogOptions {
  store: Store;
  names: SeriesNames;
  /** Undefined: names are kept on this device. */
  place: Omit<PlaceFormOptions, 'onSaved'> | undefined;
  /** Undefined: the server keeps no lasting history. */
  history: LastingHistory | undefined;
  request: () => void;
  targetOf: (item: Item) => PlaceTarget;
  limitOf: (item: Item) => Limit | undefined;
  /** A name, a favourite or the plot was changed on this device. */
  onChange: () => void;
  favourites: Favourites;
  /** Opens the editor of a control; undefined for those who may not edit. */
  setUp: ((item: Item) => void) | undefined;
  /** Names and places the node with all that it measures; undefined for those who may not edit. */
  placeNode: ((guid: string) => void) | undefined;
}

/** Details of one value, switch or control on whichever page, where it is named, placed, made a favourite and put into the plot. */
export class ItemDialog {
  readonly element: HTMLDialogElement;
  readonly #options: ItemDialogOptions;
  readonly #title = h('h3', { id: 'item-title' });
  readonly #facts = h('dl', { class: 'facts' });
  readonly #name = h('input', { type: 'text', maxlength: 60, id: 'item-name' });
  readonly #favourite = h('input', { type: 'checkbox' });
  readonly #plotted = h('input', { type: 'checkbox' });
  readonly #plottedLabel = h('label', { class: 'check' }, this.#plotted, t('Show in the plot'));
  readonly #problem = h('p', { class: 'problem', role: 'alert' });
  readonly #chart = h('div', { class: 'dialog-plot' });
  readonly #place: PlaceForm | undefined;
  readonly #setUp: HTMLElement | undefined;
  readonly #placeNode = h('button', { type: 'button' });
  /** Where it is named. */
  readonly #naming: HTMLElement;
  readonly #limit = new LimitForm(() => this.#options.store.clock.serverTime);
  readonly #factsPace = new Pace(FACTS_INTERVAL_MS);
  #chartPlot: TimePlot | undefined;
  #item: Item | undefined;
  #page: DetailsPage | undefined;
  /** The latest changes of a state as the server knows them. */
  #latest = NO_VALUES;

  constructor(options: ItemDialogOptions) {
    this.#options = options;
    this.#plotted.addEventListener('change', () => this.#plot());
    this.#favourite.addEventListener('change', () => {
      if (this.#item) options.favourites.set(this.#item.id, this.#favourite.checked);
      options.onChange();
    });
    this.#place =
      options.place &&
      new PlaceForm({
        ...options.place,
        extra: { element: this.#limit.element, change: () => this.#limit.change() },
        onSaved: (target, notice) => {
          this.element.close();
          this.#limit.tellSaved();
          this.#page?.placed(target, notice);
        },
      });
    const own = h(
      'form',
      { method: 'dialog', class: 'form', onsubmit: () => this.#rename() },
      h('label', { for: 'item-name' }, t('Name on this device')),
      h('div', { class: 'row together' }, this.#name, h('button', { type: 'submit' }, t('Save'))),
    );
    this.#naming = this.#place?.element ?? own;
    this.#setUp = options.setUp && this.#setUpRow(options.setUp);
    this.element = dialogWith(
      this.#title,
      h(
        'div',
        { class: 'row' },
        h('label', { class: 'check' }, this.#favourite, t('Favourite on this device')),
        this.#place && this.#limit.opener,
      ),
      this.#chart,
      this.#facts,
      h('div', { class: 'form' }, this.#plottedLabel, this.#problem),
      h('div', { class: 'row' }, this.#placeNode),
      this.#naming,
      this.#setUp,
    );
    this.#placeNode.addEventListener('click', () => {
      this.element.close();
      if (this.#item) options.placeNode?.(this.#item.guid);
    });
    this.element.addEventListener('close', () => this.#onClose());
  }

  #setUpRow(setUp: (item: Item) => void): HTMLElement {
    const button = h('button', { type: 'button' }, t('Change the control…'));
    button.addEventListener('click', () => {
      // First, so that the focus goes on to the editor from where it was before both.
      this.element.close();
      if (this.#item) setUp(this.#item);
    });
    return h('div', { class: 'row' }, button);
  }

  /** What nobody sees is not found by those who search the page, nor drawn anew with each size of the window. */
  #onClose(): void {
    this.#chart.replaceChildren();
    const { activeElement, body } = document;
    // What it was opened from may be gone, as a favourite that is none any more, or have moved.
    const isGone = activeElement === body || this.element.contains(activeElement);
    if (isGone) this.#page?.element.closest('main')?.focus({ preventScroll: true });
    else activeElement?.scrollIntoView({ block: 'nearest' });
  }

  open(item: Item, page: DetailsPage): void {
    const { names, favourites, targetOf } = this.#options;
    this.#item = item;
    this.#page = page;
    if (this.element.parentElement !== page.element) page.element.append(this.element);
    this.#name.value = item.title;
    this.#favourite.checked = favourites.ids.has(item.id);
    setAttribute(this.#plottedLabel, 'hidden', item.series === undefined ? '' : undefined);
    if (item.series) this.#plotted.checked = names.isPlotted(item.series);
    // A control is named where it is set up; what has no series has no name on this device.
    const isNamedHere =
      item.control === undefined && (item.series !== undefined || this.#place !== undefined);
    setAttribute(this.#naming, 'hidden', isNamedHere ? undefined : '');
    if (this.#setUp) setAttribute(this.#setUp, 'hidden', item.control ? undefined : '');
    this.#placeNode.hidden = item.series === undefined || this.#options.placeNode === undefined;
    setText(this.#placeNode, t('Name and place {node}', { node: item.series?.node ?? '' }));
    this.#place?.open(targetOf(item));
    const past = pastOf(item, this.#options.store);
    this.#limit.open(item.id, isNamedHere ? past : undefined, this.#options.limitOf(item));
    setText(this.#problem, '');
    this.#latest = NO_VALUES;
    this.#renderFacts(item, Date.now());
    openDialog(this.element);
    setAttribute(this.#chart, 'hidden', past ? undefined : '');
    setAttribute(this.#chart, 'data-kind', past?.kind);
    if (past) void this.#showPlot();
    if (past?.kind === 'state') void this.#askLatest(item, past);
  }

  /** Brings what can be changed into sight, and the keyboard to it. */
  showFields(): void {
    this.#naming.scrollIntoView();
    this.#place?.focus();
  }

  async #askLatest(item: Item, past: Series): Promise<void> {
    const now = Date.now();
    const latest = await this.#options.history
      // Of motion, each time has a beginning and an end.
      ?.changes(past, now - LATEST_WITHIN_MS, now, 2 * CHANGES_TOLD)
      // The plot says what is wrong.
      .catch(() => undefined);
    if (latest === undefined || this.#item !== item || !this.element.open) return;
    this.#latest = latest;
    this.#renderFacts(item, Date.now());
  }

  /** The code of plots is loaded when somebody looks at one. */
  async #showPlot(): Promise<void> {
    const { names, history, request } = this.#options;
    if (this.#chartPlot === undefined) {
      const loaded = await import('../plot/time-plot.ts').catch(() => undefined);
      setText(this.#chart, loaded === undefined ? t('The plot could not be loaded.') : '');
      if (loaded === undefined || !this.element.open) return;
      const { TimePlot } = loaded;
      const chosen = () => [(this.#item && pastOf(this.#item, this.#options.store)) ?? []].flat();
      this.#chartPlot ??= new TimePlot({ names, history, request, chosen, labelOf: () => t('Value') });
    }
    this.#chart.replaceChildren(this.#chartPlot.tools, this.#chartPlot.element);
    this.#chartPlot.reshape();
  }

  render(now: number): void {
    if (!this.element.open) return;
    this.#chartPlot?.render(now);
    if (this.#item && this.#factsPace.isDue(now)) this.#renderFacts(this.#item, now);
  }

  #renderFacts(item: Item, now: number): void {
    const { title, series, info, control } = item;
    setText(this.#title, series ? `${title}, ${series.node}` : title);
    const past = pastOf(item, this.#options.store);
    const limit = this.#options.limitOf(item);
    const alarm: [string, string][] = limit && past ? [[t('Alarm'), limitWords(limit, past)]] : [];
    const rows: [string, string][] = series ? this.#seriesFacts(series, alarm, now) : [];
    if (info) rows.push([t('State'), switchText(info, now)], ...alarm, ...addressFacts(info));
    if (control) {
      const { kind, spec } = control;
      rows.push([t('State'), stateText(control, now)], ...alarm, [t('Kind'), kind.title]);
      if (kind.hasAddress) rows.push(...addressFacts(spec));
      else rows.push([t('Steps'), String(spec.steps.length)]);
      if (spec.guid !== '') rows.push([t('GUID of the interface'), spec.guid]);
    }
    if (past?.kind === 'state') rows.push(...this.#stateFacts(past));
    else if (past && !series) rows.push(...this.#numberFacts(past));
    const answer = (info ?? control)?.answer;
    if (answer) rows.push([t('GUID'), answer.guid]);
    rows.push(...this.#eventFacts(series?.event ?? answer));
    const cells = rows.flatMap(([term, detail]) => [h('dt', {}, term), h('dd', {}, detail)]);
    this.#facts.replaceChildren(...cells);
  }

  #seriesFacts(series: Series, alarm: [string, string][], now: number): [string, string][] {
    const number = (value: number) => formatWithUnit(value, series.decimals, series.symbol);
    const { words } = this.#options.store.wordsOf(series, now);
    const rows: [string, string][] = [
      [t('Value'), series.kind === 'state' ? t(words) : number(series.value)],
      [t('Age'), formatAge(now - series.at)],
      ...alarm,
      [t('Node'), series.node],
      [t('GUID'), series.guid],
      [t('Quantity'), t(series.quantity)],
      [t('Place'), series.place || '–'],
    ];
    if (series.kind !== 'state') {
      rows.push(...this.#numberFacts(series), [
        t('One value every'),
        series.samples > 1 ? formatAge(Math.max(2000, series.meanIntervalMs)) : '–',
      ]);
    }
    return rows;
  }

  #numberFacts({ decimals, symbol }: Series): [string, string][] {
    const { low, mean, high } = this.#chartPlot?.figures ?? {};
    const told = (value: number | undefined) =>
      value === undefined ? '–' : formatWithUnit(value, decimals, symbol);
    return [
      [t('Lowest in the plot'), told(low)],
      [t('Mean in the plot'), told(mean)],
      [t('Highest in the plot'), told(high)],
    ];
  }

  #stateFacts(series: Series): [string, string][] {
    const { onS, knownS, changes } = this.#chartPlot?.stateFigures ?? { onS: 0, knownS: 0, changes: 0 };
    const state = t(stateWords(series.quantity, true));
    const share = formatWithUnit((100 * onS) / knownS, 0, '%');
    return [
      [t('{state} in the plot', { state }), knownS > 0 ? `${formatSpan(onS)} (${share})` : '–'],
      [t('Changes in the plot'), knownS > 0 ? String(changes) : '–'],
      [t('Latest changes'), latestChanges(series, this.#latest)],
    ];
  }

  #eventFacts(event: VscpEvent | undefined): [string, string][] {
    if (event === undefined) return [];
    const { vscpClass, vscpType, data } = event;
    const { placeName } = this.#options.store;
    const words = `${classWords(vscpClass)} · ${typeWords(vscpClass, vscpType)}: ${meaningOf(event, placeName)}`;
    return [
      [t('Event'), words],
      [t('Data bytes'), formatBytes(data)],
    ];
  }

  #rename(): void {
    if (this.#item?.series) this.#options.names.rename(this.#item.series, this.#name.value);
    this.#options.onChange();
  }

  #plot(): void {
    const series = this.#item?.series;
    if (series === undefined) return;
    const isDone = this.#options.names.setPlotted(series, this.#plotted.checked);
    if (!isDone) this.#plotted.checked = false;
    setText(this.#problem, isDone ? '' : t('The plot is full: take another value out first.'));
    this.#options.onChange();
  }
}

function addressFacts({ zone, subzone, index }: Omit<SwitchAddress, 'name'>): [string, string][] {
  return [
    [t('Zone, sub-zone'), `${zone}, ${subzone}`],
    [t('Index'), String(index)],
  ];
}

/** The latest changes of a state, newest first; of motion, each time that some was told. */
function latestChanges(series: Series, kept: Values): string {
  const { times, values } = joinChanges(kept, changesOf(series.history, holdOf(series)));
  const changes: string[] = [];
  for (let i = times.length - 1; i >= 0 && changes.length < CHANGES_TOLD; i -= 1) {
    const isOn = values[i] !== 0;
    if (!isOn && series.quantity === MOTION_QUANTITY) continue;
    const at = (times[i] ?? 0) * 1000;
    changes.push(`${t(stateWords(series.quantity, isOn))} ${formatMoment(at)}`);
  }
  return changes.join(' · ') || '–';
}
