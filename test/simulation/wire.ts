import { Socket } from 'node:net';
import type { SeededRandom } from '../support/seeded-random.ts';

/** How a wire carries bytes. */
export interface WireNature {
  /** Longest time a piece is under way. */
  delayMs: number;
  /** Longest piece: writes are cut into such. */
  pieceBytes: number;
  /** Bytes that may be under way in one direction; a writer waits beyond them, as for a full socket buffer. */
  windowBytes: number;
}

/** One end of a simulated TCP connection: a socket without a descriptor. */
export class WireEnd extends Socket {
  override readonly remoteAddress: string;
  override readonly remotePort: number;
  override readonly localAddress = '127.0.0.1';
  override readonly localPort = 8884;
  readonly #nature: WireNature;
  readonly #random: SeededRandom;
  peer: WireEnd | undefined;
  /** Bytes that the peer has not been given yet, in order; null = the end of the stream. */
  #underWay: (Buffer | null)[] = [];
  #bytes = 0;
  #isMoving = false;
  #isStalled = false;
  #wantsMore = true;
  #written: (() => void) | undefined;

  constructor(address: { host: string; port: number }, nature: WireNature, random: SeededRandom) {
    super({ allowHalfOpen: true });
    this.remoteAddress = address.host;
    this.remotePort = address.port;
    this.#nature = nature;
    this.#random = random;
  }

  /** Nothing here stands still without the simulation's doing. */
  override setTimeout(): this {
    return this;
  }

  /** Holds back what this end has sent, or lets it go. */
  set stalled(stalled: boolean) {
    this.#isStalled = stalled;
    if (!stalled) this.#move();
  }

  override _read(): void {
    this.#wantsMore = true;
    if (this.peer !== undefined) this.peer.#move();
  }

  override _write(given: Buffer | string, encoding: BufferEncoding, done: () => void): void {
    const chunk = typeof given === 'string' ? Buffer.from(given, encoding) : given;
    for (let at = 0; at < chunk.length; ) {
      const size = Math.min(chunk.length - at, 1 + this.#random.int(this.#nature.pieceBytes));
      this.#underWay.push(Buffer.from(chunk.subarray(at, at + size)));
      at += size;
    }
    this.#bytes += chunk.length;
    this.#written = done;
    this.#release();
    this.#move();
  }

  /** What was written to a corked socket. */
  override _writev(given: { chunk: Buffer | string; encoding: BufferEncoding }[], done: () => void): void {
    const pieces = given.map(({ chunk, encoding }) =>
      typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk,
    );
    this._write(Buffer.concat(pieces), 'latin1', done);
  }

  override _final(done: () => void): void {
    this.#underWay.push(null);
    this.#move();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#underWay = [];
    this.#written = undefined;
    const { peer } = this;
    // The other end notices after a while.
    if (peer !== undefined && !peer.destroyed) {
      setTimeout(() => peer.#lost(), this.#random.int(this.#nature.delayMs + 1));
    }
    done(error);
    // Sockets emit this themselves, when their descriptor is closed.
    process.nextTick(() => this.emit('close', error !== null));
  }

  #lost(): void {
    if (this.destroyed) return;
    this.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
  }

  #release(): void {
    if (this.#written === undefined || this.#bytes > this.#nature.windowBytes) return;
    const done = this.#written;
    this.#written = undefined;
    done();
  }

  /** Gives the peer one piece after the other, each after its time. */
  #move(): void {
    if (this.#isMoving || this.#isStalled || this.#underWay.length === 0) return;
    if (this.peer === undefined || !this.peer.#wantsMore) return;
    this.#isMoving = true;
    setTimeout(
      () => {
        this.#isMoving = false;
        const { peer } = this;
        if (this.#isStalled || peer === undefined || peer.destroyed || this.destroyed) return;
        const piece = this.#underWay.shift();
        if (piece === undefined) return;
        if (piece !== null) this.#bytes -= piece.length;
        peer.#wantsMore = peer.push(piece) && piece !== null;
        this.#release();
        this.#move();
      },
      this.#random.int(this.#nature.delayMs + 1),
    );
  }
}

/** The two ends of a connection from `port` of `host`, with chances of their own. */
export function connectWire(
  address: { host: string; port: number },
  nature: WireNature,
  randomOf: (name: string) => SeededRandom,
): { client: WireEnd; server: WireEnd } {
  const client = new WireEnd(address, nature, randomOf(`${address.port} up`));
  const server = new WireEnd(address, nature, randomOf(`${address.port} down`));
  client.peer = server;
  server.peer = client;
  return { client, server };
}
