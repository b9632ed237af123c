import type { ConnectFailure } from './errors.ts';

/** Node's error codes by cause; a browser tells no cause. */
const CAUSES: [RegExp, ConnectFailure][] = [
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'name-not-found'],
  [/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|ECONNRESET|EHOSTDOWN)$/, 'unreachable'],
  [/CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH/, 'certificate'],
  [/response: 404/, 'path'],
  [/response: 403/, 'origin'],
  [/response: 503/, 'full'],
];

export const CONNECT_FAILURES: Record<ConnectFailure, string> = {
  'name-not-found': 'There is no machine with that name',
  unreachable: 'Nothing answers at that address and port',
  certificate: 'The certificate of the server is not trusted',
  path: 'The server has no such path (404)',
  origin: 'The server refuses pages from this origin (403)',
  full: 'The server is full (503)',
  unknown: 'No connection',
};

/** What a socket's error event tells about the reason. */
export function connectFailure(event: unknown): { reason: ConnectFailure; detail: string } {
  const { error, message } = (event ?? {}) as {
    error?: { code?: unknown; message?: unknown };
    message?: unknown;
  };
  const detail = String(error?.message ?? message ?? '');
  const said = [String(error?.code ?? ''), detail];
  const found = CAUSES.find(([form]) => said.some((text) => form.test(text)));
  return { reason: found?.[1] ?? 'unknown', detail };
}
