import { createDecipheriv, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { extname, join } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import { type FakeEvent, filterTexts, fromJson, fromText, matcher, toJson, toText } from './fake-events.ts';

export interface FakeServerOptions {
  port?: number;
  key?: string;
  users?: Record<string, string>;
  /** Folder of static files. */
  webRoot?: string;
  extensions?: boolean;
  /** Is called for each event of a client; returns the error code of a negative reply, 0 = taken. */
  onEvent?: (event: FakeEvent, server: FakeVscpServer) => number;
  /** Is called before a frame is handled; when it returns `true`, the frame is ignored. */
  swallow?: (text: string) => boolean;
  /** Changes each frame to a client. */
  mangle?: (text: string) => string;
}

interface Session {
  socket: WebSocket;
  isWs2: boolean;
  sid: string;
  isIn: boolean;
  isOpen: boolean;
  matches: (event: FakeEvent) => boolean;
  queue: FakeEvent[];
}

const KEY = '2DBB079A38985AF00EBEEFE22F9FFA0E';
const ERRORS = [
  '',
  'Syntax error.',
  'Unknown command.',
  'Transmit buffer full.',
  '',
  'Not authorised.',
  'Not allowed to send event.',
];
const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};
const HISTORY_BOUND = 10_000;
const FREE_WORDS = new Set(['NOOP', 'AUTH', 'VERSION']);

/**
 * A replacement for the driver, just good enough to develop and test clients: it has ws1 and ws2 with real
 * sockets and real login, in this process, and options for misbehaviour.
 */
export class FakeVscpServer {
  readonly #options: FakeServerOptions;
  readonly #http: Server;
  readonly #sessions = new Set<Session>();
  readonly #last = new Map<string, FakeEvent>();
  readonly #history: FakeEvent[] = [];
  /** The text of every received frame. */
  readonly frames: string[] = [];
  #port = 0;

