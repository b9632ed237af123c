import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { defaultSettings } from '../../../src/config/read-settings.ts';
import type { Settings } from '../../../src/config/settings.ts';
import { HttpServer } from '../../../src/http/http-server.ts';
import type { HttpLimits } from '../../../src/http/limits.ts';
import type { Logger, LogLevel } from '../../../src/logging/logger.ts';
import type { ClientConnection, ClientHooks } from '../../../src/session/client-connection.ts';
import type { ServerSnapshot } from '../../../src/session/stats.ts';
import { createServerStats } from '../../../src/session/stats.ts';

/** Settings as the configuration's defaults give them, on a free loopback port. */
export function testSettings(changes: Partial<Settings> = {}): Settings {
  return {
    ...defaultSettings(),
    interfaces: [{ secure: false, host: '127.0.0.1', port: 0 }],
    pathUsers: '/nonexistent/users.json',
    ...changes,
  };
}

/** Keeps `level message` lines. */
export class LogKeeper implements Logger {
  readonly lines: string[] = [];
  trace(message: string): void {
    this.lines.push(`trace ${message}`);
  }
  debug(message: string): void {
    this.lines.push(`debug ${message}`);
  }
  info(message: string): void {
    this.lines.push(`info ${message}`);
  }
  warn(message: string): void {
    this.lines.push(`warn ${message}`);
  }
  err(message: string): void {
    this.lines.push(`err ${message}`);
  }
  critical(message: string): void {
    this.lines.push(`critical ${message}`);
  }
  enabled(_level: LogLevel): boolean {
    return true;
  }
  has(part: string | RegExp): boolean {
    return this.lines.some((line) => (typeof part === 'string' ? line.includes(part) : part.test(line)));
  }
}

export function testSnapshot(): ServerSnapshot {
  return {
    version: '1.2.3',
    uptimeSeconds: 12.75,
    server: createServerStats(),
    host: { incoming: 0, incomingCapacity: 10, outgoing: 0, outgoingCapacity: 10, hostWriteTimeouts: 0 },
  };
}

export interface RunningServer {
  server: HttpServer;
  port: number;
  /** Port of the first TLS listener, 0 without one. */
  securePort: number;
  log: LogKeeper;
  /** What the hooks were given, oldest first. */
  accepted: ClientConnection[];
}

export interface StartOptions {
  settings?: Partial<Settings>;
  limits?: Partial<HttpLimits>;
  hooks?: Partial<ClientHooks>;
  stats?: () => ServerSnapshot;
}

/** A listening server that is closed, with its websockets, when the test ends. */
export async function startServer(context: TestContext, options: StartOptions = {}): Promise<RunningServer> {
  const log = new LogKeeper();
  const accepted: ClientConnection[] = [];
  const server = new HttpServer({
    settings: testSettings(options.settings),
    hooks: {
      hasRoom: options.hooks?.hasRoom ?? (() => true),
      accept: (connection) => {
        accepted.push(connection);
        connection.ws.on('error', () => undefined);
        options.hooks?.accept?.(connection);
      },
    },
    log,
    stats: options.stats ?? testSnapshot,
    ...(options.limits ? { limits: options.limits } : {}),
  });
  context.after(async () => {
    for (const { ws } of accepted) ws.terminate();
    await server.close();
  });
  const bound = await server.listen();
  return {
    server,
    port: bound.find((where) => !where.secure)?.port ?? 0,
    securePort: bound.find((where) => where.secure)?.port ?? 0,
    log,
    accepted,
  };
}

/** Everything the peer sent until it closed. Resets count as an end. */
export function readToEnd(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
  });
}

/** Sends bytes on a connection of its own and returns all that comes back until the server closes. */
export async function sendRaw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const answer = readToEnd(socket);
  await once(socket, 'connect').catch(() => undefined);
  socket.write(text, 'latin1');
  return answer;
}

/** Status code of a raw answer. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 0);
}

/** A GET that ends the connection; the target goes out as it is. */
export function rawGet(target: string, headers: readonly string[] = []): string {
  return [`GET ${target} HTTP/1.1`, 'Host: test', 'Connection: close', ...headers, '', ''].join('\r\n');
}

/** An upgrade request as a browser sends it. */
export function rawUpgrade(target: string, headers: readonly string[] = []): string {
  return [
    `GET ${target} HTTP/1.1`,
    'Host: test',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ...headers,
    '',
    '',
  ].join('\r\n');
}

/** Sends an upgrade request; resolves with the head of the answer and closes when it was a 101. */
export async function upgradeAnswer(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const end = readToEnd(socket);
  socket.on('data', (chunk: Buffer) => {
    if (chunk.toString('latin1').includes(' 101 ')) socket.destroy();
  });
  socket.write(request, 'latin1');
  return end;
}

/** Waits for something that another part does soon. */
export async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
