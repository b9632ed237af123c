import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout } from 'node:timers/promises';

/**
 * A reverse proxy in front of the driver, which may have it under a path, whose websockets can be cut or go silent, and
 * whose files can be late.
 */
export class FrontProxy {
  readonly #server: Server;
  readonly #upstreamPort: number;
  readonly #prefix: string;
  readonly #pairs = new Set<[Duplex, Socket]>();
  /** By how many milliseconds a file is late; by its path under the prefix. */
  readonly lateMs = new Map<string, number>();
  /** Answers for the driver as if that were away. */
  isAway = false;
  #isShut = false;

  private constructor(upstreamPort: number, prefix: string) {
    this.#upstreamPort = upstreamPort;
    this.#prefix = prefix;
    this.#server = createServer(async (incoming, response) => {
      const path = this.#inner(incoming);
      if (path === undefined) {
        response.writeHead(404).end();
        return;
      }
      if (this.isAway) {
        response.writeHead(502).end();
        return;
      }
      const ms = this.lateMs.get(path);
      // It does not keep the process from its end.
      if (ms !== undefined) await setTimeout(ms, undefined, { ref: false });
      const { method, headers } = incoming;
      const outgoing = request({ host: '127.0.0.1', port: upstreamPort, method, path, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      outgoing.on('error', () => response.destroy());
      incoming.pipe(outgoing);
    });
    this.#server.on('upgrade', (incoming, socket, head) => this.#upgrade(incoming, socket, head));
  }

  /** @param prefix path under which the driver is, without the slash at the end */
  static async start(upstreamPort: number, prefix = ''): Promise<FrontProxy> {
    const proxy = new FrontProxy(upstreamPort, prefix);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy does not listen');
    return `http://127.0.0.1:${address.port}${this.#prefix}/`;
  }

  /** Ends all websockets. */
  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  /** Ends all websockets, and takes no other until it is opened. */
  shut(): void {
    this.#isShut = true;
    this.cut();
  }

  open(): void {
    this.#isShut = false;
  }

  /** The websockets there are stay open, and nothing comes through any more: what a sleep leaves behind. */
  silence(): void {
    for (const [client, upstream] of this.#pairs) {
      client.unpipe(upstream);
      upstream.unpipe(client);
      client.resume();
      upstream.resume();
    }
  }

  async end(): Promise<void> {
    this.cut();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #inner({ url = '' }: IncomingMessage): string | undefined {
    return url.startsWith(`${this.#prefix}/`) ? url.slice(this.#prefix.length) : undefined;
  }

  #upgrade(incoming: IncomingMessage, client: Duplex, head: Buffer): void {
    const path = this.#inner(incoming);
    const upstream = connect(this.#upstreamPort, '127.0.0.1');
    const pair: [Duplex, Socket] = [client, upstream];
    this.#pairs.add(pair);
    for (const [socket, other] of [pair, [upstream, client] as const]) {
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#pairs.delete(pair);
        other.destroy();
      });
    }
    if (path === undefined || this.#isShut) {
      client.end('HTTP/1.1 404 Not Found\r\n\r\n');
      return;
    }
    const { rawHeaders } = incoming;
    const lines = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? `${name}: ${rawHeaders[i + 1]}` : []));
    upstream.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    upstream.write(head);
    client.pipe(upstream).pipe(client);
  }
}
