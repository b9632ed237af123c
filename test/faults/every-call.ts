import assert from 'node:assert/strict';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { LIVE_USERS, type LiveDriver } from '../support/live-driver.ts';
import { stretched } from '../support/time-factor.ts';
import { makeToken } from '../support/token-client.ts';
import { quickUser } from '../support/users.ts';
import { TestClient } from '../support/ws-client.ts';
import { type Call, prepareFailing } from './failing-calls.ts';

/** What a host went through while calls failed. */
export interface Outcome {
  /** Calls that failed; 0 = the scenario makes fewer than `nth`. */
  failed: number;
  /** VSCPOpen gave 0, and said why. */
  refused: boolean;
  /** Steps of the scenario that did not work while calls failed. */
  lost: string[];
}

/** No call of the host may take longer: VSCPOpen gives up after 30 s. */
const CALL_BOUND_MS = stretched(40_000);
/** How long a step is given while calls fail. */
const STEP_MS = 2_000;
/** Until everything works again; a runtime that ended starts again after up to 30 s. */
const REPAIR_MS = stretched(60_000);
const UP = 1;
const DOWN = 2;

/** What a daemon and its clients do with a driver, one step after the other. */
class Scenario {
  readonly #driver: LiveDriver;
  readonly #url: string;
  /** Numbers of events that the server said it took. */
  readonly accepted = new Set<number>();
  /** Numbers of events that VSCPRead handed over. */
  readonly arrived = new Set<number>();
  #count = 0;

  constructor(driver: LiveDriver, url: string) {
    this.#driver = driver;
    this.#url = url;
    void this.#readAll();
  }

  /** Until the host has ended. */
  async #readAll(): Promise<void> {
    const { host } = this.#driver;
    const ended = host.exited.then(() => undefined);
    for (;;) {
      const event = await Promise.race([host.nextEvent().catch(() => false as const), ended]);
      if (event === undefined) return;
      if (event !== false) this.arrived.add(event.data[1] ?? 0);
    }
  }

  /** A client that is logged in and has its event channel open. */
  async client(user = 'admin'): Promise<TestClient> {
    const client = await TestClient.connect(`${this.#url}/ws2`);
    try {
      assert.match(await client.login(user), /"\+"/);
      assert.match(await client.ask({ type: 'CMD', command: 'OPEN', args: null }), /"\+"/);
      return client;
    } catch (error) {
      client.ws.terminate();
      throw error;
    }
  }

  /** The events both ways, and what the driver writes for itself. */
  async use(client: TestClient): Promise<void> {
    await this.up(client);
    await this.down(client);
    await makeToken(client);
  }

  async up(client: TestClient): Promise<void> {
    const number = ++this.#count;
    const event = { vscpClass: 20, vscpType: 3, vscpData: [UP, number] };
    const reply = await client.ask({ type: 'EVENT', event });
    assert.match(reply, /"\+"/);
    this.accepted.add(number);
  }

  /** An event of the host; its fields are those of a lamp that was switched on. */
  async down(client: TestClient): Promise<void> {
    const data = Uint8Array.of(DOWN, ++this.#count);
    const { code } = await this.#driver.host.write({ vscpClass: 20, vscpType: 3, data });
    assert.equal(code, 0);
    assert.match(await client.next(), new RegExp(`\\[${data}\\]`));
  }

  /** Another user, as an administrator adds one to the file. */
  async reload(name: string, patienceMs: number): Promise<void> {
    await this.#driver.writeUsers([...LIVE_USERS, quickUser(name, 'admin')]);
    const deadline = Date.now() + patienceMs;
    for (;;) {
      try {
        (await this.client(name)).ws.terminate();
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    }
  }
}

function within<Result>(milliseconds: number, what: string, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what}: not within ${milliseconds} ms`)), milliseconds);
    work.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + REPAIR_MS;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${REPAIR_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Runs the steps as far as they go. @returns those that did not work */
async function suffer(scenario: Scenario): Promise<string[]> {
  const lost: string[] = [];
  const attempt = async (what: string, work: () => Promise<void>) => {
    await within(STEP_MS * 2, what, work()).catch(() => lost.push(what));
  };
  const clients: TestClient[] = [];
  await attempt('login', async () => {
    clients.push(await within(STEP_MS, 'login', scenario.client()));
  });
  for (const client of clients) {
    await attempt('event of a client', () => scenario.up(client));
    await attempt('event of the host', () => scenario.down(client));
    await attempt('token', async () => void (await makeToken(client)));
  }
  await attempt('users reloaded', () => scenario.reload('reloaded', STEP_MS));
  for (const client of clients) client.ws.terminate();
  return lost;
}

/** After the faults everything works, and what was taken before has arrived. */
async function assertWorks(scenario: Scenario): Promise<void> {
  const deadline = Date.now() + REPAIR_MS;
  for (;;) {
    try {
      const client = await scenario.client();
      await scenario.use(client);
      client.ws.terminate();
      break;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  await scenario.reload('after', REPAIR_MS);
  await until('every event that was taken arrives', () =>
    [...scenario.accepted].every((number) => scenario.arrived.has(number)),
  );
}

/**
 * A host's whole life with the driver, in which the `nth` call of a kind fails, or all from the `nth` on until the
 * faults are over. @throws when the host dies, hangs, or does not work afterwards
 */
export async function liveThrough(call: Call, nth: number, lasts: boolean): Promise<Outcome> {
  const port = await freePort();
  const { driver, failing } = await prepareFailing({ interface: `ws://127.0.0.1:${port}` });
  driver.config['state-dir'] = join(driver.folder, 'state');
  try {
    const scenario = new Scenario(driver, `ws://127.0.0.1:${port}`);
    failing.begin(call, nth, lasts);
    const { handle, ms } = await driver.host.open(driver.config);
    assert.ok(ms < CALL_BOUND_MS, `VSCPOpen took ${ms} ms`);
    const refused = handle <= 0;
    const lost = refused ? [] : await suffer(scenario);
    const failed = failing.end();
    if (refused) {
      assert.match(`${driver.log}${driver.host.stderr}`, /\w/, 'VSCPOpen said nothing');
      const again = await driver.host.open(driver.config);
      assert.ok(again.handle > 0, `does not open afterwards: ${driver.log}${driver.host.stderr}`);
    }
    await assertWorks(scenario);
    const closed = await driver.host.close();
    assert.equal(closed.code, 0);
    assert.ok(closed.ms < CALL_BOUND_MS, `VSCPClose took ${closed.ms} ms`);
    await driver.stop();
    return { failed, refused, lost };
  } catch (error) {
    const exit = await Promise.race([driver.host.exited, undefined]);
    const told = `${driver.log}\n${driver.host.stderr}`.slice(-3000);
    const which = `${call} ${nth}${lasts ? ' and all after it' : ''} (${failing.end()} failed)`;
    throw new Error(`${which}, host ${JSON.stringify(exit)}: ${error}\n${told}`);
  } finally {
    await driver.dispose();
    failing.close();
  }
}
