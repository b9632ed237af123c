import { WebSocket } from 'ws';
import { VscpClient as PlatformClient } from './client.ts';
import type { ClientOptions } from './options.ts';
import type { WebSocketConstructor } from './socket.ts';

export * from './index.ts';

/** The client with the websocket class of the `ws` package, which works in every version of Node. */
export class VscpClient extends PlatformClient {
  constructor(options: ClientOptions) {
    super({ WebSocket: WebSocket as unknown as WebSocketConstructor, ...options });
  }
}
