import { createCipheriv, randomBytes } from 'node:crypto';
import { WebSocket } from 'ws';
import { stretched } from './time-factor.ts';

/** The well-known key that drivers without a key file use. */
export const DEFAULT_KEY = Buffer.from('2DBB079A38985AF00EBEEFE22F9FFA0E', 'hex');

/** `zero-extra` has one block more than needed, `zero-16` has sixteen in all. */
export type Padding = 'zero' | 'zero-extra' | 'zero-16' | 'space' | 'pkcs7';

/** `crypto` of an AUTH command: AES-128-CBC of `user:password`, upper-case hex. */
export function encryptLogin(
  user: string,
  password: string,
  iv: Buffer,
  { key = DEFAULT_KEY, padding = 'zero' }: { key?: Buffer; padding?: Padding } = {},
): string {
  const text = Buffer.from(`${user}:${password}`);
  const cipher = createCipheriv('aes-128-cbc', key, iv).setAutoPadding(padding === 'pkcs7');
  if (padding === 'pkcs7')
    return Buffer.concat([cipher.update(text), cipher.final()])
      .toString('hex')
      .toUpperCase();
  const needed = Math.ceil(text.length / 16);
  const blocks = padding === 'zero-16' ? 16 : needed + (padding === 'zero-extra' ? 1 : 0);
  const padded = Buffer.alloc(blocks * 16, padding === 'space' ? 0x20 : 0);
  text.copy(padded);
  return Buffer.concat([cipher.update(padded), cipher.final()])
    .toString('hex')
    .toUpperCase();
}

const DEFAULT_TIMEOUT_MS = stretched(30_000);

/** A plain websocket client for tests: frames in the order they came, each awaited with a time limit. */
export class TestClient {
  readonly ws: WebSocket;
  readonly protocol: 'ws1' | 'ws2';
  sid = '';
  closed: Promise<{ code: number; reason: string }>;
  #frames: string[] = [];
  #waiter: { resolve(frame: string): void; reject(error: Error): void } | undefined;
  #end: Error | undefined;

  private constructor(ws: WebSocket, protocol: 'ws1' | 'ws2') {
    this.ws = ws;
    this.protocol = protocol;
    ws.on('message', (data) => {
      const frame = String(data);
      const waiter = this.#waiter;
      this.#waiter = undefined;
      if (waiter) waiter.resolve(frame);
      else this.#frames.push(frame);
    });
    this.closed = new Promise((resolve) => {
      ws.on('close', (code, reason) => {
        this.#end = new Error(`no frame comes: the connection was closed with ${code} ${reason}`);
        this.#waiter?.reject(this.#end);
        this.#waiter = undefined;
        resolve({ code, reason: String(reason) });
      });
    });
    ws.on('error', () => {});
  }

  /** Connects and takes the greeting. @throws when there is no answer in time */
  static async connect(url: string, options: WebSocket.ClientOptions = {}): Promise<TestClient> {
    const protocol = new URL(url).pathname.startsWith('/ws1') ? 'ws1' : 'ws2';
    const limits = { handshakeTimeout: DEFAULT_TIMEOUT_MS };
    const ws = new WebSocket(url, { perMessageDeflate: false, ...limits, ...options });
    const client = new TestClient(ws, protocol);
    await new Promise<void>((resolve, reject) => {
      ws.once('open', resolve);
      ws.once('error', reject);
    });
    const greeting = await client.next();
    client.sid = protocol === 'ws1' ? (greeting.split(';')[2] ?? '') : JSON.parse(greeting).args[1];
    return client;
  }

  send(frame: string | Buffer | object): void {
    const isText = typeof frame === 'string' || Buffer.isBuffer(frame);
    this.ws.send(isText ? frame : JSON.stringify(frame));
  }

  /** Resolves to the next frame. @throws when none comes in time, or the connection is closed before */
  async next(timeoutMs = DEFAULT_TIMEOUT_MS): Promise<string> {
    const frame = this.#frames.shift();
    if (frame !== undefined) return frame;
    if (this.#end) throw this.#end;
    let timer: NodeJS.Timeout | undefined;
    const coming = new Promise<string>((resolve, reject) => {
      timer = setTimeout(() => {
        this.#waiter = undefined;
        reject(new Error(`no frame within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiter = { resolve, reject };
    });
    return coming.finally(() => clearTimeout(timer));
  }

  async nextJson(): Promise<Record<string, unknown>> {
    return JSON.parse(await this.next());
  }

  /** Sends a frame and returns the one that comes next. */
  async ask(frame: string | Buffer | object): Promise<string> {
    this.send(frame);
    return this.next();
  }

  /** Frames that have come but were not taken. */
  get pending(): readonly string[] {
    return this.#frames;
  }

  /** Proves by a round trip that nothing else is on its way, and returns what had come before. */
  async settle(): Promise<string[]> {
    this.send(this.protocol === 'ws1' ? 'C;NOOP' : { type: 'CMD', command: 'NOOP' });
    const frames: string[] = [];
    for (;;) {
      const frame = await this.next();
      if (frame === '+;NOOP' || frame === '{"type":"+","command":"NOOP","args":null}') return frames;
      frames.push(frame);
    }
  }

  /** The AUTH request for these credentials. */
  authRequest(
    user: string,
    password: string,
    options: { key?: Buffer; padding?: Padding; iv?: Buffer } = {},
  ) {
    const iv = options.iv ?? (this.protocol === 'ws1' ? Buffer.from(this.sid, 'hex') : randomBytes(16));
    const crypto = encryptLogin(user, password, iv, options);
    const ivText = iv.toString('hex').toUpperCase();
    return this.protocol === 'ws1'
      ? `C;AUTH;${ivText};${crypto}`
      : JSON.stringify({ type: 'CMD', command: 'AUTH', args: { iv: ivText, crypto } });
  }

  /** Logs in; returns the reply. */
  async login(user = 'admin', password = 'secret'): Promise<string> {
    return this.ask(this.authRequest(user, password));
  }

  /** Logs in and opens the event channel. */
  async start(user = 'admin', password = 'secret'): Promise<void> {
    await this.login(user, password);
    await this.ask(this.protocol === 'ws1' ? 'C;OPEN' : { type: 'CMD', command: 'OPEN', args: null });
  }

  async close(): Promise<void> {
    this.ws.close();
    await this.closed;
  }
}
