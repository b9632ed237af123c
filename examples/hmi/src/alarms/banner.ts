import { h, icon, setAttribute, setText } from '../dom.ts';
import { t } from '../texts.ts';
import type { AlarmBoard } from './alarm-board.ts';
import type { Ringer } from './ringer.ts';

/** Says on every page what is wrong and not yet acknowledged, and rings. */
export class AlarmBanner {
  readonly element: HTMLElement;
  /** For the bar: the way to the list, with the number of those that nobody has acknowledged. */
  readonly link: HTMLAnchorElement;
  readonly #board: AlarmBoard;
  readonly #ringer: Ringer;
  readonly #text = h('span');
  readonly #count = h('span', { class: 'count' });
  readonly #mute: HTMLButtonElement;

  constructor(board: AlarmBoard, ringer: Ringer) {
    this.#board = board;
    this.#ringer = ringer;
    const toggle = () => (ringer.isBlocked ? ringer.sound() : ringer.mute(!ringer.isMuted));
    this.#mute = h('button', { type: 'button', onclick: toggle });
    const show = h('a', { href: '#alarms' }, t('Show alarms'));
    this.element = h(
      'div',
      { class: 'banner alarm-banner', role: 'alert', hidden: true },
      this.#text,
      show,
      this.#mute,
    );
    this.link = h('a', { class: 'bar-link', href: '#alarms' }, icon('bell'), this.#count);
    this.render();
  }

  render(): void {
    const unseen = this.#board.unseen;
    const [first] = unseen;
    setAttribute(this.element, 'hidden', first === undefined ? '' : undefined);
    const words = first && this.#board.wordsOf(...first);
    const more = unseen.length > 1 ? ` ${t('And {n} more.', { n: unseen.length - 1 })}` : '';
    const isEnded = first?.[1].until !== undefined;
    const alarm = words ? `${words.title}: ${words.text}.${more}` : '';
    setText(this.#text, isEnded ? t('Ended: {alarm}', { alarm }) : alarm);
    setAttribute(this.element, 'data-ended', isEnded ? '' : undefined);
    const { isBlocked, isMuted } = this.#ringer;
    setText(
      this.#mute,
      isBlocked ? t('The browser keeps it quiet: sound on') : isMuted ? t('Sound on') : t('Mute'),
    );
    setText(this.#count, unseen.length === 0 ? '' : String(unseen.length));
    setAttribute(
      this.link,
      'aria-label',
      unseen.length === 0 ? t('Alarms') : t('Alarms: {n} new', { n: unseen.length }),
    );
    this.#ringer.ring(unseen.some(([, { until }]) => until === undefined));
  }
}
