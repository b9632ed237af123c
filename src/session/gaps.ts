import { RIGHT_RECEIVE_EVENTS } from '../auth/rights.ts';
import { WORDS } from '../core/protocol.ts';
import type { Command } from './commands.ts';
import type { PositiveReply } from './dialect.ts';
import type { Session } from './session.ts';

/** Where events were lost: between the servers, or because this client read too slowly. */
export type GapPlace = 'broker' | 'queue';

/** Which clients want to know that events for them were lost. A server that is alone knows no such losses. */
export class Gaps {
  /** Events of other servers that never came, since the start. */
  lost = 0;
  readonly #asking = new Set<Session>();
  readonly #tell: (session: Session, notice: PositiveReply) => void;

  /** @param tell writes a notice to a client */
  constructor(tell: (session: Session, notice: PositiveReply) => void) {
    this.#tell = tell;
  }

  add(session: Session): void {
    this.#asking.add(session);
    session.onRoomAgain = (dropped) => this.#notify(session, dropped, 'queue');
  }

  forget(session: Session): void {
    this.#asking.delete(session);
  }

  /** Tells everybody who asked, since nobody knows whom the lost events were for. */
  onLost(events: number): void {
    this.lost += events;
    for (const session of this.#asking) this.#notify(session, events, 'broker');
  }

  #notify(session: Session, events: number, where: GapPlace): void {
    if (!session.closed)
      this.#tell(session, { ok: true, fields: [String(events), where], args: { events, where } });
  }
}

export const GAPS_COMMAND: Command = {
  words: [WORDS.gaps],
  replyWord: WORDS.gaps,
  extension: WORDS.gaps,
  right: RIGHT_RECEIVE_EVENTS,
  run: (session, _args, { gaps }) => {
    if (gaps === undefined) throw new Error('there are no gaps');
    gaps.add(session);
    return { ok: true, fields: [String(gaps.lost)], args: { lost: gaps.lost } };
  },
};
