import { eventTimeMs, type VscpEvent } from '../../../../../src/client/index.ts';
import { className, classToken, typeName, typeToken } from '../../../../../src/client/names.ts';
import type { Store } from '../../store/store.ts';
import { t } from '../../texts.ts';
import { h, icon, keepFocus, setAttribute, setText } from '../../ui/dom.ts';
import { dialogHead, field, openDialog, tableCard } from '../../ui/form-parts.ts';
import { formatBytes, formatDate, formatNumber, formatTime } from '../../ui/format.ts';
import { Pace } from '../../ui/pace.ts';
import type { View } from '../../ui/view.ts';
import type { EventLog, LogEntry } from './event-log.ts';
import { classWords, typeWords } from './event-names.ts';
import { meaningOf } from './event-words.ts';

const ROWS = 150;
const REDRAW_MS = 200;
/** More at once would hold what the user does meanwhile on a slow phone. */
const ROWS_A_FRAME = 10;

/** A row of the table; the one of an event that is no longer shown is used again. */
class Row {
  readonly element: HTMLTableRowElement;
  readonly #cells = ['time', 'class', 'type', 'node', 'meaning'].map((name) =>
    h('td', { class: `log-${name}`, role: 'cell' }),
  );
  readonly #open: HTMLButtonElement;
  entry: LogEntry | undefined;

  constructor(onOpen: (entry: LogEntry) => void) {
    this.#open = h('button', {
      type: 'button',
      class: 'cell-button',
      onclick: () => this.entry && onOpen(this.entry),
    });
    this.#cells[2]?.append(this.#open);
    this.element = h('tr', { role: 'row' }, ...this.#cells);
  }

  show(entry: LogEntry, store: Store): void {
    this.entry = entry;
    const { event, at, isOwn } = entry;
    const [time, vscpClass, , node, meaning] = this.#cells;
    if (time) setText(time, formatTime(at));
    if (vscpClass) setText(vscpClass, classWords(event.vscpClass));
    setText(this.#open, typeWords(event.vscpClass, event.vscpType));
    if (node) setText(node, isOwn ? t('this panel') : store.nodeName(event.guid));
    if (meaning) setText(meaning, meaningOf(event, store.placeName));
    setAttribute(this.element, 'data-own', isOwn ? '' : undefined);
  }
}

