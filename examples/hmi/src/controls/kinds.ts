import { colour } from './colour.ts';
import type { ControlKind } from './control.ts';
import { dimmer } from './dimmer.ts';
import { lock } from './lock.ts';
import { onOff } from './on-off.ts';
import { pulse } from './pulse.ts';
import { scene } from './scene.ts';
import { setPoint } from './set-point.ts';
import { shutter } from './shutter.ts';

/** Every kind of control there is, by the word that stands for it in the saved panel. */
export const CONTROL_KINDS: Readonly<Record<string, ControlKind>> = {
  switch: onOff,
  dimmer,
  shutter,
  colour,
  'set-point': setPoint,
  pulse,
  lock,
  scene,
};

export const SCENE = 'scene';
