import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { WebAccess } from './web-access.ts';

const PREFLIGHT_MAX_AGE_S = 600;

/** What a room lets pages of other origins send. */
export interface CrossOriginRules {
  methods: string;
  headers: string;
  /** Headers of answers that a page may read in addition to the usual ones. */
  exposed?: string;
}

/** Whether the page that a request comes from may have its answer. */
export type CrossOrigin =
  /** `headers` are added to the answer; they are empty when no page is involved. */
  { allowed: true; headers: OutgoingHttpHeaders } | { allowed: false; reason: string };

/** Applies CORS by `allowed-origins`; a page of a foreign origin is refused, whatever it asks for. */
export function crossOrigin(
  request: IncomingMessage,
  secure: boolean,
  access: WebAccess,
  rules: CrossOriginRules,
): CrossOrigin {
  const reason = access.upgradeRefusal(request, secure);
  if (reason !== undefined) return { allowed: false, reason };
  const { origin } = request.headers;
  if (origin === undefined || origin.trim() === '') return { allowed: true, headers: {} };
  const headers: OutgoingHttpHeaders = { 'Access-Control-Allow-Origin': origin, Vary: 'Origin' };
  if (rules.exposed !== undefined) headers['Access-Control-Expose-Headers'] = rules.exposed;
  if (request.method === 'OPTIONS') {
    headers['Access-Control-Allow-Methods'] = rules.methods;
    headers['Access-Control-Allow-Headers'] = rules.headers;
    headers['Access-Control-Max-Age'] = PREFLIGHT_MAX_AGE_S;
  }
  return { allowed: true, headers };
}

/**
 * Whether a foreign page may have caused the request by a script, an image, a form or a link. Credentials
 * that a browser adds by itself do not count for such a request. Programs do not send the header and are not
 * affected.
 */
export function isFromForeignPage({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}
