import assert from 'node:assert/strict';
import { WebSocket } from 'ws';
import { proofOf, type TestToken, tokenOf } from '../support/token-client.ts';
import { encryptLogin } from '../support/ws-client.ts';
import { Model, type Reader, type Sent } from './model.ts';
import { ANY_CLASS } from './script.ts';
import type { SimStreamOptions } from './sim-stream.ts';

const GUID = 'FF:FF:FF:FF:FF:FF:FF:F5:00:00:00:00:00:00';

/** A token and what is known of it: a revoked one is good for nothing from the reply on. */
export interface SimToken extends TestToken {
  isRevoked: boolean;
  /** Somebody asked for its end: until the reply it may be good or not. */
  isEnding: boolean;
}

interface Awaited {
  what: string;
  done: (isPositive: boolean, text: string) => void;
}

export interface SimClientOptions extends SimStreamOptions {
  protocol: 'ws1' | 'ws2';
  /** ws2: logs in with this, not with the password. */
  token: SimToken | undefined;
}

/** A client as the model sees it: it asks without waiting, and knows which reply belongs to what. */
export class SimClient implements Reader {
  readonly client: number;
  readonly source: number;
  /** Known once the server has taken the filter. */
  wantedClass: number = ANY_CLASS;
  filteredSince = 0;
  readonly wire: SimClientOptions['wire'];
  openSince: number | undefined;
  isSteady = true;
  readonly received = new Set<Sent>();
  readonly last = new Map<number, number>();
  /** The close code once it is closed. */
  closeCode: number | undefined;
  isLoggedIn = false;
  readonly #options: SimClientOptions;
  readonly #ws: WebSocket;
  readonly #awaited: Awaited[] = [];
  #onGreeting: ((sid: string) => void) | undefined;

