import { afterEach } from 'node:test';
import { type ClientOptions, type StateChange, VscpClient, type VscpEvent } from '../../src/client/node.ts';
import { type FakeServerOptions, FakeVscpServer } from '../support/fake-vscp-server.ts';

export const SWITCH_ON = { vscpClass: 30, vscpType: 5, data: [0, 1, 2] };

/** The fake server of a test, and clients of it that end with the test. */
export class FakeStage {
  #server: FakeVscpServer | undefined;
  readonly #clients: VscpClient[] = [];

  constructor() {
    afterEach(() => this.end());
  }

  get server(): FakeVscpServer {
    if (this.#server === undefined) throw new Error('no server was started');
    return this.#server;
  }

  /** Starts a server; one that runs already is stopped. */
  async start(options: FakeServerOptions = {}): Promise<void> {
    await this.#server?.close();
    this.#server = await FakeVscpServer.start(options);
  }

  /** A client that is not connected yet. */
  client(protocol: 'ws1' | 'ws2', options: Partial<ClientOptions> = {}): VscpClient {
    const url = this.server.url(protocol);
    const reconnect = { minDelayMs: 1, maxDelayMs: 20 };
    const made = new VscpClient({ url, user: 'admin', password: 'secret', reconnect, ...options });
    this.#clients.push(made);
    return made;
  }

  async end(): Promise<void> {
    for (const made of this.#clients.splice(0)) made.disconnect();
    await this.#server?.close();
    this.#server = undefined;
  }
}

/** Resolves with the next state change that fits. */
export function stateOf(client: VscpClient, wanted: (change: StateChange) => boolean): Promise<StateChange> {
  return new Promise((resolve) => {
    const off = client.on('state', (change) => {
      if (!wanted(change)) return;
      off();
      resolve(change);
    });
  });
}

export function nextEvent(client: VscpClient): Promise<VscpEvent> {
  return new Promise((resolve) => {
    const off = client.on('event', (event) => {
      off();
      resolve(event);
    });
  });
}
