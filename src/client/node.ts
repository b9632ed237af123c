import { WebSocket } from 'ws';
import { VscpClient as PlatformClient } from './client.ts';
import type { ClientOptions } from './options.ts';
import type { WebSocketConstructor } from './socket.ts';

export * from './index.ts';

/** The client with the websocket of the `ws` package, which every version of Node can use. */
export class VscpClient extends PlatformClient {
  constructor(options: ClientOptions) {
    super({ WebSocket: WebSocket as unknown as WebSocketConstructor, ...options });
  }
}
