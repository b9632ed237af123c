import { connect, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** Stands between a program and a server, and can fail as a network does. It ends with the test. */
export class TcpProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** What the server sends is thrown away. */
  isDeaf = false;
  /** New connections are closed at once. */
  isDown = false;
  /** Decides by its first bytes whether a connection gets through, or else what it is told before its end. */
  judge: (first: Buffer) => Buffer | undefined = () => undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(context: TestContext, targetPort: number): Promise<TcpProxy> {
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
      near.pipe(far);
      far.on('data', (data) => {
        if (!this.isDeaf && !near.destroyed) near.write(data);
      });
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
    });
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
