import { t } from '../texts.ts';
import { h, icon, setAttribute } from '../ui/dom.ts';
import type { AlarmMark } from './alarm-board.ts';

/** The bell of what has a limit; while that rings, the whole card or tile has a frame. */
export class AlarmBell {
  readonly element = h('span', { class: 'alarm-bell', role: 'img', hidden: true }, icon('bell'));
  #mark: AlarmMark | undefined;

  /** @param host the card or tile */
  show(mark: AlarmMark | undefined, host: Element): void {
    if (mark === this.#mark) return;
    this.#mark = mark;
    this.element.hidden = mark === undefined;
    setAttribute(host, 'data-alarm', mark);
    const words = mark && { set: t('Alarm is set'), rings: t('Alarm'), seen: t('Alarm, acknowledged') }[mark];
    setAttribute(this.element, 'aria-label', words);
    setAttribute(this.element, 'title', words);
  }
}