/** The latest events, newest on top, with a filter and a pause. */
export class LogView implements View {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #request: () => void;
  readonly #onResend: (event: VscpEvent) => void;
  /** As they are in the table. */
  readonly #rows: Row[] = [];
  readonly #body = h('tbody', { role: 'rowgroup' });
  readonly #card: HTMLElement;
  readonly #empty = h('p', { class: 'empty' });
  readonly #count = h('p', { class: 'hint', 'aria-live': 'off' });
  readonly #filters = {
    class: h('input', { type: 'search', id: 'log-class', placeholder: t('name or number') }),
    type: h('input', { type: 'search', id: 'log-type', placeholder: t('name or number') }),
    guid: h('input', { type: 'search', id: 'log-guid', placeholder: t('node or GUID') }),
  };
  readonly #pauseButton: HTMLButtonElement;
  readonly #details = h('dialog', { class: 'details', 'aria-label': t('Event') });
  readonly #pace = new Pace(REDRAW_MS);
  /** What the rows should hold; with many new events it takes several frames until they do. */
  #wanted: LogEntry[] = [];
  #isBehind = false;
  /** More is new than a frame brings. */
  #isFlood = false;
  #pausedAt: number | undefined;

  constructor(store: Store, request: () => void, onResend: (event: VscpEvent) => void) {
    this.#store = store;
    this.#request = request;
    this.#onResend = onResend;
    this.#pauseButton = h('button', {
      type: 'button',
      'aria-pressed': 'false',
      onclick: () => this.#togglePause(),
    });
    this.#labelPause();
    const clear = h('button', { type: 'button', onclick: () => this.#clear() }, t('Clear'));
    for (const input of Object.values(this.#filters)) input.addEventListener('input', () => this.#refresh());
    const heads = [t('Time'), t('Class'), t('Type'), t('From'), t('In words')].map((text) =>
      h('th', { scope: 'col', role: 'columnheader' }, text),
    );
    // The roles are said because the style sheet lays the rows out as grids.
    const head = h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, ...heads));
    const table = h('table', { class: 'log', role: 'table' }, head, this.#body);
    this.#card = tableCard({ text: t('Latest events') }, table);
    this.element = h(
      'section',
      { class: 'page', 'aria-labelledby': 'log-title' },
      h(
        'header',
        { class: 'page-head' },
        h('h2', { id: 'log-title' }, t('Events')),
        h('div', { class: 'row tools' }, this.#pauseButton, clear),
      ),
      h(
        'div',
        { class: 'row filters' },
        field(t('Class'), this.#filters.class),
        field(t('Type'), this.#filters.type),
        field(t('From'), this.#filters.guid),
      ),
      this.#empty,
      this.#card,
      this.#count,
      this.#details,
    );
  }

  render(now: number): void {
    if (!this.#isBehind) {
      if (!this.#pace.isDue(now)) return;
      const { log } = this.#store;
      this.#wanted = log.latest(ROWS, this.#predicate(), this.#pausedAt);
      const top = this.#rows[0]?.entry;
      const known = top ? this.#wanted.indexOf(top) : -1;
      this.#isFlood = known < 0 || known > ROWS_A_FRAME;
      this.#renderCounts(log, this.#wanted.length);
    }
    keepFocus(this.#body, () => {
      this.#isBehind = !this.#place(this.#wanted);
    });
    if (this.#isBehind) this.#request();
  }

  leave(): void {
    for (const { element } of this.#rows.splice(ROWS_A_FRAME)) element.remove();
    this.#isBehind = false;
    this.#pace.reset();
  }

  /** Brings the rows into line from the top. @returns whether all are */
  #place(entries: readonly LogEntry[]): boolean {
    let left = ROWS_A_FRAME;
    for (const [i, entry] of entries.entries()) {
      if (this.#rows[i]?.entry === entry) continue;
      if (left-- === 0) return false;
      this.#rowFor(i).show(entry, this.#store);
    }
    for (const { element } of this.#rows.splice(entries.length)) element.remove();
    return true;
  }

  /**
   * A few new events come in rows from the end, so that the others keep their event and their focus. In a flood the rows
   * stay where they are and take other events, because each row that moves has all below it drawn anew.
   */
  #rowFor(i: number): Row {
    const there = this.#rows[i];
    if (there && this.#isFlood) return there;
    const isFull = this.#rows.length >= ROWS;
    const row = (isFull && this.#rows.pop()) || new Row((opened) => this.#open(opened));
    this.#body.insertBefore(row.element, there?.element ?? null);
    this.#rows.splice(i, 0, row);
    return row;
  }

  #renderCounts(log: EventLog, shown: number): void {
    setAttribute(this.#empty, 'hidden', shown > 0 ? '' : undefined);
    setAttribute(this.#card, 'hidden', shown > 0 ? undefined : '');
    setText(
      this.#empty,
      log.count === 0
        ? t('No event yet. They appear here as they come in.')
        : t('None of the latest events fits this filter.'),
    );
    const missed = this.#pausedAt === undefined ? 0 : log.count - this.#pausedAt;
    const paused =
      this.#pausedAt === undefined
        ? ''
        : ` ${t('Paused; {n} more came in since.', { n: formatNumber(missed, 0) })}`;
    setText(
      this.#count,
      shown === 0
        ? paused.trim()
        : t('{shown} newest of {count} events.', { shown, count: formatNumber(log.count, 0) }) + paused,
    );
  }

  #predicate(): (entry: LogEntry) => boolean {
    const [wantedClass = '', wantedType = '', wantedGuid = ''] = Object.values(this.#filters).map(
      ({ value }) => value.trim().toLowerCase(),
    );
    const fits = (wanted: string, number: number, ...names: (string | undefined)[]) =>
      wanted === '' ||
      (/^\d+$/.test(wanted)
        ? Number(wanted) === number
        : names.some((name) => name?.toLowerCase().includes(wanted)));
    return ({ event: { vscpClass, vscpType, guid } }) =>
      fits(wantedClass, vscpClass, classWords(vscpClass), className(vscpClass), classToken(vscpClass)) &&
      fits(
        wantedType,
        vscpType,
        typeWords(vscpClass, vscpType),
        typeName(vscpClass, vscpType),
        typeToken(vscpClass, vscpType),
      ) &&
      (wantedGuid === '' || `${guid} ${this.#store.nodeName(guid)}`.toLowerCase().includes(wantedGuid));
  }

  #refresh(): void {
    for (const { element } of this.#rows.splice(0)) element.remove();
    this.#isBehind = false;
    this.#pace.reset();
    this.#request();
  }

  #togglePause(): void {
    this.#pausedAt = this.#pausedAt === undefined ? this.#store.log.count : undefined;
    setAttribute(this.#pauseButton, 'aria-pressed', String(this.#pausedAt !== undefined));
    this.#labelPause();
    this.#refresh();
  }

  #labelPause(): void {
    const isPaused = this.#pausedAt !== undefined;
    this.#pauseButton.replaceChildren(icon(isPaused ? 'play' : 'pause'), isPaused ? t('Resume') : t('Pause'));
  }

  #clear(): void {
    this.#store.log.clear();
    if (this.#pausedAt !== undefined) this.#togglePause();
    this.#refresh();
  }

  #open({ event, at }: LogEntry): void {
    const { vscpClass, vscpType } = event;
    const time = eventTimeMs(event);
    const rows: [string, string][] = [
      [t('Class'), `${vscpClass} ${classToken(vscpClass) ?? ''}`],
      [t('Type'), `${vscpType} ${typeToken(vscpClass, vscpType) ?? ''}`],
      [t('From'), this.#store.nodeName(event.guid)],
      [t('GUID'), event.guid],
      [t('Data'), event.data.length === 0 ? t('none') : formatBytes(event.data)],
      [t('In words'), meaningOf(event, this.#store.placeName)],
      [t('Priority'), String((event.head >> 5) & 7)],
      [t('Date'), time === undefined ? event.dateTime || '–' : formatDate(time)],
      [t('Received'), formatTime(at)],
      [t('Interface'), String(event.obid)],
    ];
    const facts = h(
      'dl',
      { class: 'facts' },
      ...rows.flatMap(([term, detail]) => [h('dt', {}, term), h('dd', {}, detail)]),
    );
    const close = () => this.#details.close();
    const resend = () => {
      close();
      this.#onResend(event);
    };
    this.#details.replaceChildren(
      dialogHead(h('h3', {}, typeWords(vscpClass, vscpType)), this.#details),
      facts,
      h(
        'div',
        { class: 'row end' },
        h('button', { type: 'button', onclick: resend }, t('Use in the send form')),
      ),
    );
    openDialog(this.#details);
  }
}
