import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backend, BackendServer, Layout } from './backend.ts';
import { waitFor } from './live-driver.ts';
import { driverLibrary, NativeHost } from './native-host.ts';

const GUID_HEX = 'fffffffffffffff50908070605040000';

/** Certificate and key files, and the authority that signed them. */
export interface TlsFiles {
  cert: string;
  key: string;
  ca: Buffer;
}

/** The built library inside the C host; over wss when a certificate is given. */
export class LibraryBackend implements Backend {
  readonly name: string;
  readonly layouts: ReadonlySet<Layout>;
  readonly #layout: Layout;
  readonly #tls: TlsFiles | undefined;
  readonly #folder: string;
  readonly #host: NativeHost;
  readonly #open = new Set<number>();
  #slots = 0;

  private constructor(layout: Layout, tls: TlsFiles | undefined, folder: string, host: NativeHost) {
    this.name = `library, ${layout} host, ${tls === undefined ? 'ws' : 'wss'}`;
    this.layouts = new Set([layout]);
    this.#layout = layout;
    this.#tls = tls;
    this.#folder = folder;
    this.#host = host;
  }

  /** With profile `v14` the host has the threads and habits of that version. */
  static async start(layout: Layout, tls?: TlsFiles, profile?: 'v14'): Promise<LibraryBackend> {
    const folder = await mkdtemp(join(tmpdir(), 'websocksrv-conformance-'));
    const options = { layout, garbage: true, ...(profile === undefined ? {} : { profile }) };
    return new LibraryBackend(layout, tls, folder, await NativeHost.start(false, options));
  }

  async open(settings: Record<string, unknown>, users: readonly object[]): Promise<BackendServer> {
    const host = this.#host;
    const slot = this.#slots++;
    const usersFile = join(this.#folder, `users-${slot}.json`);
    const logFile = join(this.#folder, `driver-${slot}.log`);
    const log = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');
    const writeUsers = async (list: readonly object[]): Promise<void> => {
      await writeFile(`${usersFile}.new`, JSON.stringify({ users: list }), { mode: 0o600 });
      await rename(`${usersFile}.new`, usersFile);
    };
    await writeUsers(users);
    await host.load(driverLibrary, slot);
    const { handle } = await host.open(this.#config(usersFile, logFile, settings), { slot, guid: GUID_HEX });
    if (handle <= 0) throw new Error(`VSCPOpen failed: ${log()}${host.stderr}`);
    this.#open.add(slot);
    const [, url = ''] = await waitFor(/listens on (wss?:\/\/\S+)/, log);
    return {
      url,
      clientOptions: this.#tls === undefined ? {} : { ca: this.#tls.ca },
      driverGuid: Buffer.from(GUID_HEX, 'hex'),
      log,
      write: async (event) => {
        const { code } = await host.write(event, { slot, timeoutMs: 5000 });
        if (code !== 0) throw new Error(`VSCPWrite gave ${code}`);
      },
      nextRead: () => host.nextEvent(() => true, { slot }),
      setReading: async (on) => {
        await host.request(`read ${slot} ${on ? 'on' : 'off'}`);
      },
      setUsers: writeUsers,
      close: async () => {
        if (!this.#open.delete(slot)) return;
        const { code } = await host.close(slot);
        if (code !== 0) throw new Error(`VSCPClose gave ${code}`);
      },
    };
  }

  async close(): Promise<void> {
    const { code, signal } = await this.#host.end();
    await rm(this.#folder, { recursive: true, force: true });
    if (code !== 0)
      throw new Error(`the host ended with ${signal ?? code}: ${this.#host.stderr.slice(-2000)}`);
  }

  #config(usersFile: string, logFile: string, settings: Record<string, unknown>): object {
    const tls = this.#tls === undefined ? {} : { tls: { cert: this.#tls.cert, key: this.#tls.key } };
    return {
      interface: `${this.#tls === undefined ? 'ws' : 'wss'}://127.0.0.1:0`,
      'path-users': usersFile,
      'event-layout': this.#layout,
      logging: {
        'console-enable-log': false,
        'file-enable-log': true,
        'file-path': logFile,
        'file-log-level': 'debug',
      },
      ...tls,
      ...settings,
    };
  }
}
