import assert from 'node:assert/strict';
import type { LiveDriver } from '../support/live-driver.ts';
import { TestClient } from '../support/ws-client.ts';

const GUID = 'FF:FF:FF:FF:FF:FF:FF:F5:42:59:53:54:41:4E:44:45';
const GUID_BYTES = Uint8Array.from(GUID.split(':').map((byte) => Number.parseInt(byte, 16)));
const ALL = Array.from({ length: 16 }, () => 'FF').join(':');

/**
 * An ordinary client beside the hostile ones: logged in, open, and interested in events of one GUID. As long as
 * `check` succeeds, the driver serves it and the host.
 */
export class Bystander {
  readonly #driver: LiveDriver;
  readonly #client: TestClient;
  #checks = 0;
  /** Events this client has sent to the host. */
  sent = 0;

  private constructor(driver: LiveDriver, client: TestClient) {
    this.#driver = driver;
    this.#client = client;
  }

  static async join(driver: LiveDriver): Promise<Bystander> {
    const client = await TestClient.connect(`${driver.url}/ws1`);
    await client.login();
    assert.equal(await client.ask(`C;SF;0,0,0,${GUID};0,0,0,${ALL}`), '+;SF');
    assert.equal(await client.ask('C;OPEN'), '+;OPEN');
    return new Bystander(driver, client);
  }

  /** One command, one event from the host and one to the host; returns how long the command took. */
  async check(): Promise<number> {
    const number = this.#checks++ & 0xff;
    const began = performance.now();
    assert.equal(await this.#client.ask('C;NOOP'), '+;NOOP');
    const tookMs = performance.now() - began;
    const event = { vscpClass: 20, vscpType: 9, guid: GUID_BYTES, data: Uint8Array.from([number]) };
    const { code } = await this.#driver.host.write(event, { timeoutMs: 10_000 });
    assert.equal(code, 0, 'VSCPWrite');
    const frame = await this.#client.next();
    assert.match(frame, new RegExp(`^E;0,20,9,.*${GUID},0x${number.toString(16).padStart(2, '0')}$`, 'i'));
    assert.equal(await this.#client.ask(`E;0,20,3,0,,0,-,${number}`), '+;EVENT');
    this.sent++;
    return tookMs;
  }

  /** Median of some round trips of a command, in ms. */
  async latencyMs(rounds: number): Promise<number> {
    const times: number[] = [];
    for (let i = 0; i < rounds; i++) {
      const began = performance.now();
      assert.equal(await this.#client.ask('C;NOOP'), '+;NOOP');
      times.push(performance.now() - began);
    }
    times.sort((a, b) => a - b);
    return times[rounds >> 1] ?? 0;
  }

  leave(): void {
    this.#client.ws.terminate();
  }
}
