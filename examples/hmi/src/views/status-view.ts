import type { VscpClient } from '../../../../src/client/index.ts';
import { failureText } from '../session/login-problem.ts';
import { t } from '../texts.ts';
import { h, setAttribute, setText } from '../ui/dom.ts';
import { tableCard } from '../ui/form-parts.ts';
import { formatNumber, formatSpan } from '../ui/format.ts';
import { Pace } from '../ui/pace.ts';
import type { View } from '../ui/view.ts';
import { readStatus, type Status } from './status.ts';

const ASK_MS = 5_000;
const HEADS = [t('User'), t('Address'), t('Protocol'), t('Connected for'), t('Waiting events')];

const DROPS: Readonly<Record<string, string>> = {
  'client-queue-full': t('a client was too slow'),
  'rx-filter': t('filtered (rx-filter)'),
  'host-echo': t('echo of a client’s own event'),
  'host-queue-full': t('the daemon was too slow'),
  'session-closed': t('the client had gone'),
};

/** What the driver is doing: host, listeners, sessions, drops, last warnings. Only to look at. */
export class StatusView implements View {
  readonly element: HTMLElement;
  readonly #client: VscpClient;
  readonly #pace = new Pace(ASK_MS);
  readonly #problem = h('p', { class: 'problem', role: 'alert' });
  readonly #driver = h('dl', { class: 'facts' });
  readonly #sessions = h('tbody', { role: 'rowgroup' });
  readonly #more = h('p', { class: 'hint', hidden: true });
  readonly #drops = h('dl', { class: 'facts' });
  readonly #log = h('ul', { class: 'log-lines' });
  #isAsking = false;

  constructor(client: VscpClient) {
    this.#client = client;
    const heads = HEADS.map((text) => h('th', { scope: 'col', role: 'columnheader' }, text));
    this.element = h(
      'section',
      { class: 'page', 'aria-labelledby': 'status-title' },
      h('header', { class: 'page-head' }, h('h2', { id: 'status-title' }, t('Status'))),
      this.#problem,
      h(
        'div',
        { class: 'account-grid' },
        part('status-driver', t('Driver and host'), this.#driver),
        part('status-drops', t('Events that did not arrive'), this.#drops),
      ),
      h('h3', { class: 'sub-title', id: 'status-sessions' }, t('Sessions')),
      tableCard(
        { id: 'status-sessions' },
        h(
          'table',
          // The roles are said because the style sheet lays the rows out one below the other on a phone.
          { class: 'sessions', role: 'table' },
          h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, ...heads)),
          this.#sessions,
        ),
      ),
      this.#more,
      part('status-log', t('Latest warnings and errors'), this.#log),
    );
  }

  render(now: number): void {
    if (this.#isAsking || this.#client.state !== 'online' || !this.#pace.isDue(now)) return;
    this.#isAsking = true;
    void this.#ask();
  }

  async #ask(): Promise<void> {
    try {
      this.#show(readStatus(await this.#client.call('STATUS')));
      setText(this.#problem, '');
    } catch (error) {
      setText(this.#problem, failureText(error));
    } finally {
      this.#isAsking = false;
    }
  }

  #show(status: Status): void {
    const { version, runtime, uptime, host, listeners, sessions, sessionCount, drops, problems } = status;
    const queue = (waiting: number, capacity: number) =>
      t('{n} of {capacity} events wait', {
        n: formatNumber(waiting, 0),
        capacity: formatNumber(capacity, 0),
      });
    showFacts(this.#driver, [
      [t('Driver'), t('{version} on Node {runtime}', { version, runtime: runtime.replace('v', '') })],
      [t('Running for'), formatSpan(uptime)],
      [t('Listens on'), listeners.map(addressText).join(', ')],
      [t('Layout of events'), host.layout ?? t('not certain yet')],
      [t('From the daemon'), queue(host.incoming, host.incomingCapacity)],
      [t('To the daemon'), queue(host.outgoing, host.outgoingCapacity)],
    ]);
    showFacts(
      this.#drops,
      Object.entries(drops).map(([reason, count]) => [DROPS[reason] ?? reason, formatNumber(count, 0)]),
    );
    this.#sessions.replaceChildren(
      ...sessions.map(({ user, address, protocol, seconds, queued }) => {
        const texts = [
          user ?? t('not logged in'),
          address,
          protocol,
          formatSpan(seconds),
          formatNumber(queued, 0),
        ];
        const cells = texts.map((text, i) => h('td', { role: 'cell', 'data-head': HEADS[i] ?? '' }, text));
        return h('tr', { role: 'row' }, ...cells);
      }),
    );
    const hidden = sessionCount - sessions.length;
    setAttribute(this.#more, 'hidden', hidden > 0 ? undefined : '');
    setText(this.#more, t('And {n} more.', { n: formatNumber(hidden, 0) }));
    const lines = problems.length > 0 ? [...problems].reverse() : [t('None since the driver was opened.')];
    this.#log.replaceChildren(...lines.map((line) => h('li', {}, line)));
  }
}

function part(id: string, title: string, content: HTMLElement): HTMLElement {
  return h('section', { class: 'card account-card', 'aria-labelledby': id }, h('h3', { id }, title), content);
}

function showFacts(list: HTMLElement, rows: [string, string][]): void {
  list.replaceChildren(...rows.flatMap(([term, detail]) => [h('dt', {}, term), h('dd', {}, detail)]));
}

function addressText({ address, port, secure }: Status['listeners'][number]): string {
  const host = address.includes(':') ? `[${address}]` : address;
  return `${secure ? 'wss' : 'ws'}://${host}:${port}`;
}
