import type { NodeInfo } from '../store/nodes.ts';
import type { Store } from '../store/store.ts';
import { locale, t } from '../texts.ts';
import { h, keepFocus, setAttribute, setText } from '../ui/dom.ts';
import { tableCard } from '../ui/form-parts.ts';
import { formatAge, formatNumber } from '../ui/format.ts';
import { Pace } from '../ui/pace.ts';
import type { View } from '../ui/view.ts';
import type { NodeDialog } from './overview/found-nodes.ts';
import type { DetailsPage } from './overview/item-dialog.ts';
import type { PlaceTarget } from './overview/place-form.ts';

const REDRAW_MS = 500;
const MAX_ROWS = 300;
/** More at once would hold what the user does meanwhile on a slow phone. */
const NEW_ROWS_A_FRAME = 12;
const collator = new Intl.Collator(locale, { numeric: true });
const WORDS = { alive: t('Alive'), late: t('Late'), lost: t('Lost') } as const;

export interface NodesOptions {
  store: Store;
  isOffline: () => boolean;
  request: () => void;
  /** Undefined for those who may not edit. */
  dialog: NodeDialog | undefined;
}

interface NodeRow {
  element: HTMLTableRowElement;
  name: HTMLElement;
  cells: HTMLTableCellElement[];
}

/** Nodes seen by their heartbeats. */
export class NodesView implements View, DetailsPage {
  readonly element: HTMLElement;
  readonly #options: NodesOptions;
  readonly #body = h('tbody');
  readonly #card: HTMLElement;
  readonly #summary = h('p', { class: 'hint' });
  readonly #empty = h(
    'p',
    { class: 'empty' },
    t('No heartbeat yet. Nodes send one at least once a minute, so give them that long.'),
  );
  readonly #notice = h('p', { class: 'problem', role: 'alert' });
  readonly #rows = new Map<NodeInfo, NodeRow>();
  readonly #pace = new Pace(REDRAW_MS);

  constructor(options: NodesOptions) {
    this.#options = options;
    const heads = [t('State'), t('Node'), t('Last heartbeat'), t('Every'), t('Count'), t('Place')];
    const head = h('thead', {}, h('tr', {}, ...heads.map((text) => h('th', { scope: 'col' }, text))));
    this.#card = tableCard({ text: t('Table of nodes') }, h('table', { class: 'nodes' }, head, this.#body));
    this.element = h(
      'section',
      { class: 'page', 'aria-labelledby': 'nodes-title' },
      h('header', { class: 'page-head' }, h('h2', { id: 'nodes-title' }, t('Nodes')), this.#summary),
      this.#notice,
      this.#empty,
      this.#card,
    );
  }

  render(now: number): void {
    if (!this.#pace.isDue(now)) return;
    const { store, isOffline, request } = this.#options;
    const { nodes } = store;
    const counts = { alive: 0, late: 0, lost: 0 };
    let fresh = Math.min(NEW_ROWS_A_FRAME, MAX_ROWS - this.#rows.size);
    for (const node of nodes.nodes.values()) {
      const health = nodes.healthOf(node, now);
      counts[health] += 1;
      if (!this.#rows.has(node) && fresh > 0) {
        this.#add(node);
        fresh -= 1;
      }
      const row = this.#rows.get(node);
      if (row === undefined) continue;
      const name = store.nodeName(node.guid);
      if (row.element.dataset.name !== name) this.#rename(row, name);
      const texts = [
        WORDS[health],
        undefined,
        formatAge(now - node.lastBeatAt),
        node.intervalMs === 0 ? '–' : formatAge(Math.max(2000, node.intervalMs)),
        formatNumber(node.beats, 0),
        store.zoneName(node.zone ?? 0, node.subzone ?? 0) || '–',
      ];
      texts.forEach((text, i) => {
        const cell = row.cells[i];
        if (cell && text !== undefined) setText(cell.firstElementChild ?? cell, text);
      });
      setAttribute(row.cells[0] as Element, 'data-health', isOffline() ? 'late' : health);
    }
    if (this.#rows.size < Math.min(MAX_ROWS, nodes.nodes.size)) {
      this.#pace.reset();
      request();
    }
    const { alive, late, lost } = counts;
    setAttribute(this.#empty, 'hidden', nodes.nodes.size > 0 ? '' : undefined);
    setAttribute(this.#card, 'hidden', nodes.nodes.size > 0 ? undefined : '');
    setText(
      this.#summary,
      nodes.nodes.size === 0 ? '' : t('{alive} alive, {late} late, {lost} lost', { alive, late, lost }),
    );
  }

  leave(): void {
    this.#rows.clear();
    this.#body.replaceChildren();
    this.#pace.reset();
  }

  placed(_target: PlaceTarget, notice: string): void {
    setText(this.#notice, notice);
    this.#pace.reset();
    this.#options.request();
  }

  #add(node: NodeInfo): void {
    const name = this.#nameOf(node);
    const cells = [
      h('td', { class: 'node-state' }, h('span', { class: 'badge' })),
      h('td', {}, name, h('span', { class: 'guid' }, node.guid)),
      ...Array.from({ length: 4 }, () => h('td', { class: 'figure' })),
    ];
    this.#rows.set(node, { element: h('tr', {}, ...cells), name, cells });
  }

  /** What names and places it, for those who may. */
  #nameOf({ guid }: NodeInfo): HTMLElement {
    const { dialog } = this.#options;
    if (dialog === undefined) return h('span', { class: 'node-name' });
    const onclick = () => dialog.open(guid, this);
    return h('button', { type: 'button', class: 'cell-button node-name', onclick });
  }

  /** Puts a row where its name belongs. */
  #rename({ element, name: shown }: NodeRow, name: string): void {
    element.dataset.name = name;
    setText(shown, name);
    if (this.#options.dialog) setAttribute(shown, 'aria-label', t('Name and place {node}', { node: name }));
    const others = [...this.#body.rows].filter((other) => other !== element);
    const after = others.find((other) => collator.compare(other.dataset.name ?? '', name) > 0);
    keepFocus(this.#body, () => this.#body.insertBefore(element, after ?? null));
  }
}
