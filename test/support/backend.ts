import type { WebSocket } from 'ws';
import { parseUsers } from '../../src/auth/users-file.ts';
import type { DriverEvent } from '../../src/vscp/event.ts';
import { startMemoryServer } from './memory-server.ts';

/** The struct in which a host has events; the in-process host knows no structs and serves for both. */
export type Layout = 'classic' | '2026';

/** A running server and its host's side, wherever they are. */
export interface BackendServer {
  /** `ws://…` or `wss://…` without a path. */
  readonly url: string;
  /** What a client needs to connect. */
  readonly clientOptions: WebSocket.ClientOptions;
  readonly driverGuid: Uint8Array;
  /** Everything that was logged up to now. */
  log(): string;
  /** Hands an event of the host to the driver. */
  write(event: DriverEvent): Promise<void>;
  /** Resolves to the next event that the host gets from the driver. */
  nextRead(): Promise<DriverEvent>;
  /** Stops and starts the host's reading. */
  setReading(on: boolean): Promise<void>;
  /** Replaces the user database. */
  setUsers(users: readonly object[]): Promise<void>;
  /** Closes the driver; a second call does nothing. */
  close(): Promise<void>;
}

/** A kind of server against which the same rows run. */
export interface Backend {
  readonly name: string;
  readonly layouts: ReadonlySet<Layout>;
  open(settings: Record<string, unknown>, users: readonly object[]): Promise<BackendServer>;
  close(): Promise<void>;
}

/** The server inside this process. */
export class MemoryBackend implements Backend {
  readonly name = 'in process';
  readonly layouts: ReadonlySet<Layout> = new Set(['classic', '2026']);

  async open(settings: Record<string, unknown>, users: readonly object[]): Promise<BackendServer> {
    const running = await startMemoryServer(settings, users);
    const { link, server, lines, url, guid, userMap } = running;
    return {
      url,
      clientOptions: {},
      driverGuid: guid,
      log: () => lines.join('\n'),
      write: async (event) => {
        if (!link.hostWrite(event)) throw new Error('the queue from host to driver is full');
      },
      nextRead: () => link.nextFromDriver(),
      // Events wait in the link until they are asked for.
      setReading: async () => {},
      setUsers: async (next) => {
        const { users: parsed } = parseUsers({ users: next });
        const removed = [...userMap.keys()].filter((name) => !parsed.has(name));
        userMap.clear();
        for (const [name, user] of parsed) userMap.set(name, user);
        server.applyUsers(removed, [...parsed.values()]);
      },
      close: () => running.close(),
    };
  }

  async close(): Promise<void> {}
}
