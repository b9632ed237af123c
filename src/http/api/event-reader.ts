import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { frameEnd, payloadStart, textFrame } from '../../delivery/frame.ts';
import type { OutboxSocket } from '../../delivery/outbox.ts';
import { HttpChannel, type HttpSessions } from '../../session/http-client.ts';
import type { Session } from '../../session/session.ts';

const EVENT_STREAM_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  // Proxies that buffer answers would hold events back.
  'X-Accel-Buffering': 'no',
  // The answer ends with the connection.
  Connection: 'close',
} as const;

/** A reader has this long to take the message that the stream ends. */
const END_TIMEOUT_MS = 2000;

/** The payloads of an outbox's frames, back to back. */
function payloads(frames: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(frames.length);
  let end = 0;
  for (let at = 0; at < frames.length; at = frameEnd(frames, at)) {
    end += frames.copy(bytes, end, payloadStart(frames, at), frameEnd(frames, at));
  }
  return bytes.subarray(0, end);
}

/** Writes the websocket frames of an outbox without their headers. */
class UnframedSocket implements OutboxSocket {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get writable(): boolean {
    return this.#socket.writable;
  }

  get writableLength(): number {
    return this.#socket.writableLength;
  }

  get writableCorked(): number {
    return this.#socket.writableCorked;
  }

  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  write(frames: Buffer, done?: (error?: Error | null) => void): boolean {
    return this.#socket.write(payloads(frames), done);
  }
}

/** A client that reads events as they arrive (server-sent events, HTML standard 9.2). */
export class EventReader {
  readonly channel = new HttpChannel();
  readonly socket: OutboxSocket;
  readonly #response: ServerResponse;
  readonly #connection: Socket;
  readonly #sessions: HttpSessions;
  #session: Session | undefined;

  constructor(response: ServerResponse, connection: Socket, sessions: HttpSessions) {
    this.#response = response;
    this.#connection = connection;
    this.#sessions = sessions;
    this.socket = new UnframedSocket(connection);
  }

  /** Begins the answer; from now on the session writes to the connection. */
  begin(session: Session, headers: Record<string, string>): void {
    this.#session = session;
    const { channel } = this;
    const connection = this.#connection;
    connection.setTimeout(0);
    connection.once('close', () => channel.close());
    channel.onClosed = (code, reason) => this.#end(code, reason);
    channel.onPing = () => {
      // Nothing comes back: a reader that is gone shows only in that it takes nothing.
      session.missedPongs = 0;
      this.#say(': still there\n\n');
    };
    session.onRoomAgain = (dropped) => this.missed(dropped);
    const response = this.#response;
    response.useChunkedEncodingByDefault = false;
    response.writeHead(200, { ...EVENT_STREAM_HEADERS, ...headers });
    response.flushHeaders();
    this.#say(': events follow\n\n');
  }

  /** Tells how many events did not reach the reader. */
  missed(events: number): void {
    this.#say(`event: missed\ndata: {"events":${events}}\n\n`);
  }

  #say(text: string): void {
    if (this.#session === undefined) return;
    this.#session.outbox.reply(textFrame(text));
    this.#sessions.flushSoon(this.#session);
  }

  #end(code: number, reason: string): void {
    const connection = this.#connection;
    if (connection.destroyed) return;
    const said = JSON.stringify({ code, reason });
    connection.end(`event: end\ndata: ${said}\n\n`);
    // A reader that takes nothing would hold the connection for ever.
    setTimeout(() => connection.destroy(), END_TIMEOUT_MS).unref();
  }
}
