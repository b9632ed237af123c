import type { IncomingMessage, ServerResponse } from 'node:http';

/** A peer has this long to send a body. */
const BODY_TIMEOUT_MS = 15_000;

/** A body, or the HTTP status with which to refuse the request. */
export type Body = { ok: true; bytes: Buffer } | { ok: false; status: 400 | 408 | 413 };

/**
 * Reads a request's body, up to `maxBytes`. After a refusal the rest of the body is not read, so the
 * connection has to end with the answer. Never rejects.
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
  timeoutMs = BODY_TIMEOUT_MS,
): Promise<Body> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    return Promise.resolve({ ok: false, status: 413 });
  }
  if (request.headers.expect !== undefined) response.writeContinue();
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => settle({ ok: false, status: 408 }), timeoutMs);
    const settle = (body: Body): void => {
      clearTimeout(timer);
      request.removeAllListeners('data').removeAllListeners('end');
      if (!body.ok) request.pause();
      resolve(body);
    };
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) settle({ ok: false, status: 413 });
      else chunks.push(chunk);
    });
    request.once('end', () => settle({ ok: true, bytes: Buffer.concat(chunks, size) }));
    request.once('close', () => settle({ ok: false, status: 400 }));
  });
}
