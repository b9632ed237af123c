import type { VscpEvent } from '../../../../src/client/index.ts';
import { typeName } from '../../../../src/client/names.ts';
import { level1Form } from '../../../../src/core/level1-form.ts';
import { t } from '../texts.ts';
import { type ControlKind, type ControlSpec, type ControlState, INFORMATION } from './control.ts';

const ERROR = 508;
const SUCCESS = 0;
const INFORMATION_ERROR = 13;
const CONFIRM = 39;

/** What a node says, in its level I form; events of level I over level II carry a GUID before the data. */
export interface Report {
  vscpClass: number;
  vscpType: number;
  data: Uint8Array;
}

/** @returns `undefined` for what no control looks at */
export function reportOf(event: VscpEvent): Report | undefined {
  const { vscpClass, data } = level1Form(event);
  if (vscpClass !== INFORMATION && vscpClass !== ERROR) return undefined;
  return { vscpClass, vscpType: event.vscpType, data };
}

/** What a report means for a control. */
export type Told =
  | { kind: 'state'; state: ControlState }
  /** The node confirms what it was asked, without telling the state. */
  | { kind: 'confirmed' }
  | { kind: 'problem'; problem: string };

/** @param asked class and type of the event that is under way, if any */
export function readReport(
  { vscpClass, vscpType, data }: Report,
  kind: ControlKind,
  spec: ControlSpec,
  asked: { vscpClass: number; vscpType: number } | undefined,
): Told | undefined {
  const [first = 0, second = 0, third = 0, ...rest] = data;
  if (vscpClass === INFORMATION && vscpType === CONFIRM) {
    const [askedClass, askedType] = [rest[0], rest[2]].map(
      (high, i) => (high ?? 0) * 256 + (rest[2 * i + 1] ?? 0),
    );
    const isOurs = first === spec.zone && second === spec.subzone;
    return isOurs && asked?.vscpClass === askedClass && asked?.vscpType === askedType
      ? { kind: 'confirmed' }
      : undefined;
  }
  if (data.length < 3 || second !== spec.zone || third !== spec.subzone) return undefined;
  if (vscpClass === ERROR && vscpType !== SUCCESS)
    return asked && first === spec.index
      ? { kind: 'problem', problem: t('The node reports: {what}', { what: typeName(vscpClass, vscpType) }) }
      : undefined;
  if (vscpClass !== INFORMATION) return undefined;
  if (vscpType === INFORMATION_ERROR)
    return asked && { kind: 'problem', problem: t('The node reports an error') };
  const answer = kind.answers.find((candidate) => candidate.vscpType === vscpType);
  if (answer === undefined) return undefined;
  // Where byte 0 is reserved, nodes send 0, or their index all the same.
  const isOther = answer.first === 'value' ? false : answer.first === 'index' || first !== 0;
  if (isOther && first !== spec.index) return undefined;
  return { kind: 'state', state: answer.state(data, spec) };
}
