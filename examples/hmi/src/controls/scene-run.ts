import type { EventInput } from '../../../../src/client/index.ts';
import { failureText } from '../session/login-problem.ts';
import type { SwitchBoard } from '../store/switches.ts';
import { t } from '../texts.ts';
import type { SwitchControl } from '../views/switch-control.ts';
import type { Control, ControlBoard } from './board.ts';
import type { SceneStep } from './control.ts';
import { TURN } from './on-off.ts';

const POLL_MS = 100;

export interface SceneOptions {
  board: ControlBoard;
  switches: SwitchBoard;
  switchControl: SwitchControl;
  send: (event: EventInput) => Promise<void>;
  /** How a thing is called, by its id. */
  titleOf: (thing: string) => string;
}

/** Does the steps of scenes in their order, and tells what could not be done and what did not answer. */
export class SceneRunner {
  readonly #options: SceneOptions;
  /** By the id of the scene: what stops it. */
  readonly #running = new Map<string, AbortController>();

  constructor(options: SceneOptions) {
    this.#options = options;
  }

  /** Starts a scene that is not running; a step that cannot be done ends it. */
  async start(scene: Control): Promise<void> {
    const { board } = this.#options;
    if (this.#running.has(scene.id) || scene.whyNot !== '') return;
    const stopper = new AbortController();
    this.#running.set(scene.id, stopper);
    board.note(scene, { askedAt: Date.now(), problem: '' });
    let [problem, notice] = ['', ''];
    try {
      problem = await this.#run(scene, stopper.signal);
      notice = problem === '' ? t('Done') : '';
    } catch {
      notice = t('Stopped: {where}', { where: scene.notice });
    }
    this.#running.delete(scene.id);
    board.note(scene, { askedAt: 0, answeredAt: Date.now(), problem, notice });
  }

  /** What was sent is sent; the rest is not done. */
  stop({ id }: Control): void {
    this.#running.get(id)?.abort();
  }

  /**
   * @returns what went wrong, or empty
   * @throws when it was stopped
   */
  async #run(scene: Control, signal: AbortSignal): Promise<string> {
    const { board, switches, titleOf } = this.#options;
    const { steps } = scene.spec;
    const failures: string[] = [];
    const things = new Set<string>();
    for (const [i, step] of steps.entries()) {
      board.note(scene, { notice: t('Step {n} of {all}', { n: i + 1, all: steps.length }) });
      await wait(step.delayS * 1000, signal);
      const why = await this.#do(step).catch(failureText);
      if (why !== '') failures.push(t('step {n}: {problem}', { n: i + 1, problem: why }));
      if (why !== '') break;
      if ('thing' in step) things.add(step.thing);
    }
    board.note(scene, { notice: t('Waiting for the answers…') });
    for (const thing of things) {
      const asked = () => board.controls.get(thing.slice(2)) ?? switches.switches.get(thing.slice(2));
      while ((asked()?.askedAt ?? 0) > 0) await wait(POLL_MS, signal);
      const problem = asked()?.problem ?? '';
      if (problem !== '') failures.push(`${titleOf(thing)}: ${problem}`);
    }
    return failures.join('; ');
  }

  /** @returns why it was not done, or empty */
  async #do(step: SceneStep): Promise<string> {
    const { board, switches, switchControl, send } = this.#options;
    if (!('thing' in step)) {
      const { vscpClass, vscpType, data } = step;
      await send({ vscpClass, vscpType, data });
      return '';
    }
    const { thing, action, value } = step;
    const control = board.controls.get(thing.slice(2));
    if (control) return board.run(control, action, value);
    const info = switches.switches.get(thing.slice(2));
    if (info === undefined) return t('it is not there any more');
    if (switchControl.whyNot !== '') return switchControl.whyNot;
    if (!Object.hasOwn(TURN, action)) return t('it cannot do “{action}”', { action });
    await switchControl.turn(info, action === 'on');
    return info.problem;
  }
}

/** @throws when it is stopped */
function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new Error('stopped'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
