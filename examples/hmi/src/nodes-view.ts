import { h, setAttribute, setText } from './dom.ts';
import { tableCard } from './form-parts.ts';
import { formatAge, formatNumber } from './format.ts';
import type { NodeInfo } from './nodes.ts';
import { Pace } from './pace.ts';
import type { Store } from './store.ts';
import { locale, t } from './texts.ts';
import type { View } from './view.ts';

const REDRAW_MS = 500;
const MAX_ROWS = 300;
/** More at once would hold what the user does meanwhile on a slow phone. */
const NEW_ROWS_A_FRAME = 12;
const WORDS = { alive: t('Alive'), late: t('Late'), lost: t('Lost') } as const;

/** Nodes seen by their heartbeats. */
export class NodesView implements View {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #isOffline: () => boolean;
  readonly #request: () => void;
  readonly #body = h('tbody');
  readonly #card: HTMLElement;
  readonly #summary = h('p', { class: 'hint' });
  readonly #empty = h(
    'p',
    { class: 'empty' },
    t('No heartbeat yet. Nodes send one at least once a minute, so give them that long.'),
  );
  readonly #rows = new Map<NodeInfo, HTMLTableCellElement[]>();
  readonly #pace = new Pace(REDRAW_MS);

  constructor(store: Store, isOffline: () => boolean, request: () => void) {
    this.#store = store;
    this.#isOffline = isOffline;
    this.#request = request;
    const heads = [t('State'), t('Node'), t('Last heartbeat'), t('Every'), t('Count'), t('Place')];
    const head = h('thead', {}, h('tr', {}, ...heads.map((text) => h('th', { scope: 'col' }, text))));
    this.#card = tableCard({ text: t('Table of nodes') }, h('table', { class: 'nodes' }, head, this.#body));
    this.element = h(
      'section',
      { class: 'page', 'aria-labelledby': 'nodes-title' },
      h('header', { class: 'page-head' }, h('h2', { id: 'nodes-title' }, t('Nodes')), this.#summary),
      this.#empty,
      this.#card,
    );
  }

  render(now: number): void {
    if (!this.#pace.isDue(now)) return;
    const { nodes } = this.#store;
    const counts = { alive: 0, late: 0, lost: 0 };
    let fresh = Math.min(NEW_ROWS_A_FRAME, MAX_ROWS - this.#rows.size);
    for (const node of nodes.nodes.values()) {
      const health = nodes.healthOf(node, now);
      counts[health] += 1;
      if (!this.#rows.has(node) && fresh > 0) {
        this.#add(node);
        fresh -= 1;
      }
      const cells = this.#rows.get(node);
      if (cells === undefined) continue;
      const texts = [
        WORDS[health],
        undefined,
        formatAge(now - node.lastBeatAt),
        node.intervalMs === 0 ? '–' : formatAge(Math.max(2000, node.intervalMs)),
        formatNumber(node.beats, 0),
        this.#store.zoneName(node.zone ?? 0, node.subzone ?? 0) || '–',
      ];
      texts.forEach((text, i) => {
        const cell = cells[i];
        if (cell && text !== undefined) setText(cell.firstElementChild ?? cell, text);
      });
      setAttribute(cells[0] as Element, 'data-health', this.#isOffline() ? 'late' : health);
    }
    if (this.#rows.size < Math.min(MAX_ROWS, nodes.nodes.size)) {
      this.#pace.reset();
      this.#request();
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

  #add(node: NodeInfo): void {
    const name = this.#store.nodeName(node.guid);
    const cells = [
      h('td', { class: 'node-state' }, h('span', { class: 'badge' })),
      h('td', {}, h('span', { class: 'node-name' }, name), h('span', { class: 'guid' }, node.guid)),
      ...Array.from({ length: 4 }, () => h('td', { class: 'figure' })),
    ];
    this.#rows.set(node, cells);
    const row = h('tr', {}, ...cells);
    const collator = new Intl.Collator(locale, { numeric: true });
    const after = [...this.#body.rows].find((other) => collator.compare(other.dataset.name ?? '', name) > 0);
    row.dataset.name = name;
    this.#body.insertBefore(row, after ?? null);
  }
}
