import { t } from '../texts.ts';
import { h, keepFocus, setAttribute, setText } from '../ui/dom.ts';
import { formatDate } from '../ui/format.ts';
import type { View } from '../ui/view.ts';
import type { Alarm } from './alarm.ts';
import type { AlarmBoard } from './alarm-board.ts';
import { mayAskToNotify } from './notifier.ts';
import type { Ringer } from './ringer.ts';

export interface AlarmsOptions {
  board: AlarmBoard;
  ringer: Ringer;
  user: string;
  /** A time by the server's clock on that of the device. */
  timeHere: (ms: number) => number;
  /** Why this user may not acknowledge, or empty. */
  whyNot: string;
}

/** What is or was wrong, the newest first, each to be acknowledged. */
export class AlarmsView implements View {
  readonly element: HTMLElement;
  readonly #options: AlarmsOptions;
  readonly #list = h('ul', { class: 'alarms' });
  readonly #empty = h('p', { class: 'empty' }, t('No alarm. Limits are set in the details of a value.'));
  readonly #mute = h('input', { type: 'checkbox' });
  readonly #notify = h('button', { type: 'button' }, t('Notify on this device'));
  #version = -1;

  constructor(options: AlarmsOptions) {
    this.#options = options;
    this.#mute.addEventListener('change', () => options.ringer.mute(this.#mute.checked));
    this.#notify.hidden = !mayAskToNotify();
    this.#notify.addEventListener('click', () => {
      void Notification.requestPermission().then(() => {
        this.#notify.hidden = !mayAskToNotify();
      });
    });
    this.element = h(
      'section',
      { class: 'page narrow', 'aria-labelledby': 'alarms-title' },
      h(
        'header',
        { class: 'page-head' },
        h('h2', { id: 'alarms-title' }, t('Alarms')),
        h(
          'div',
          { class: 'row tools' },
          h('label', { class: 'check' }, this.#mute, t('No sound on this device')),
          this.#notify,
        ),
      ),
      options.whyNot !== '' && h('p', { class: 'hint why-not' }, options.whyNot),
      this.#empty,
      this.#list,
    );
    this.render();
  }

  render(): void {
    const { board, ringer } = this.#options;
    this.#mute.checked = ringer.isMuted;
    if (board.version === this.#version) return;
    this.#version = board.version;
    const alarms = [...board.alarms].sort(([, a], [, b]) => b.since - a.since);
    setAttribute(this.#empty, 'hidden', alarms.length > 0 ? '' : undefined);
    keepFocus(this.#list, () =>
      this.#list.replaceChildren(...alarms.map(([id, alarm]) => this.#row(id, alarm))),
    );
  }

  #row(id: string, alarm: Alarm): HTMLElement {
    const { since, until, by, byAt } = alarm;
    const { title, text } = this.#options.board.wordsOf(id, alarm);
    const time = (ms: number) => formatDate(this.#options.timeHere(ms));
    const state = h('span', { class: 'badge' });
    setText(state, until === undefined ? t('Active') : t('Ended'));
    const seen =
      by === undefined || byAt === undefined
        ? h(
            'button',
            {
              type: 'button',
              disabled: this.#options.whyNot !== '',
              'aria-label': t('Acknowledge {title}', { title }),
              onclick: () => this.#options.board.acknowledge(id, this.#options.user),
            },
            t('Acknowledge'),
          )
        : h('span', { class: 'hint' }, t('Acknowledged by {user}, {time}', { user: by, time: time(byAt) }));
    // Limits see for themselves.
    const mayEnd =
      by !== undefined && until === undefined && id.startsWith('a:') && this.#options.whyNot === '';
    const end = h(
      'button',
      {
        type: 'button',
        'aria-label': t('It is over: {title}', { title }),
        onclick: () => this.#options.board.declareOver(id),
      },
      t('It is over'),
    );
    const when = until === undefined ? time(since) : `${time(since)} – ${time(until)}`;
    return h(
      'li',
      { class: 'card alarm', 'data-active': until === undefined ? '' : undefined },
      h('div', {}, state, ' ', h('strong', {}, title)),
      h('p', {}, text),
      h('p', { class: 'hint' }, when),
      h('div', { class: 'row' }, seen, mayEnd && end),
    );
  }
}