  private constructor(options: FakeServerOptions) {
    this.#options = options;
    this.#http = createServer((request, response) => {
      const path = (request.url ?? '/').split('?')[0] ?? '/';
      const file = path.endsWith('/') ? `${path}index.html` : path;
      readFile(join(options.webRoot ?? '/nonexistent', file)).then(
        (body) => response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain' }).end(body),
        () => response.writeHead(404).end(),
      );
    });
    const wss = new WebSocketServer({ noServer: true });
    this.#http.on('upgrade', (request, socket, head) => {
      wss.handleUpgrade(request, socket, head, (ws) => this.#connected(ws, /ws2/.test(request.url ?? '')));
    });
  }

  static async start(options: FakeServerOptions = {}): Promise<FakeVscpServer> {
    const server = new FakeVscpServer(options);
    await new Promise<void>((resolve, reject) => {
      server.#http.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    const address = server.#http.address();
    server.#port = typeof address === 'object' && address !== null ? address.port : 0;
    return server;
  }

  get port(): number {
    return this.#port;
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  url(protocol: 'ws1' | 'ws2'): string {
    return `ws://127.0.0.1:${this.#port}/${protocol}`;
  }

  /** Sends an event of the host to all sessions; `except` is the session it came from. */
  publish(event: FakeEvent, except?: Session): void {
    this.#last.set(`${event.vscpClass}.${event.vscpType}.${event.guid}.${event.data[0]}`, event);
    this.#history.push(event);
    if (this.#history.length > HISTORY_BOUND) this.#history.shift();
    for (const session of this.#sessions) {
      if (session === except || !session.isIn || !session.matches(event)) continue;
      if (session.isOpen) this.#deliver(session, event);
      else session.queue.push(event);
    }
  }

  /** Ends all connections abruptly or with a close code. */
  dropClients(code?: number): void {
    for (const { socket } of this.#sessions) {
      if (code === undefined) socket.terminate();
      else socket.close(code);
    }
  }

  /** Sends a raw frame to every client. */
  sendRaw(text: string): void {
    for (const { socket } of this.#sessions) socket.send(text);
  }

  async close(): Promise<void> {
    this.dropClients();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #connected(socket: WebSocket, isWs2: boolean): void {
    const sid = randomBytes(16).toString('hex').toUpperCase();
    const session: Session = {
      socket,
      isWs2,
      sid,
      isIn: false,
      isOpen: false,
      matches: () => true,
      queue: [],
    };
    this.#sessions.add(session);
    socket.on('close', () => this.#sessions.delete(session));
    socket.on('error', () => {});
    socket.on('message', (data) => {
      const text = String(data);
      this.frames.push(text);
      if (!this.#options.swallow?.(text)) this.#received(session, text);
    });
    this.#send(session, isWs2 ? JSON.stringify({ type: '+', args: ['AUTH0', sid] }) : `+;AUTH0;${sid}`);
  }

  #received(session: Session, text: string): void {
    if (session.isWs2) {
      const frame = JSON.parse(text) as {
        type: string;
        command: string;
        args: Record<string, unknown> | null;
        event: Record<string, unknown>;
      };
      if (frame.type === 'EVENT') this.#event(session, fromJson(frame.event));
      else this.#command(session, frame.command, frame.args ?? {});
      return;
    }
    if (text.startsWith('E;')) {
      this.#event(session, fromText(text.slice(2)));
      return;
    }
    const [, word = '', first = '', second = ''] = text.split(';');
    const args = word === 'AUTH' ? { iv: first, crypto: second } : filterTexts(first, second);
    this.#command(session, word, args);
  }

  #event(session: Session, event: FakeEvent): void {
    const code = session.isIn ? (this.#options.onEvent?.(event, this) ?? 0) : 5;
    this.#reply(session, 'EVENT', code);
    if (code === 0) this.publish(event, session);
  }

  #command(session: Session, word: string, args: Record<string, unknown>): void {
    const known = this.#options.extensions !== false;
    const extensions = known ? ['LAST', 'HISTORY'] : [];
    const verbs: Record<string, () => void> = {
      AUTH: () => this.#login(session, args),
      VERSION: () => this.#reply(session, word, 0, { version: '1.2.3-0', extensions }),
      NOOP: () => this.#reply(session, word, 0),
      SF: () => {
        session.matches = matcher(args);
        this.#reply(session, word, 0);
      },
      CLRQ: () => {
        session.queue = [];
        this.#reply(session, word, 0);
      },
      CLOSE: () => {
        session.isOpen = false;
        this.#reply(session, word, 0);
      },
      OPEN: () => {
        session.isOpen = true;
        this.#reply(session, word, 0);
        for (const event of session.queue.splice(0)) this.#deliver(session, event);
      },
    };
    if (known) {
      const events =
        word === 'LAST'
          ? [...this.#last.values()]
          : this.#history.slice(-Number(args.limit ?? HISTORY_BOUND));
      const stored = () =>
        this.#reply(session, word, 0, { events: events.filter(matcher(args)).map(toJson) });
      verbs.LAST = stored;
      verbs.HISTORY = stored;
    }
    if (!session.isIn && !FREE_WORDS.has(word)) this.#reply(session, word, 5);
    else (verbs[word] ?? (() => this.#reply(session, word, 2)))();
  }

  #login(session: Session, args: Record<string, unknown>): void {
    const { key = KEY, users = { admin: 'secret' } } = this.#options;
    let text = '';
    try {
      const decipher = createDecipheriv(
        'aes-128-cbc',
        Buffer.from(key.slice(0, 32), 'hex'),
        Buffer.from(String(args.iv), 'hex'),
      );
      text = decipher.update(String(args.crypto), 'hex', 'utf8') + decipher.final('utf8');
    } catch {
      // A wrong key shows as bad padding, a session id that was changed as a bad iv.
    }
    const [user = '', ...password] = text.split(':');
    session.isIn = args.iv === session.sid && users[user] !== undefined && users[user] === password.join(':');
    if (!session.isIn) this.#reply(session, 'AUTH', 5);
    else if (session.isWs2) this.#reply(session, 'AUTH', 0);
    else this.#send(session, `+;AUTH1;1;${user};;Full Name;0,0,0,-;0,0,0,-;4294967295;;;`);
  }

  #reply(session: Session, word: string, code: number, args?: Record<string, unknown>): void {
    const text = ERRORS[code] ?? '';
    if (!session.isWs2) {
      const extra = args?.version === undefined ? '' : `;1.0.0.0;${args.version}`;
      this.#send(session, code === 0 ? `+;${word}${extra}` : `-;${word};${code};${text}`);
      return;
    }
    const frame =
      code === 0
        ? { type: '+', command: word, args: args ?? null }
        : { type: '-', command: word, errcode: code, errstr: text };
    this.#send(session, JSON.stringify(frame));
  }

  #send({ socket }: Session, frame: string): void {
    socket.send(this.#options.mangle?.(frame) ?? frame);
  }

  #deliver(session: Session, event: FakeEvent): void {
    this.#send(
      session,
      session.isWs2 ? JSON.stringify({ type: 'EVENT', event: toJson(event) }) : `E;${toText(event)}`,
    );
  }
}
