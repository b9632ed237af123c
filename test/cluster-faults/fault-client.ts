import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { encryptLogin } from '../support/ws-client.ts';
import type { Connection, History, NodeLife } from './history.ts';

const LOGIN_TIMEOUT_MS = 20_000;
const LONGEST_PAUSE_MS = 500;

/** Sender and number of an event, three bytes each. */
const bytesOf = (value: number): string => `${value >> 16},${(value >> 8) & 255},${value & 255}`;

/** A client that comes back whenever its connection breaks, and tells the history all that it sees. */
export class FaultClient {
  readonly #url: string;
  readonly #history: History;
  readonly #lifeOf: (node: number) => NodeLife;
  readonly #over: Promise<void>;
  #isOver = false;
  #ws: WebSocket | undefined;
  /** Numbers of the events that wait for their answer, which come in order. */
  #asked: number[] = [];
  /** There while its event channel is open. */
  connection: Connection | undefined;

  /**
   * @param url of the load balancer, which names the node that serves in its answer, or of a node
   * @param lifeOf the present life of a node
   */
  constructor(url: string, history: History, lifeOf: (node: number) => NodeLife, node?: number) {
    this.#url = url;
    this.#history = history;
    this.#lifeOf = lifeOf;
    this.#over = this.#run(node);
  }

  /** Sends an event of its own. @returns its number; undefined while there is no connection */
  send(): number | undefined {
    const { connection } = this;
    if (connection === undefined || this.#ws?.readyState !== WebSocket.OPEN) return undefined;
    const number = connection.send(performance.now());
    this.#asked.push(number);
    this.#ws.send(`E;0,20,3,0,,0,-,${bytesOf(connection.id)},${bytesOf(number)}`);
    return number;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    this.#ws?.terminate();
    await this.#over;
  }

  async #run(node: number | undefined): Promise<void> {
    while (!this.#isOver) {
      await this.#live(node).catch(() => undefined);
      if (!this.#isOver) await sleep(LONGEST_PAUSE_MS * (0.2 + 0.8 * Math.random()));
    }
  }

  /** One connection, from its begin to its end. */
  async #live(givenNode: number | undefined): Promise<void> {
    const ws = new WebSocket(this.#url, { perMessageDeflate: false, handshakeTimeout: LOGIN_TIMEOUT_MS });
    this.#ws = ws;
    ws.on('error', () => undefined);
    const closed = new Promise<void>((resolve) => ws.once('close', () => resolve()));
    let node = givenNode ?? 0;
    ws.on('upgrade', ({ headers }) => {
      node ||= Number(String(headers['x-node']).replace('node', ''));
    });
    const timer = setTimeout(() => ws.terminate(), LOGIN_TIMEOUT_MS);
    const greeting = once(ws, 'message').then(([data]) => String(data));
    const sid = (await Promise.race([greeting, closed]))?.split(';')[2];
    if (sid === undefined) return clearTimeout(timer);
    let told = 0;
    ws.on('message', (data) => {
      const frame = String(data);
      if (frame.startsWith('E;')) this.#take(frame);
      else if (frame.startsWith('+;GAP;')) {
        const events = Number(frame.split(';')[2]);
        if (this.connection === undefined) told += events;
        else this.connection.told += events;
      } else if (/^[+-];EVENT/.test(frame)) {
        const answer = frame.startsWith('+') ? 'accepted' : 'refused';
        this.connection?.answer(this.#asked.shift() ?? 0, answer, performance.now());
      } else if (frame === '+;OPEN') {
        clearTimeout(timer);
        this.connection = this.#history.open(this.#lifeOf(node), performance.now());
        this.connection.told = told;
      } else if (frame.startsWith('-')) ws.terminate();
    });
    ws.send(`C;AUTH;${sid};${encryptLogin('admin', 'secret', Buffer.from(sid, 'hex'))}`);
    ws.send('C;GAPS');
    ws.send('C;OPEN');
    await closed;
    clearTimeout(timer);
    if (this.connection !== undefined) this.connection.closedMs = performance.now();
    this.connection = undefined;
    this.#asked = [];
  }

  #take(frame: string): void {
    const [a, b, c, d, e, f] = frame.split(',').slice(-6).map(Number) as [
      ...[number, number, number],
      ...[number, number, number],
    ];
    const { connection } = this;
    // It may be there before the answer to OPEN is.
    if (connection === undefined) return;
    this.#history.got(connection, a * 65_536 + b * 256 + c, d * 65_536 + e * 256 + f);
  }
}
