import { t } from '../texts.ts';
import { h, icon, setAttribute, setText } from '../ui/dom.ts';
import { formatMoment } from '../ui/format.ts';
import { type Alarm, isOpen } from './alarm.ts';
import type { AlarmBoard } from './alarm-board.ts';
import { LeftAlone } from './left-alone.ts';
import type { Ringer } from './ringer.ts';

export interface BannerOptions {
  board: AlarmBoard;
  ringer: Ringer;
  user: string;
  /** Whether this user may acknowledge; others may hide alarms on their device. */
  mayAcknowledge: boolean;
  /** A time by the server's clock on that of the device. */
  timeHere: (ms: number) => number;
  onChange: () => void;
}

/** Says on every page what is wrong and not yet acknowledged, and rings. */
export class AlarmBanner {
  readonly element: HTMLElement;
  /** For the bar: the way to the list, with the number of those that nobody has acknowledged. */
  readonly link: HTMLAnchorElement;
  readonly #options: BannerOptions;
  readonly #silenced = new LeftAlone('alarmsSilenced');
  readonly #hidden = new LeftAlone('alarmsHidden');
  readonly #text = h('span');
  readonly #count = h('span', { class: 'count' });
  readonly #bell = h('span', { class: 'bar-bell' });
  readonly #acknowledge = h('button', { type: 'button' }, t('Acknowledge'));
  readonly #hide = h('button', { type: 'button' }, t('Hide'));
  readonly #mute = h('button', { type: 'button' });
  #isBellOff: boolean | undefined;
  /** Id of the alarm that it tells. */
  #shown = '';

  constructor(options: BannerOptions) {
    this.#options = options;
    this.#acknowledge.addEventListener('click', () => options.board.acknowledge(this.#shown, options.user));
    setAttribute(this.#hide, 'title', t('On this device, until there is another alarm'));
    this.#hide.addEventListener('click', () => this.#leaveAlone(this.#hidden, this.unseen));
    this.#mute.addEventListener('click', () => this.#toggleSound());
    const show = h('a', { href: '#alarms' }, t('Show alarms'));
    this.element = h(
      'div',
      { class: 'banner alarm-banner', role: 'alert', hidden: true },
      this.#text,
      show,
      this.#acknowledge,
      this.#hide,
      this.#mute,
    );
    // What has the focus does not lie under it.
    new ResizeObserver(() => {
      const { style } = document.documentElement;
      style.setProperty('--alarm-height', `${this.element.offsetHeight}px`);
    }).observe(this.element);
    this.link = h('a', { class: 'bar-link', href: '#alarms' }, this.#bell, this.#count);
    this.render();
  }

  /** Those that nobody has acknowledged, nor hidden on this device. */
  get unseen(): [id: string, alarm: Alarm][] {
    return this.#options.board.unseen.filter(([id, alarm]) => !this.#hidden.has(id, alarm));
  }

  render(): void {
    const { unseen } = this;
    const { ringer, mayAcknowledge } = this.#options;
    const [first] = unseen;
    this.#shown = first?.[0] ?? '';
    setAttribute(this.element, 'hidden', first === undefined ? '' : undefined);
    setText(this.#text, first ? this.#wordsOf(first, unseen.length) : '');
    setAttribute(this.element, 'data-ended', first && !isOpen(first[1]) ? '' : undefined);
    // Of several, people see in the list which one they acknowledge.
    this.#acknowledge.hidden = !mayAcknowledge || unseen.length > 1;
    this.#hide.hidden = mayAcknowledge;
    const open = unseen.filter(([, alarm]) => isOpen(alarm));
    const isLoud = open.some(([id, alarm]) => !this.#silenced.has(id, alarm));
    ringer.ring(isLoud);
    setText(this.#mute, ringer.isBlocked ? t('The browser keeps it quiet: sound on') : t('Mute'));
    this.#mute.hidden = open.length === 0 || ringer.isMuted;
    setAttribute(this.#mute, 'aria-pressed', String(!isLoud));
    this.#renderLink(unseen.length);
  }

  #renderLink(unseen: number): void {
    const { isMuted } = this.#options.ringer;
    setText(this.#count, unseen === 0 ? '' : String(unseen));
    const words = unseen === 0 ? t('Alarms') : t('Alarms: {n} new', { n: unseen });
    const label = isMuted ? `${words}. ${t('No sound on this device')}` : words;
    setAttribute(this.link, 'aria-label', label);
    setAttribute(this.link, 'title', label);
    if (isMuted === this.#isBellOff) return;
    this.#isBellOff = isMuted;
    this.#bell.replaceChildren(icon(isMuted ? 'bellOff' : 'bell'));
  }

  #wordsOf([id, alarm]: [string, Alarm], count: number): string {
    const { title, text } = this.#options.board.wordsOf(id, alarm);
    const more = count > 1 ? ` ${t('And {n} more.', { n: count - 1 })}` : '';
    const words = `${title}: ${text}.${more}`;
    if (alarm.until === undefined) return words;
    const time = formatMoment(this.#options.timeHere(alarm.until));
    return t('Ended {time}: {alarm}', { time, alarm: words });
  }

  #leaveAlone(those: LeftAlone, alarms: [id: string, alarm: Alarm][]): void {
    those.add(alarms);
    this.#options.onChange();
  }

  /** Of what rings now: the next alarm is heard again. */
  #toggleSound(): void {
    const { ringer } = this.#options;
    if (ringer.isBlocked) {
      ringer.sound();
      return;
    }
    if (this.#mute.getAttribute('aria-pressed') === 'true') this.#silenced.clear();
    else this.#silenced.add(this.unseen);
    this.#options.onChange();
  }
}