  constructor(options: SimClientOptions) {
    this.#options = options;
    this.client = options.client;
    this.source = options.source;
    this.wire = options.wire;
    this.#ws = new WebSocket(`ws://127.0.0.1:8884/${options.protocol}`, {
      perMessageDeflate: false,
      createConnection: (() => options.wire.client) as never,
    });
    this.#ws.on('error', () => {});
    this.#ws.on('close', (code) => {
      this.closeCode = code;
      this.openSince = undefined;
      this.isLoggedIn = false;
    });
    this.#onGreeting = (sid) => this.#logIn(sid);
    this.#ws.on('message', (data) => {
      try {
        this.#take(String(data));
      } catch (error) {
        options.onWrong(error);
      }
    });
  }

  get isConnected(): boolean {
    return this.#ws.readyState === WebSocket.OPEN;
  }

  /** Requests without a reply so far. */
  get unanswered(): string[] {
    return this.#awaited.map(({ what }) => what);
  }

  open(): void {
    this.#ask('OPEN', null, (isPositive) => {
      if (isPositive && this.openSince === undefined) this.openSince = this.#options.model.order;
    });
  }

  close(): void {
    // From now on it is not known what still comes.
    this.openSince = undefined;
    this.#ask('CLOSE', null, () => {
      this.openSince = undefined;
    });
  }

  noop(): void {
    this.#ask('NOOP', null, () => {});
  }

  history(): void {
    if (this.#options.protocol === 'ws2') this.#ask('HISTORY', { limit: 200 }, () => {});
  }

  /** @param keep gets the token */
  makeToken(keep: (token: SimToken) => void): void {
    if (this.#options.protocol !== 'ws2') return;
    this.#ask('TOKEN', { label: 'simulated' }, (isPositive, text) => {
      // One who came with a token gets no further one.
      if (isPositive) assert.equal(this.#options.token, undefined, 'a token for a token');
      if (isPositive) keep({ ...tokenOf(JSON.parse(text).args), isRevoked: false, isEnding: false });
    });
  }

  revoke(token: SimToken): void {
    if (this.#options.protocol !== 'ws2' || !this.isLoggedIn || !this.isConnected) return;
    token.isEnding = true;
    this.#ask('REVOKE', { id: token.id }, (isPositive) => {
      if (isPositive) token.isRevoked = true;
    });
  }

  /** What it logged in with is good no more. */
  get hasEndedToken(): boolean {
    return this.#options.token?.isRevoked === true;
  }

  send(event: Sent): void {
    const { protocol } = this.#options;
    const data = [...Model.dataOf(event)];
    const guid = `${GUID}:${(event.source >> 8).toString(16)}:${(event.source & 255).toString(16)}`;
    const frame =
      protocol === 'ws1'
        ? `E;0,${event.vscpClass},${event.number & 0xffff},0,,0,${guid},${data.join(',')}`
        : JSON.stringify({
            type: 'EVENT',
            event: {
              vscpHead: 0,
              vscpClass: event.vscpClass,
              vscpType: event.number & 0xffff,
              vscpGuid: guid,
              vscpData: data,
            },
          });
    this.#request(frame, `event ${event.number}`, (isPositive) => {
      event.isAccepted = isPositive;
    });
  }

  leave(): void {
    this.openSince = undefined;
    this.#ws.close();
  }

  reset(): void {
    this.openSince = undefined;
    this.wire.client.destroy();
  }

  #credentials(sid: string): unknown {
    const { protocol, user, password, token } = this.#options;
    if (token !== undefined) return { token: token.id, proof: proofOf(token, sid) };
    const crypto = encryptLogin(user, password, Buffer.from(sid, 'hex'));
    return protocol === 'ws1' ? [sid, crypto] : { iv: sid, crypto };
  }

  #logIn(sid: string): void {
    const { protocol, token, wantedClass } = this.#options;
    const wasRevoked = token?.isRevoked === true;
    this.#ask('AUTH', this.#credentials(sid), (isPositive) => {
      this.isLoggedIn = isPositive;
      if (wasRevoked) assert.ok(!isPositive, `client ${this.client}: logged in with a revoked token`);
      if (token?.isEnding === false) assert.ok(isPositive, `client ${this.client}: a good token was refused`);
    });
    if (wantedClass === ANY_CLASS) return;
    const filter = protocol === 'ws1' ? [`0,${wantedClass},0,-`, '0,65535,0,-'] : undefined;
    this.#ask(
      'SETFILTER',
      filter ?? { filter: { class: wantedClass }, mask: { class: 65_535 } },
      (isPositive) => {
        if (!isPositive) return;
        this.wantedClass = wantedClass;
        this.filteredSince = this.#options.model.order;
      },
    );
  }

  #ask(command: string, args: unknown, done: Awaited['done']): void {
    const { protocol } = this.#options;
    const fields = Array.isArray(args) ? args.map((field) => `;${field}`).join('') : '';
    const frame =
      protocol === 'ws1' ? `C;${command}${fields}` : JSON.stringify({ type: 'CMD', command, args });
    this.#request(frame, command, done);
  }

  #request(frame: string, what: string, done: Awaited['done']): void {
    if (!this.isConnected) return;
    this.#awaited.push({ what, done });
    this.#ws.send(frame);
  }

  #take(text: string): void {
    const { protocol, model } = this.#options;
    if (protocol === 'ws1' ? text.startsWith('E;') : text.startsWith('{"type":"EVENT"')) {
      const data =
        protocol === 'ws1' ? text.split(',').slice(7).map(Number) : JSON.parse(text).event.vscpData;
      model.clientGets(this, model.find(data));
      return;
    }
    if (this.#onGreeting !== undefined) {
      const sid = protocol === 'ws1' ? text.split(';')[2] : JSON.parse(text).args[1];
      const greeted = this.#onGreeting;
      this.#onGreeting = undefined;
      greeted(sid);
      return;
    }
    const awaited = this.#awaited.shift();
    assert.ok(awaited !== undefined, `client ${this.client}: a reply to nothing: ${text.slice(0, 200)}`);
    const isPositive = text.startsWith('+') || text.startsWith('{"type":"+"');
    assert.ok(isPositive || text.startsWith('-') || text.startsWith('{"type":"-"'), text.slice(0, 200));
    awaited.done(isPositive, text);
  }
}
