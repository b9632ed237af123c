import { GENERAL_ERROR, NOT_AUTHORISED, UNKNOWN_COMMAND } from '../core/protocol.ts';
import { textFrame } from '../delivery/frame.ts';
import type { Logger } from '../logging/logger.ts';
import { redactFrame } from '../logging/redact.ts';
import { type CommandServices, findCommand, refusalOf } from './commands.ts';
import type { Dialect, Reply, Request } from './dialect.ts';
import type { EventIntake } from './event-intake.ts';
import type { LongReplies } from './long-replies.ts';
import { PIECE_BYTES, type Pieces } from './own-turn.ts';
import { giveBlockBack } from './piece-memory.ts';
import type { EventRefusal } from './protocol-error.ts';
import type { Session } from './session.ts';

/**
 * Handles one client's messages strictly in order. While a command is still working (a password is being
 * verified), or too many replies wait for the client to take them, later messages wait here. Meanwhile the
 * socket is not read, so that no more than what was already read can pile up.
 */
export class MessagePump {
  #waiting: (string | undefined)[] = [];
  readonly #session: Session;
  readonly #dialect: Dialect;
  readonly #acceptedFrame: Buffer;
  readonly #services: CommandServices;
  readonly #intake: EventIntake;
  readonly #trace: Logger | undefined;
  readonly #onReply: () => void;
  readonly #longReplies: LongReplies;

  constructor(options: {
    session: Session;
    dialect: Dialect;
    /** The dialect's `eventAccepted` as a frame: the reply that a busy sender gets again and again. */
    acceptedFrame: Buffer;
    services: CommandServices;
    intake: EventIntake;
    /** Gets every frame when the configuration asks for it. */
    trace: Logger | undefined;
    /** Called when the session's outbox has something new. */
    onReply: () => void;
    longReplies: LongReplies;
  }) {
    this.#session = options.session;
    this.#dialect = options.dialect;
    this.#acceptedFrame = options.acceptedFrame;
    this.#services = options.services;
    this.#intake = options.intake;
    this.#trace = options.trace;
    this.#onReply = options.onReply;
    this.#longReplies = options.longReplies;
    this.#session.onInputFree = () => this.#resume();
  }

  /** Takes one message, undefined for one that is not text; never throws. */
  push(text: string | undefined): void {
    if (this.#session.ending || text === '') return;
    if (this.#session.inputHeld || this.#waiting.length > 0) {
      this.#waiting.push(text);
      this.#session.hasWaitingInput = true;
    } else this.#handle(text);
  }

  #handle(text: string | undefined): void {
    try {
      this.#dispatch(text);
    } catch (error) {
      this.#services.log.err(`${this.#session.describe()}: message failed: ${describeError(error)}`);
      this.#reply(this.#dialect.formatRefusal(GENERAL_ERROR, undefined));
    }
  }

  #dispatch(text: string | undefined): void {
    if (this.#trace?.enabled('debug')) this.#traceFrame('<', text ?? '(not text)');
    if (text === undefined) {
      this.#reply(this.#dialect.notText);
      return;
    }
    const request = this.#dialect.parse(text);
    if (request.kind === 'event') this.#handleEvent(request);
    else if (request.kind === 'command') this.#handleCommand(request);
    else this.#reply(this.#dialect.formatRefusal(request.code, request.command));
  }

  #handleEvent(request: Extract<Request, { kind: 'event' }>): void {
    const session = this.#session;
    const refusal: EventRefusal | undefined =
      session.user === undefined ? { code: NOT_AUTHORISED } : this.#intake.accept(session, request.parse());
    if (refusal === undefined) this.#reply(this.#dialect.eventAccepted, this.#acceptedFrame);
    else this.#reply(this.#dialect.formatEventRefusal(refusal.code, refusal.reason));
  }

  #handleCommand(request: Extract<Request, { kind: 'command' }>): void {
    const session = this.#session;
    const command = findCommand(request.word, this.#dialect.protocol, this.#services.extensions);
    if (session.closed && !command?.afterClose) return;
    const refusal = refusalOf(session, command);
    const replyWord = command?.replyWord ?? request.spelling;
    if (refusal !== undefined) {
      this.#answer(refusal, request.spelling, replyWord);
    } else if (command === undefined) {
      this.#answer({ ok: false, code: UNKNOWN_COMMAND }, request.spelling, replyWord);
    } else {
      const reply = command.run(session, request.args, this.#services);
      const isLong = !(reply instanceof Promise) && reply.ok && reply.pieces !== undefined;
      if (isLong || reply instanceof Promise) this.#await(reply, request.spelling, replyWord);
      else this.#answer(reply, request.spelling, replyWord);
    }
  }

  /** Answers once the reply is known, and, if it is long, written; the client's next message waits until then. */
  async #await(pending: Reply | Promise<Reply>, spelling: string, replyWord: string): Promise<void> {
    const session = this.#session;
    session.holdInput('command', true);
    try {
      const reply = await pending;
      if (session.ending) return;
      if (reply.ok && reply.pieces !== undefined) await this.#writeLong(reply.pieces, spelling, replyWord);
      else this.#answer(reply, spelling, replyWord);
    } catch (error) {
      this.#services.log.err(`${session.describe()}: ${spelling} failed: ${describeError(error)}`);
      if (!session.ending) this.#answer({ ok: false, code: GENERAL_ERROR }, spelling, replyWord);
    }
    if (!session.ending) session.holdInput('command', false);
  }

  #writeLong(pieces: Pieces, spelling: string, replyWord: string): Promise<void> {
    const [before, after] = this.#dialect.aroundLongReply(spelling, replyWord);
    const trace = this.#trace?.enabled('debug') ? (text: string) => this.#traceFrame('>', text) : undefined;
    return this.#longReplies.write(this.#session, around(before, pieces, after), trace);
  }

  /** Handles the waiting messages until something holds the input back again. */
  #resume(): void {
    const waiting = this.#waiting;
    let handled = 0;
    // After the server's close frame messages are ignored; those before the client's close frame still count.
    while (handled < waiting.length && !this.#session.ending && !this.#session.inputHeld) {
      this.#handle(waiting[handled++]);
    }
    this.#waiting = this.#session.ending ? [] : waiting.slice(handled);
    this.#session.hasWaitingInput = this.#waiting.length > 0;
  }

  #answer(reply: Reply, spelling: string, replyWord: string): void {
    this.#reply(this.#dialect.formatReply(reply, spelling, replyWord));
    if (reply.close === undefined) return;
    this.#session.outbox.flush();
    this.#session.end(reply.close.code, reply.close.reason);
  }

  #reply(text: string, frame = textFrame(text)): void {
    if (this.#trace?.enabled('debug')) this.#traceFrame('>', text);
    const { outbox } = this.#session;
    outbox.reply(frame);
    if (outbox.congested) this.#session.holdInput('replies', true);
    this.#onReply();
  }

  #traceFrame(direction: '<' | '>', text: string): void {
    this.#trace?.debug(`${this.#session.describe()} ${direction} ${redactFrame(text)}`);
  }
}

/** A text with something before and after it, in the same frames. */
function* around(before: string, pieces: Pieces, after: string): Pieces {
  let held: Buffer = Buffer.from(before);
  // A loop of this kind ends the inner generator when this one is ended.
  for (const piece of pieces) {
    if (piece === undefined) {
      yield undefined;
    } else if (held.length < PIECE_BYTES / 2) {
      held = Buffer.concat([held, piece]);
      giveBlockBack(piece);
    } else {
      yield held;
      held = piece;
    }
  }
  yield Buffer.concat([held, Buffer.from(after)]);
}

function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
