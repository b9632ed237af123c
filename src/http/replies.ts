import { type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** A peer on a bare socket has this long to take its answer. */
const REFUSAL_TIMEOUT_MS = 2_000;

/** Answers a request with a short plain text that repeats nothing of the request. */
export function replyText(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders = {},
  text = `${status} ${STATUS_CODES[status] ?? 'Error'}\n`,
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  const connection = hasBody(request) ? { Connection: 'close' } : {};
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...connection,
    ...headers,
  });
  response.end(text);
}

/** Whether the request has a body. It is not read: the connection ends with the answer instead. */
function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0;
}

/** Answers on a bare socket (upgrade refused, request unreadable) and closes it. */
export function replyRaw(socket: Duplex, status: number): void {
  const reason = STATUS_CODES[status] ?? 'Error';
  const text = `${status} ${reason}\n`;
  const timer = setTimeout(() => socket.destroy(), REFUSAL_TIMEOUT_MS);
  socket.once('close', () => clearTimeout(timer));
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.once('finish', () => socket.destroy());
  socket.resume();
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${text.length}\r\nX-Content-Type-Options: nosniff\r\n\r\n${text}`,
  );
}
