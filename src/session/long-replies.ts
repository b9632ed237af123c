import { fragmentFrame } from '../delivery/frame.ts';
import { inOwnTurn, type Pieces } from './own-turn.ts';
import { giveBlockBack, takeBlock } from './piece-memory.ts';
import type { Session } from './session.ts';

/** One reply that is written while it is made. */
interface LongReply {
  pieces: Pieces;
  /** The newest piece: only the next step shows whether it is the last. */
  held: Buffer | undefined;
  /** The frame that was written last. */
  frame: Buffer | undefined;
  isFirst: boolean;
  isPlanned: boolean;
  trace: ((text: string) => void) | undefined;
  done: (error?: unknown) => void;
  /** What may be written once it is whole. */
  after: (() => void)[];
}

/**
 * Writes long replies as one message in several frames (RFC 6455, 5.4), one piece a turn, and only as fast as the
 * client takes them: two pieces are in memory at most, and nobody else waits longer than one takes to make. A short
 * reply goes out as one frame. Meanwhile events for the client stay in its backlog, because nothing may come between
 * the frames.
 */
export class LongReplies {
  readonly #running = new Map<Session, LongReply>();
  readonly #flush: (session: Session) => void;

  /** @param flush writes what a session has to send */
  constructor(flush: (session: Session) => void) {
    this.#flush = flush;
  }

  /**
   * Resolves once the socket has got everything, or the client has gone.
   * @throws what the making of the reply throws; then the connection is cut off, because half a message cannot be
   * taken back
   */
  write(session: Session, pieces: Pieces, trace?: (text: string) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: unknown): void => (error === undefined ? resolve() : reject(error));
      const reply: LongReply = {
        pieces,
        held: undefined,
        frame: undefined,
        isFirst: true,
        isPlanned: false,
        trace,
        done,
        after: [],
      };
      session.outbox.beginMessage();
      this.#running.set(session, reply);
      this.#plan(session, reply);
    });
  }

  /** Calls `write` once no reply is half written. */
  afterwards(session: Session, write: () => void): void {
    const reply = this.#running.get(session);
    if (reply === undefined) write();
    else reply.after.push(write);
  }

  /** Call this when the client has taken what was written. */
  drained(session: Session): void {
    const reply = this.#running.get(session);
    if (reply !== undefined) this.#plan(session, reply);
  }

  /** Call this when the client has gone. */
  forget(session: Session): void {
    this.#end(session);
  }

  #plan(session: Session, reply: LongReply): void {
    if (reply.isPlanned) return;
    reply.isPlanned = true;
    inOwnTurn(() => {
      reply.isPlanned = false;
      if (this.#running.get(session) === reply) this.#step(session, reply);
    });
  }

  #step(session: Session, reply: LongReply): void {
    const { outbox } = session;
    if (!outbox.open) this.#end(session);
    // Up to the first piece nothing waits for the client, so one that does not read keeps no search open.
    // Otherwise `drained` goes on once the client has taken what was written.
    else if (outbox.isClear || reply.held === undefined) this.#advance(session, reply);
  }

  /** Makes the next piece and writes the one before. */
  #advance(session: Session, reply: LongReply): void {
    if (reply.frame !== undefined && session.outbox.isTaken) giveBlockBack(reply.frame);
    reply.frame = undefined;
    try {
      const { done = false, value } = reply.pieces.next();
      if (done || value !== undefined) this.#write(session, reply, done);
      reply.held = value ?? reply.held;
      if (done) this.#end(session);
      else this.#plan(session, reply);
      this.#flush(session);
    } catch (error) {
      this.#end(session, error);
      session.cutOff();
    }
  }

  #write({ outbox }: Session, reply: LongReply, isLast: boolean): void {
    const { held, isFirst } = reply;
    if (held === undefined) return;
    reply.trace?.(held.toString());
    reply.frame = fragmentFrame(held, isFirst, isLast, takeBlock());
    outbox.reply(reply.frame);
    giveBlockBack(held);
    reply.isFirst = false;
    reply.held = undefined;
  }

  #end(session: Session, error?: unknown): void {
    const reply = this.#running.get(session);
    if (reply === undefined) return;
    this.#running.delete(session);
    session.outbox.endMessage();
    for (const write of reply.after) write();
    // What the reply reads from must not wait for it any more.
    reply.pieces.return();
    reply.done(error);
  }
}
