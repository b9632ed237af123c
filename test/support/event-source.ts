/** One server-sent event. */
export interface SentEvent {
  id?: string;
  event?: string;
  data: string;
}

/** A reader of server-sent events, as programs have it. */
export class EventSourceReader {
  readonly response: Response;
  readonly comments: string[] = [];
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  readonly #ready: SentEvent[] = [];
  #text = '';

  private constructor(response: Response) {
    this.response = response;
    if (response.body === null) throw new Error(`no body: ${response.status}`);
    this.#reader = response.body.getReader();
  }

  static async connect(url: string, headers: Record<string, string>): Promise<EventSourceReader> {
    const response = await fetch(url, { headers });
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    return new EventSourceReader(response);
  }

  /** The next event; undefined when the stream has ended. */
  async next(): Promise<SentEvent | undefined> {
    while (this.#ready.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      this.#take(this.#decoder.decode(value, { stream: true }));
    }
    return this.#ready.shift();
  }

  async close(): Promise<void> {
    await this.#reader.cancel().catch(() => undefined);
  }

  #take(text: string): void {
    const blocks = (this.#text + text).split('\n\n');
    this.#text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields: Record<string, string> = {};
      for (const line of block.split('\n')) {
        if (line.startsWith(':')) this.comments.push(line);
        else fields[line.slice(0, line.indexOf(':'))] = line.slice(line.indexOf(':') + 2);
      }
      const { data, ...rest } = fields;
      if (data !== undefined) this.#ready.push({ ...rest, data });
    }
  }
}
