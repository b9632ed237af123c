import assert from 'node:assert/strict';
import { join } from 'node:path';
import { HMI_FOLDER } from '../../scripts/build-hmi.mjs';
import { hashPassword } from '../../src/auth/password.ts';
import { encodeMeasurement, type MeasurementInput, parseGuid } from '../../src/client/index.ts';
import { freePort } from '../support/free-port.ts';
import { LiveDriver } from '../support/live-driver.ts';
import type { NativeHost } from '../support/native-host.ts';
import { command, makeToken, passwordClient } from '../support/token-client.ts';

/** The C host with the driver, which serves the built panel. */

export const SENSOR = 'FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:02';
export const RELAYS = 'FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:0A';

/** PBKDF2 of the password `secret` for the user admin. */
const ADMIN = {
  name: 'admin',
  password:
    '487636FDE3637C7C853AAC9EAF6FA062;357C71CA59F760C08C4125C444A22A91FD1FE1FB0E5628771A572BAF6F61B71F',
  rights: 'admin',
};

/** Looks on, can change nothing; the password is `secret` too. */
const VIEWER = {
  name: 'user',
  password:
    '0839DD1BE692164847B601E6520CE23B;3E1B4D950F04EA3BFA2C43160B9D98ECC76B249F79A1062F041C526978591BA3',
  rights: 'websockets,receive-events',
};

export class Stage {
  readonly port: number;
  readonly #driver: LiveDriver;
  readonly #keys: Record<string, unknown>;
  readonly #tokens = new Map<string, string>();

  private constructor(port: number, driver: LiveDriver, keys: Record<string, unknown>) {
    this.port = port;
    this.#driver = driver;
    this.#keys = keys;
  }

  static async start(keys: Record<string, unknown> = {}): Promise<Stage> {
    const port = await freePort();
    const driver = await LiveDriver.prepare({
      users: [ADMIN, VIEWER],
      keys: {
        // The same after the driver was opened anew: pages come back to it.
        interface: `ws://127.0.0.1:${port}`,
        'event-layout': 'auto',
        'enable-static': true,
        'web-root': HMI_FOLDER,
        'server-names': ['panel.test'],
        'last-values': 1000,
        'history-size': 1000,
      },
    });
    // What the driver keeps lives as long as the stage.
    driver.config['state-dir'] = join(driver.folder, 'state');
    const stage = new Stage(port, driver, keys);
    try {
      await stage.openDriver();
      return stage;
    } catch (error) {
      await driver.dispose();
      throw error;
    }
  }

  get host(): NativeHost {
    return this.#driver.host;
  }

  /** The driver's files; also for files of a test. */
  get folder(): string {
    return this.#driver.folder;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** @param keys configuration beside the usual */
  async openDriver(keys: Record<string, unknown> = this.#keys): Promise<void> {
    await this.#driver.open(keys);
  }

  async closeDriver(): Promise<void> {
    assert.equal((await this.host.close()).code, 0);
  }

  /** Another host, after the one before was killed. */
  async startHost(): Promise<void> {
    await this.#driver.startHost();
    await this.openDriver();
  }

  /** Gives a user of the stage another password, as an administrator does in the file. */
  async setPassword(name: string, password: string): Promise<void> {
    await this.#changeUser(name, { password: await hashPassword(name, password) });
  }

  /**
   * Gives a user of the stage other rights, as an administrator does in the file.
   * @param events which ones may be sent; empty = all
   */
  async setRights(name: string, rights: string, events = ''): Promise<void> {
    await this.#changeUser(name, { rights, events });
  }

  /** A user who may also edit the panel, with the password `secret`. */
  async addEditor(name: string): Promise<void> {
    const password = await hashPassword(name, 'secret');
    const rights = 'websockets,receive-events,edit-panel';
    await this.#driver.writeUsers([ADMIN, VIEWER, { name, password, rights }]);
    await this.closeDriver();
    await this.openDriver();
  }

  /** What a device keeps that logs in by itself: `id.secret`; the same for all devices of that user. */
  async tokenOf(user: string): Promise<string> {
    const known = this.#tokens.get(user);
    if (known !== undefined) return known;
    const client = await passwordClient(`ws://127.0.0.1:${this.port}`, user);
    const { id, secret } = await makeToken(client);
    await client.close();
    const token = `${id}.${secret.toString('hex')}`;
    this.#tokens.set(user, token);
    return token;
  }

  /**
   * An event of the host, as if a node had sent it.
   * @param ageS so many seconds ago, by the date in it
   */
  async write(
    vscpClass: number,
    vscpType: number,
    data: ArrayLike<number>,
    guid = SENSOR,
    ageS = 0,
  ): Promise<void> {
    const time = new Date(Date.now() - ageS * 1000);
    const { code } = await this.host.write({
      head: 0x60,
      year: time.getUTCFullYear(),
      month: time.getUTCMonth() + 1,
      day: time.getUTCDate(),
      hour: time.getUTCHours(),
      minute: time.getUTCMinutes(),
      second: time.getUTCSeconds(),
      vscpClass,
      vscpType,
      guid: parseGuid(guid),
      data: Uint8Array.from(data),
    });
    assert.equal(code, 0);
  }

  async measure(input: MeasurementInput, guid = SENSOR, ageS = 0): Promise<void> {
    const { vscpClass, vscpType, data = [] } = encodeMeasurement(input);
    await this.write(vscpClass, vscpType, data, guid, ageS);
  }

  /** A change of what all panels share, as another one makes it. */
  async changePanel(patch: object): Promise<void> {
    const client = await passwordClient(`ws://127.0.0.1:${this.port}`);
    const { args } = await command(client, 'PANEL');
    const reply = await command(client, 'PANELSET', { revision: args.revision, patch });
    assert.equal(reply.args?.saved, true, JSON.stringify(reply));
    await client.close();
  }

  async #changeUser(name: string, change: object): Promise<void> {
    await this.#driver.writeUsers(
      [ADMIN, VIEWER].map((user) => (user.name === name ? { ...user, ...change } : user)),
    );
  }

  async end(): Promise<void> {
    await this.#driver.stop();
  }
}
