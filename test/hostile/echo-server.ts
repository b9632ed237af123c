import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { HttpServer } from '../../src/http/http-server.ts';
import type { ClientConnection } from '../../src/session/client-connection.ts';
import { LogKeeper, testSettings, testSnapshot } from '../http/support/http-fixture.ts';

const USAGE = 'usage: npm run echo-server -- [--port P] [--host ADDRESS]\n';
/** Public suites send messages of 16 MiB, in frames of 64 bytes. */
const MAX_MESSAGE = 16_777_216;
const MAX_FRAMES = 2 ** 20;

function echo({ ws }: ClientConnection): void {
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
  ws.on('error', () => undefined);
}

export interface EchoServer {
  /** Where messages are sent back: `ws://ADDRESS:PORT/ws1`. */
  url: string;
  close(): Promise<void>;
}

/**
 * The driver's own listener with nothing behind it: each message comes back as it was, so that public suites for
 * websocket servers can look at the driver's upgrade, options and handling of sockets. Only the bounds on sizes are
 * wider. No part of the driver as it is shipped.
 */
export async function startEchoServer(port = 0, host = '127.0.0.1'): Promise<EchoServer> {
  const settings = testSettings({ maxMessageSize: MAX_MESSAGE });
  settings.interfaces = [{ host, port, secure: false }];
  const server = new HttpServer({
    settings,
    hooks: { hasRoom: () => true, accept: echo },
    log: new LogKeeper(),
    stats: testSnapshot,
    limits: { maxFragments: MAX_FRAMES, maxBufferedChunks: MAX_FRAMES },
  });
  const [bound] = await server.listen();
  if (bound === undefined) throw new Error('nothing listens');
  return { url: `ws://${host}:${bound.port}/ws1`, close: () => server.close() };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      host: { type: 'string', default: '127.0.0.1' },
      help: { type: 'boolean' },
    },
  });
  const port = Number(values.port);
  if (values.help || !Number.isInteger(port) || port < 0 || port > 65_535) {
    process.stdout.write(USAGE);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const server = await startEchoServer(port, values.host);
  process.stdout.write(`${server.url} sends messages back; Ctrl-C ends it\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
