import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventSourceReader } from '../support/event-source.ts';
import type { LiveDriver } from '../support/live-driver.ts';
import { askRest, openRest } from '../support/rest-client.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { command, makeToken, passwordClient, tokenLogin } from '../support/token-client.ts';
import { basic, quickUser } from '../support/users.ts';
import type { TestClient } from '../support/ws-client.ts';

/** Reads all events as server-sent ones. */
export const NEIGHBOUR = 'neighbour';
/** Nothing waits for this one. */
const QUIET = 'quiet';
export const NEIGHBOURS = [
  quickUser(NEIGHBOUR, 'admin'),
  quickUser(QUIET, 'admin', { filter: '0,999,0,-', mask: '0,65535,0,-' }),
];
/** CLASS2.MEASUREMENT_FLOAT of the driver's own GUID: one series, however many send it. */
const MEASUREMENT = { type: 6, value: 21.5, unit: 1 };
const DAY_MS = 86_400_000;

/** Those who use the driver without a websocket of their own: API, live events, legacy REST, tokens, history. */
export class SoakNeighbours {
  /** Websockets that stay. */
  readonly sessions = 1;
  /** Events that were accepted. */
  confirmed = 0;
  /** Events that came as server-sent ones. */
  events = 0;
  /** Rounds of each kind of neighbour. */
  readonly rounds = { api: 0, rest: 0, tokens: 0, history: 0 };
  readonly #driver: LiveDriver;
  readonly #random: SeededRandom;
  readonly #url: string;
  readonly #stream: EventSourceReader;
  readonly #quiet: TestClient;
  #values = 0;
  /** The same, with those whose answer has not come yet: the history may know them before. */
  #offered = 0;

  private constructor(
    driver: LiveDriver,
    random: SeededRandom,
    stream: EventSourceReader,
    quiet: TestClient,
  ) {
    this.#driver = driver;
    this.#random = random;
    this.#url = driver.url.replace('ws', 'http');
    this.#stream = stream;
    this.#quiet = quiet;
  }

  /** Connects those that stay, and lets each of the others come once: what is loaded at first use is loaded then. */
  static async start(driver: LiveDriver, random: SeededRandom): Promise<SoakNeighbours> {
    const url = driver.url.replace('ws', 'http');
    const quiet = await passwordClient(driver.url, QUIET);
    const stream = await EventSourceReader.connect(`${url}/api/v1/events`, basic(NEIGHBOUR));
    const neighbours = new SoakNeighbours(driver, random, stream, quiet);
    void neighbours.#read();
    await neighbours.#askApi();
    await neighbours.#askRest();
    await neighbours.#useToken();
    await neighbours.#askHistory();
    return neighbours;
  }

  /** All rounds until `isOver`. */
  async run(isOver: () => boolean): Promise<void> {
    const repeat = async (round: () => Promise<void>, pauseMs: number): Promise<void> => {
      for (; !isOver(); await sleep(this.#random.int(pauseMs))) await round();
    };
    await Promise.all([
      repeat(() => this.#askApi(), 100),
      repeat(() => this.#askRest(), 200),
      repeat(() => this.#useToken(), 500),
      repeat(() => this.#askHistory(), 1000),
    ]);
  }

  /** Waits until the history has every value that was sent. */
  async untilKept(): Promise<void> {
    for (let tries = 0; (await this.#kept()) < this.#values && tries < 100; tries++) await sleep(100);
    assert.equal(await this.#kept(), this.#values, 'values in the history');
  }

  async close(): Promise<void> {
    await this.#stream.close();
    this.#quiet.ws.terminate();
  }

  async #read(): Promise<void> {
    while ((await this.#stream.next()) !== undefined) this.events++;
  }

  async #askApi(): Promise<void> {
    const post = async (path: string, body: object): Promise<number> => {
      const headers = { ...basic(NEIGHBOUR), 'content-type': 'application/json' };
      const response = await fetch(`${this.#url}/api/v1${path}`, {
        ...{ method: 'POST', headers, body: JSON.stringify(body) },
      });
      return response.status === 200 ? ((await response.json()) as { accepted: number }).accepted : 0;
    };
    const sent = await post('/events', [
      { class: 30, type: 5 },
      { class: 30, type: 6, data: [1] },
    ]);
    this.#offered++;
    const measured = await post('/measurements', MEASUREMENT);
    // No await stands right of +=: what the others add meanwhile would be lost.
    this.confirmed += sent + measured;
    this.#values += measured;
    const path = this.#random.pick(['/last', '/measurements', '/nodes', '/status']);
    await this.#get(path);
    this.rounds.api++;
  }

  /** Half of the sessions are left to end by themselves. */
  async #askRest(): Promise<void> {
    const url = `${this.#url}/rest`;
    const vscpsession = await openRest(url, QUIET);
    const ask = (op: string, more: Record<string, string> = {}) => askRest(url, { vscpsession, op, ...more });
    if ((await ask('sendevent', { vscpevent: '0,30,5,0,,,-,1,2' })).success) this.confirmed++;
    assert.ok((await ask('status')).success);
    if (this.#random.chance(0.5)) assert.ok((await ask('close')).success);
    this.rounds.rest++;
  }

  async #useToken(): Promise<void> {
    const token = await makeToken(this.#quiet);
    const { client, reply } = await tokenLogin(this.#driver.url, token);
    assert.equal(reply.type, '+', JSON.stringify(reply));
    const closed = client.closed;
    assert.equal((await command(this.#quiet, 'REVOKE', { id: token.id })).type, '+');
    // The end of a token ends its sessions.
    await closed;
    this.rounds.tokens++;
  }

  async #askHistory(): Promise<void> {
    assert.ok((await this.#kept()) <= this.#offered, 'more values than were sent');
    this.rounds.history++;
  }

  async #kept(): Promise<number> {
    const { series } = (await this.#get('/series?class=1060')) as { series: { id: number }[] };
    const from = Date.now() - DAY_MS;
    let kept = 0;
    for (const { id } of series) {
      const points = await this.#get(`/points?series=${id}&from=${from}&buckets=1`);
      const { series: columns } = points as { series: { n: number[] }[] };
      kept += columns[0]?.n.reduce((sum, n) => sum + n, 0) ?? 0;
    }
    return kept;
  }

  async #get(path: string): Promise<unknown> {
    const answer = await fetch(`${this.#url}/api/v1${path}`, { headers: basic(NEIGHBOUR) });
    const text = await answer.text();
    assert.equal(answer.status, 200, `${path}: ${text}`);
    return JSON.parse(text);
  }
}
