import type { VscpEvent } from './event.ts';

/**
 * Incoming events as an async iterator with a bounded queue: when the consumer is slower than the
 * events, the oldest ones are dropped and counted.
 */
export class EventStream implements AsyncIterableIterator<VscpEvent> {
  readonly #limit: number;
  readonly #onEnd: () => void;
  #queue: VscpEvent[] = [];
  #waiting: { resolve(result: IteratorResult<VscpEvent>): void; reject(error: Error): void }[] = [];
  #ended = false;
  #error: Error | undefined;
  #dropped = 0;

  constructor(limit: number, onEnd: () => void) {
    this.#limit = limit;
    this.#onEnd = onEnd;
  }

  /** Events lost because the consumer was too slow. */
  get dropped(): number {
    return this.#dropped;
  }

  push(event: VscpEvent): void {
    if (this.#ended) return;
    const consumer = this.#waiting.shift();
    if (consumer) {
      consumer.resolve({ value: event, done: false });
      return;
    }
    if (this.#queue.length >= this.#limit) {
      this.#queue.shift();
      this.#dropped += 1;
    }
    this.#queue.push(event);
  }

  /** Ends the stream after the queued events; an `error` is then thrown to the consumers. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    for (const consumer of this.#waiting.splice(0)) {
      if (error) consumer.reject(error);
      else consumer.resolve({ value: undefined, done: true });
    }
    this.#onEnd();
  }

  next(): Promise<IteratorResult<VscpEvent>> {
    const event = this.#queue.shift();
    if (event) return Promise.resolve({ value: event, done: false });
    if (!this.#ended) return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    const error = this.#error;
    this.#error = undefined;
    return error ? Promise.reject(error) : Promise.resolve({ value: undefined, done: true });
  }

  return(): Promise<IteratorResult<VscpEvent>> {
    this.#queue = [];
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
