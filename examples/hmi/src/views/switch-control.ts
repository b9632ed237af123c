import type { EventInput } from '../../../../src/client/index.ts';
import { failureText } from '../session/login-problem.ts';
import type { SwitchBoard, SwitchInfo } from '../store/switches.ts';

const CONTROL = 30;
const TURN_ON = 5;
const TURN_OFF = 6;

export interface SwitchControlOptions {
  board: SwitchBoard;
  send: (event: EventInput) => Promise<void>;
  /** Why this user may not switch, or empty. */
  whyNot: string;
  request: () => void;
}

/** Sends CLASS1.CONTROL TurnOn and TurnOff, and waits for the CLASS1.INFORMATION On and Off that answer. */
export class SwitchControl {
  readonly #options: SwitchControlOptions;

  constructor(options: SwitchControlOptions) {
    this.#options = options;
  }

  get whyNot(): string {
    return this.#options.whyNot;
  }

  async toggle(info: SwitchInfo): Promise<void> {
    if (info.askedAt > 0) return;
    await this.turn(info, !info.isOn);
  }

  async turn(info: SwitchInfo, isOn: boolean): Promise<void> {
    const { board, send, request } = this.#options;
    const vscpType = isOn ? TURN_ON : TURN_OFF;
    board.asked(info);
    request();
    try {
      await send({ vscpClass: CONTROL, vscpType, data: [info.index, info.zone, info.subzone] });
    } catch (error) {
      board.failed(info, failureText(error));
    }
    request();
  }
}
