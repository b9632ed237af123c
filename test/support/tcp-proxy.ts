import { connect, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** Stands between a program and a server, and can fail as a network does. It ends with the test. */
export class TcpProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isStalled = false;
  /** What the server sends is thrown away. */
  isDeaf = false;
  /** New connections are closed at once. */
  isDown = false;
  /** Decides by its first bytes whether a connection gets through, or else what it is told before its end. */
  judge: (first: Buffer) => Buffer | undefined = () => undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(context: Pick<TestContext, 'after'>, targetPort: number): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server);
    server.on('connection', (socket) => proxy.#join(socket, targetPort));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    context.after(async () => {
      proxy.cut();
      await new Promise((resolve) => server.close(resolve));
    });
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Ends all connections without a word. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Nothing gets through any more, in either direction, until `resume`; nothing is lost. */
  stall(): void {
    this.#isStalled = true;
    for (const socket of this.#sockets) socket.pause();
  }

  resume(): void {
    this.#isStalled = false;
    for (const socket of this.#sockets) socket.resume();
  }

  #join(near: Socket, targetPort: number): void {
    this.#keep(near);
    if (this.isDown) {
      near.destroy();
      return;
    }
    near.once('data', (first) => {
      const refusal = this.judge(first);
      if (refusal !== undefined) {
        near.end(refusal);
        return;
      }
      const far = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
      this.#keep(far);
      far.write(first);
      this.#forward(near, far, () => true);
      this.#forward(far, near, () => !this.isDeaf);
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
    });
  }

  #forward(from: Socket, to: Socket, mayPass: () => boolean): void {
    from.on('data', (data) => {
      if (!mayPass() || to.destroyed || to.write(data)) return;
      from.pause();
      to.once('drain', () => {
        if (!this.#isStalled) from.resume();
      });
    });
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    if (this.#isStalled) socket.pause();
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
