import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { stretched } from './time-factor.ts';

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A frame with every bit under the test's control; what is left out is correct for a client. */
export interface RawFrame {
  opcode?: number;
  payload?: Buffer | string;
  fin?: boolean;
  /** Bits 0x40, 0x20, 0x10 of the first byte. */
  reserved?: number;
  masked?: boolean;
  /** Bytes of the length field beyond the shortest form: 2 or 8. */
  lengthBytes?: 0 | 2 | 8;
  /** What the length field says, when that is not the payload's length. */
  claimedLength?: bigint;
  mask?: Buffer;
}

/** A control frame, or a message: those in several frames are joined. */
export interface ServerFrame {
  opcode: number;
  fin: boolean;
  payload: Buffer;
}

/** How a connection ended: with a close frame or without one. */
export interface RawEnd {
  /** The code of the server's close frame; undefined when there was none, 1005 when it contained no code. */
  code: number | undefined;
  reason: string;
}

const DEFAULT_TIMEOUT_MS = stretched(60_000);

/** The bytes of a frame (RFC 6455, 5.2). */
export function encodeFrame(frame: RawFrame): Buffer {
  const { opcode = OPCODE.text, fin = true, reserved = 0, masked = true } = frame;
  const payload = Buffer.from(frame.payload ?? '');
  const length = frame.claimedLength ?? BigInt(payload.length);
  const lengthBytes = frame.lengthBytes ?? (length < 126n ? 0 : length < 65536n ? 2 : 8);
  const header = Buffer.alloc(2 + lengthBytes);
  header[0] = (fin ? 0x80 : 0) | reserved | opcode;
  const maskBit = masked ? 0x80 : 0;
  if (lengthBytes === 0) header[1] = maskBit | Number(length);
  else header[1] = maskBit | (lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) header.writeUInt16BE(Number(length), 2);
  if (lengthBytes === 8) header.writeBigUInt64BE(length, 2);
  if (!masked) return Buffer.concat([header, payload]);
  const mask = frame.mask ?? Buffer.from([0x12, 0x34, 0x56, 0x78]);
  const coded = Buffer.from(payload);
  for (let i = 0; i < coded.length; i++) coded[i] = (coded[i] ?? 0) ^ (mask[i & 3] ?? 0);
  return Buffer.concat([header, mask, coded]);
}

/** The payload of a close frame. */
export function closePayload(code: number, reason: Buffer | string = ''): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return Buffer.concat([head, Buffer.from(reason)]);
}

