import type { AlarmMark } from '../alarms/alarm-board.ts';
import { t } from '../texts.ts';
import { h, setAttribute, setText } from '../ui/dom.ts';
import { formatAge } from '../ui/format.ts';
import { CardName } from '../views/card-name.ts';
import type { Control } from './board.ts';
import { shownActions } from './control.ts';
import { FACES, type Face } from './faces.ts';

/** Does something: the name of the action, and the value if it takes one. */
export type Act = (action: string, value?: number) => void;

/** A control with its state as the node told it; never as this panel hopes it to be. */
export class ControlCard {
  readonly element: HTMLElement;
  readonly #control: Control;
  readonly #name: CardName;
  readonly #state = h('span', { class: 'switch-state', role: 'status' });
  readonly #whyNot = h('span', { class: 'hint why-not', hidden: true });
  readonly #faces: Face[];

  constructor(control: Control, act: Act, onDetails: () => void) {
    this.#control = control;
    this.#name = new CardName(onDetails);
    const label = this.#name.id;
    this.#faces = control.kind
      .parts(control.spec)
      .map((part) => FACES[part.part](control, part as never, act, label));
    // The rest comes with the first frame that has time for it.
    this.#renderFaces(false);
    this.element = h(
      'article',
      { class: 'switch-card control-card', 'data-kind': control.spec.kind, 'aria-labelledby': label },
      h('div', { class: 'switch-text' }, this.#name.element, this.#state, this.#whyNot),
      h('div', { class: 'control-parts' }, ...this.#faces.map(({ element }) => element)),
    );
  }

  get control(): Control {
    return this.#control;
  }

  mark(mark: AlarmMark | undefined): void {
    this.#name.mark(mark, this.element);
  }

  /**
   * @param name as people call it
   * @param toldBefore why this user may not switch, as the page says it once for all; or empty
   */
  render(now: number, isOffline: boolean, name: string, toldBefore: string): void {
    const { problem, whyNot, askedAt } = this.#control;
    const told = whyNot === '' ? refusalText(this.#control) : whyNot === toldBefore ? '' : whyNot;
    this.#name.render(name);
    setText(this.#state, stateText(this.#control, now));
    setAttribute(this.element, 'data-problem', problem === '' ? undefined : '');
    setAttribute(this.element, 'data-stale', isOffline ? '' : undefined);
    setAttribute(this.element, 'aria-busy', askedAt > 0 ? 'true' : undefined);
    setText(this.#whyNot, told);
    setAttribute(this.#whyNot, 'hidden', told === '' ? '' : undefined);
    setAttribute(this.element, 'title', told === '' && whyNot !== '' ? whyNot : undefined);
    this.#renderFaces(isOffline);
  }

  #renderFaces(isOffline: boolean): void {
    const { whyNot, refused } = this.#control;
    for (const face of this.#faces) face.render((action) => isOffline || whyNot !== '' || action in refused);
  }
}

/** What of it this user may not do, and why; or empty. */
function refusalText(control: Control): string {
  const { kind, refused } = control;
  const actions = shownActions(control).filter((action) => action in refused);
  const labels = actions.map((action) => kind.actions[action]?.label);
  return labels.length === 0 ? '' : `${labels.join(', ')}: ${refused[actions[0] ?? '']}`;
}

/** What the node told last and how long ago, or what is the matter with it. */
export function stateText(
  { kind, spec, state, askedAt, answeredAt, problem, notice }: Control,
  now: number,
): string {
  if (problem !== '') return problem;
  if (askedAt > 0) return notice || t('Waiting for the answer…');
  const words = kind.words(state, spec);
  if (!kind.hasAddress) return notice === '' ? words : `${notice} · ${formatAge(now - answeredAt)}`;
  if (notice !== '') return words === '' ? notice : `${words} · ${notice}`;
  if (words === '') return t('State not known yet');
  return answeredAt === 0 ? words : `${words} · ${formatAge(now - answeredAt)}`;
}
