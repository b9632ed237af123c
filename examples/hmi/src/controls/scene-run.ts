import type { EventInput } from '../../../../src/client/index.ts';
import { failureText } from '../login-problem.ts';
import type { SwitchControl } from '../switch-control.ts';
import type { SwitchBoard } from '../switches.ts';
import { t } from '../texts.ts';
import type { Control, ControlBoard } from './board.ts';
import type { SceneStep } from './control.ts';

const POLL_MS = 100;
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export interface SceneOptions {
  board: ControlBoard;
  switches: SwitchBoard;
  switchControl: SwitchControl;
  send: (event: EventInput) => Promise<void>;
  /** How a thing is called, by its id. */
  titleOf: (thing: string) => string;
}

/** Does the steps of a scene in their order, and tells what did not answer. */
export async function runScene(scene: Control, options: SceneOptions): Promise<void> {
  const { board } = options;
  if (scene.askedAt > 0) return;
  const { steps } = scene.spec;
  board.note(scene, { askedAt: Date.now(), problem: '' });
  const failures: string[] = [];
  const things = new Set<string>();
  for (const [i, step] of steps.entries()) {
    board.note(scene, { notice: t('Step {n} of {all}', { n: i + 1, all: steps.length }) });
    await wait(step.delayS * 1000);
    try {
      await doStep(step, options);
      if ('thing' in step) things.add(step.thing);
    } catch (error) {
      failures.push(t('step {n}: {problem}', { n: i + 1, problem: failureText(error) }));
    }
  }
  board.note(scene, { notice: t('Waiting for the answers…') });
  for (const thing of things) {
    const asked = () => board.controls.get(thing.slice(2)) ?? options.switches.switches.get(thing.slice(2));
    while ((asked()?.askedAt ?? 0) > 0) await wait(POLL_MS);
    const problem = asked()?.problem ?? '';
    if (problem !== '') failures.push(`${options.titleOf(thing)}: ${problem}`);
  }
  board.note(scene, {
    askedAt: 0,
    answeredAt: Date.now(),
    problem: failures.join('; '),
    notice: failures.length === 0 ? t('Done') : '',
  });
}

async function doStep(
  step: SceneStep,
  { board, switches, switchControl, send }: SceneOptions,
): Promise<void> {
  if (!('thing' in step)) {
    const { vscpClass, vscpType, data } = step;
    await send({ vscpClass, vscpType, data });
    return;
  }
  const id = step.thing.slice(2);
  const control = board.controls.get(id);
  if (control) {
    await board.run(control, step.action, step.value);
    return;
  }
  const info = switches.switches.get(id);
  if (info === undefined) throw new Error(t('it is not there any more'));
  await switchControl.turn(info, step.action === 'on');
}
