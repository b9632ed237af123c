import type { WebSocket } from 'ws';
import type { Protocol } from '../../src/core/protocol.ts';
import type { Backend, BackendServer } from '../support/backend.ts';
import { TestClient } from '../support/ws-client.ts';

/** What takes more than a line of bytes to tell; for every kind of server. */
export interface Scenario {
  title: string;
  profile: string;
  run(server: BackendServer, backend: Backend): Promise<void>;
}

export function connect(server: BackendServer, protocol: Protocol, options: WebSocket.ClientOptions = {}) {
  return TestClient.connect(`${server.url}/${protocol}`, { ...server.clientOptions, ...options });
}

export async function connectAs(
  server: BackendServer,
  protocol: Protocol,
  user: string,
): Promise<TestClient> {
  const client = await connect(server, protocol);
  await client.login(user);
  return client;
}

export async function connectOpen(
  server: BackendServer,
  protocol: Protocol,
  user = 'admin',
): Promise<TestClient> {
  const client = await connect(server, protocol);
  await client.start(user);
  return client;
}
