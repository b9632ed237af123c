import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Credentials } from '../auth/login-crypto.ts';

const MAX_CREDENTIALS = 1024;

/** What a request's `Authorization` header holds. */
export type Authorization =
  | { scheme: 'none' }
  | { scheme: 'basic'; credentials: Credentials }
  | { scheme: 'bearer'; token: string }
  /** It cannot be read, or the scheme is another one. */
  | { scheme: 'other' };

/** Reads the header by RFC 7617 (UTF-8 only) and RFC 6750. */
export function readAuthorization({ headers }: IncomingMessage): Authorization {
  const { authorization } = headers;
  if (authorization === undefined) return { scheme: 'none' };
  const [, scheme = '', value = ''] = /^([a-z]+) +([\w.~+/=-]+) *$/i.exec(authorization) ?? [];
  if (value.length > MAX_CREDENTIALS) return { scheme: 'other' };
  if (scheme.toLowerCase() === 'bearer') return { scheme: 'bearer', token: value };
  if (scheme.toLowerCase() !== 'basic') return { scheme: 'other' };
  const bytes = Buffer.from(value, 'base64');
  const text = bytes.toString();
  const colon = text.indexOf(':');
  if (colon < 1 || !isUtf8(bytes)) return { scheme: 'other' };
  return { scheme: 'basic', credentials: { user: text.slice(0, colon), password: text.slice(colon + 1) } };
}
