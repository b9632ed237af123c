/** How long a message that others have overtaken may be on its way before it counts as lost. */
const LATE_MS = 2000;
/** Senders that are remembered; the one heard longest ago is forgotten first. */
const MAX_SENDERS = 1024;
/** Each run of a sender counts from here. */
export const FIRST_NUMBER = 1;
/** Missing messages of one sender that may still come; more count as lost at once. */
const MAX_HOLES = 1024;

interface Sender {
  run: string;
  /** Its run before; what is still under way of that tells nothing any more. */
  previousRun: string | undefined;
  /** The number that its next message should have. */
  next: number;
  /** Numbers that have not come, and when that was noticed. */
  holes: Map<number, number>;
}

/**
 * Follows the numbers that each sender gives its messages, from one message to the next. It recognises
 * repeats (a sender sends again what was not acknowledged before a connection broke) and gaps.
 */
export class SequenceCheck {
  /** Messages that never came. */
  lost = 0;
  readonly #senders = new Map<string, Sender>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** The text that a sender puts beside its message. */
  static format(sender: string, run: string, number: number): string {
    return `${sender} ${run} ${number}`;
  }

  /**
   * Takes the text beside a message.
   * @returns false = this message came before. A text that is none, or none at all, tells nothing.
   */
  isNew(text: unknown): boolean {
    const [, name, run = '', digits] = /^(\S{1,64}) (\w{1,16}) (\d{1,15})$/.exec(String(text)) ?? [];
    if (name === undefined) return true;
    const number = Number(digits);
    const sender = this.#senders.get(name);
    this.#senders.delete(name);
    if (sender === undefined) {
      this.#remember(name, { run, previousRun: undefined, next: number + 1, holes: new Map() });
      return true;
    }
    if (sender.run === run || sender.previousRun === run) {
      this.#senders.set(name, sender);
      return sender.run !== run || this.#take(sender, number);
    }
    this.lost += sender.holes.size;
    // We were there before it began, so that its first message is owed to us as well.
    const begun: Sender = { run, previousRun: sender.run, next: FIRST_NUMBER, holes: new Map() };
    this.#remember(name, begun);
    return this.#take(begun, number);
  }

  /** Counts what is missing for too long. */
  sweep(): void {
    const before = this.#nowMs() - LATE_MS;
    for (const { holes } of this.#senders.values()) {
      for (const [number, sinceMs] of holes) {
        if (sinceMs > before) break;
        holes.delete(number);
        this.lost++;
      }
    }
  }

  #take(sender: Sender, number: number): boolean {
    const { holes, next } = sender;
    if (number < next) return holes.delete(number);
    const missing = number - next;
    sender.next = number + 1;
    if (missing === 0) return true;
    const remembered = Math.min(missing, MAX_HOLES - Math.min(holes.size, MAX_HOLES));
    this.lost += missing - remembered;
    const nowMs = this.#nowMs();
    for (let hole = number - remembered; hole < number; hole++) holes.set(hole, nowMs);
    this.sweep();
    return true;
  }

  #remember(name: string, sender: Sender): void {
    const oldest = this.#senders.size >= MAX_SENDERS ? this.#senders.keys().next().value : undefined;
    if (oldest !== undefined) {
      this.lost += this.#senders.get(oldest)?.holes.size ?? 0;
      this.#senders.delete(oldest);
    }
    this.#senders.set(name, sender);
  }
}
