import assert from 'node:assert/strict';
import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import type { Model, Reader, Sent } from './model.ts';
import { ANY_CLASS } from './script.ts';
import type { WireEnd } from './wire.ts';

export interface SimStreamOptions {
  client: number;
  source: number;
  user: string;
  password: string;
  wantedClass: number;
  wire: { client: WireEnd; server: WireEnd };
  model: Model;
  /** Gets what is not as it must be. */
  onWrong: (error: unknown) => void;
}

/** A reader of server-sent events, as the model sees it. */
export class SimStream implements Reader {
  readonly client: number;
  readonly source: number;
  readonly wantedClass: number;
  /** Nothing is sent before the filter is known. */
  readonly filteredSince = 0;
  readonly wire: SimStreamOptions['wire'];
  openSince: number | undefined;
  isSteady = true;
  readonly received = new Set<Sent>();
  readonly last = new Map<number, number>();
  /** That of the event `end`, or 1006. */
  closeCode: number | undefined;
  isConnected = false;
  readonly hasEndedToken = false;
  readonly unanswered: string[] = [];
  readonly #model: Model;
  readonly #request: ClientRequest;
  #text = '';

  constructor(options: SimStreamOptions) {
    ({ client: this.client, source: this.source, wire: this.wire, model: this.#model } = options);
    this.wantedClass = options.wantedClass;
    this.#request = get({
      ...{ host: '127.0.0.1', port: 8884, auth: `${options.user}:${options.password}` },
      path: `/api/v1/events${options.wantedClass === ANY_CLASS ? '' : `?class=${options.wantedClass}`}`,
      createConnection: () => options.wire.client,
    });
    this.#request.on('error', () => this.#ended());
    this.#request.on('response', (response) => {
      if (response.statusCode === 200) this.#read(response, options.onWrong);
      else response.resume();
    });
  }

  leave(): void {
    this.reset();
  }

  reset(): void {
    this.openSince = undefined;
    this.wire.client.destroy();
  }

  #read(response: IncomingMessage, onWrong: (error: unknown) => void): void {
    this.isConnected = true;
    this.openSince = this.#model.order;
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      try {
        this.#take(text);
      } catch (error) {
        onWrong(error);
      }
    });
    response.on('error', () => {});
    response.on('close', () => this.#ended());
  }

  #ended(): void {
    this.isConnected = false;
    this.openSince = undefined;
    this.closeCode ??= 1006;
  }

  #take(text: string): void {
    const blocks = (this.#text + text).split('\n\n');
    this.#text = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, data] = /^data: (.*)$/m.exec(block) ?? [];
      if (data === undefined) continue;
      const content = JSON.parse(data);
      if (/^event: end$/m.test(block)) {
        this.closeCode = content.code;
      } else {
        assert.ok(Array.isArray(content.data), block);
        this.#model.clientGets(this, this.#model.find(content.data));
      }
    }
  }
}