/** An upgrade request; `headers` replaces or adds headers, and an empty text removes one. */
export function upgradeRequest(path: string, headers: Record<string, string> = {}): string {
  const all: Record<string, string> = {
    Host: '127.0.0.1',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    'Sec-WebSocket-Version': '13',
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === '' ? [] : [`${name}: ${value}`]));
  return `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

/** Opens a TCP (or TLS) connection; resolves when it is connected. */
export function connectSocket(
  port: number,
  tls?: ConnectionOptions,
  localAddress = '127.0.0.1',
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const way = { host: '127.0.0.1', port, localAddress };
    const socket = tls === undefined ? connect(way) : connectTls({ ...way, ...tls });
    socket.once('error', reject);
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      socket.removeListener('error', reject);
      socket.on('error', () => {});
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}

/**
 * Opens a TCP connection to a server that may refuse or reset it at any moment, which is an answer like any
 * other; resolves when the connection, or its end, has come.
 */
export function knock(port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => {});
    socket.once('connect', () => resolve(socket)).once('close', () => resolve(socket));
  });
}

/** Resolves when a socket is closed; an error before that (a reset, a write that came too late) does not matter. */
export function socketClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}

/**
 * A websocket client that keeps no rules: it sends the bytes that it is told to send and shows every message
 * that comes.
 */
export class RawWs {
  readonly socket: Socket;
  /** Settles when the connection has ended in any way. */
  readonly ended: Promise<RawEnd>;
  /** Frames that nobody has asked for yet, oldest first. */
  readonly frames: ServerFrame[] = [];
  /** Is called for each frame, which is then not kept. */
  onFrame: ((frame: ServerFrame) => void) | undefined;
  /** Whether pings are answered, as every well-behaved client does. */
  answerPings = false;
  #buffer: Buffer = Buffer.alloc(0);
  #close: RawEnd = { code: undefined, reason: '' };
  #isEnded = false;
  #parts: ServerFrame[] = [];
  #waiters: (() => void)[] = [];

  private constructor(socket: Socket, head: Buffer) {
    this.socket = socket;
    this.ended = new Promise((resolve) => {
      socket.once('close', () => {
        this.#isEnded = true;
        this.#wake();
        resolve(this.#close);
      });
    });
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    if (head.length > 0) this.#onData(head);
  }

  /** Connects and upgrades. @throws with the status line when the server refuses */
  static async connect(
    port: number,
    path = '/ws1',
    options: {
      tls?: ConnectionOptions;
      headers?: Record<string, string>;
      greeting?: boolean;
      /** The loopback address to come from. */
      localAddress?: string;
    } = {},
  ): Promise<RawWs> {
    const socket = await connectSocket(port, options.tls, options.localAddress);
    socket.write(upgradeRequest(path, options.headers));
    const client = new RawWs(socket, await readHead(socket));
    if (options.greeting !== false) await client.next();
    return client;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  send(frame: RawFrame): void {
    this.socket.write(encodeFrame(frame));
  }

  sendBytes(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  /** The next frame. @throws when the connection ends or nothing comes in time */
  async next(timeoutMs = DEFAULT_TIMEOUT_MS): Promise<ServerFrame> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const frame = this.frames.shift();
      if (frame !== undefined) return frame;
      if (this.#isEnded) throw new Error(`the connection ended: ${JSON.stringify(this.#close)}`);
      await this.#changed(deadline - performance.now());
    }
  }

  async nextText(timeoutMs = DEFAULT_TIMEOUT_MS): Promise<string> {
    return (await this.next(timeoutMs)).payload.toString();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Ends the connection by RST instead of FIN. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  #changed(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no frame came in time')), Math.max(0, timeoutMs));
      this.#waiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  #onData(chunk: Buffer): void {
    const bytes = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    let at = 0;
    for (;;) {
      const end = frameEndAt(bytes, at);
      if (end === undefined || end > bytes.length) break;
      this.#take(bytes, at, end);
      at = end;
    }
    this.#buffer = bytes.subarray(at);
    this.#wake();
  }

  #take(bytes: Buffer, at: number, end: number): void {
    const first = bytes[at] ?? 0;
    const frame = {
      opcode: first & 15,
      fin: (first & 0x80) !== 0,
      payload: bytes.subarray(at + headerSize(bytes, at), end),
    };
    if (frame.opcode === OPCODE.close) {
      const { payload } = frame;
      this.#close =
        payload.length < 2
          ? { code: 1005, reason: '' }
          : { code: payload.readUInt16BE(0), reason: payload.subarray(2).toString() };
    }
    if (this.answerPings && frame.opcode === OPCODE.ping) {
      this.send({ opcode: OPCODE.pong, payload: frame.payload });
    } else this.#deliver(frame);
  }

  /** Joins the parts of a message; control frames may come between them (RFC 6455, 5.4). */
  #deliver(frame: ServerFrame): void {
    let message = frame;
    if (frame.opcode < OPCODE.close) {
      if ((frame.opcode === OPCODE.continuation) !== this.#parts.length > 0) {
        throw new Error(`frame of kind ${frame.opcode} after ${this.#parts.length} parts of a message`);
      }
      this.#parts.push(frame);
      if (!frame.fin) return;
      const opcode = this.#parts[0]?.opcode ?? frame.opcode;
      message = { opcode, fin: true, payload: Buffer.concat(this.#parts.map(({ payload }) => payload)) };
      this.#parts = [];
    }
    if (this.onFrame !== undefined) this.onFrame(message);
    else this.frames.push(message);
  }
}

/** Server frames are never masked. */
function headerSize(bytes: Buffer, at: number): number {
  const length = bytes[at + 1] ?? 0;
  return length < 126 ? 2 : length === 126 ? 4 : 10;
}

/** Undefined while the header is incomplete. */
function frameEndAt(bytes: Buffer, at: number): number | undefined {
  if (bytes.length - at < 2) return undefined;
  const header = headerSize(bytes, at);
  if (bytes.length - at < header) return undefined;
  if (header === 2) return at + 2 + (bytes[at + 1] ?? 0);
  return header === 4 ? at + 4 + bytes.readUInt16BE(at + 2) : at + 10 + Number(bytes.readBigUInt64BE(at + 2));
}

/** Reads the answer to the upgrade from the socket; returns what came after it. */
function readHead(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let seen = Buffer.alloc(0);
    const onEnd = () => reject(new Error(`upgrade refused: ${seen.toString('latin1').split('\r\n', 1)[0]}`));
    const onData = (chunk: Buffer) => {
      seen = Buffer.concat([seen, chunk]);
      const end = seen.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.removeListener('data', onData);
      socket.removeListener('close', onEnd);
      if (seen.toString('latin1', 0, 12) === 'HTTP/1.1 101') resolve(seen.subarray(end + 4));
      else onEnd();
    };
    socket.on('data', onData);
    socket.once('close', onEnd);
  });
}
