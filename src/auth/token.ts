import { createHmac, timingSafeEqual } from 'node:crypto';
import { isObject } from '../core/values.ts';
import { type Parsed, refused } from '../vscp/event.ts';
import type { PasswordHash } from './password.ts';
import type { Rights } from './rights.ts';
import type { User } from './user.ts';

/** Bytes of a token's secret. */
export const SECRET_SIZE = 32;
const ID_FORM = /^[0-9a-f]{16}$/;
const SECRET_FORM = /^[0-9a-f]{64}$/i;
const BEARER_FORM = /^([0-9a-f]{16})\.([0-9a-f]{64})$/i;

export const TOKENS_FILE = 'tokens.json';
export const TOKENS_VERSION = 1;

/** Lets a user log in on one device without the password. */
export interface Token {
  /** 16 lower-case hex digits. */
  id: string;
  secret: Buffer;
  /** Name of the user. */
  user: string;
  /** passwordStamp of the user's password hash; another password ends the token. */
  stamp: Buffer;
  label: string;
  /** The most that the token allows; undefined = all that the user may do. */
  rights: Rights | undefined;
  /** Works on this machine only, like the password that it was made with. */
  isLocal: boolean;
  createdMs: number;
  /** Counted from the last use. */
  lifetimeMs: number;
  lastUsedMs: number | undefined;
  lastAddress: string | undefined;
}

/** Ties a token to a password, and reveals nothing about it to anybody without the secret. */
export function passwordStamp(secret: Buffer, hash: PasswordHash): Buffer {
  const hmac = createHmac('sha256', secret).update(hash.kind);
  if (hash.kind === 'md5') hmac.update(hash.digest);
  else hmac.update(hash.salt).update(hash.key);
  return hmac.digest();
}

/** Whether the proof (hex) was made with the secret for this session id. */
export function isProof(secret: Buffer, sid: Buffer, proof: string): boolean {
  const wanted = createHmac('sha256', secret).update(sid.toString('hex').toUpperCase()).digest();
  const isForm = SECRET_FORM.test(proof);
  const given = isForm ? Buffer.from(proof, 'hex') : Buffer.alloc(SECRET_SIZE);
  return timingSafeEqual(wanted, given) && isForm;
}

/** The two parts of `id.secret`. */
export function parseBearer(text: string): { id: string; secret: Buffer } | undefined {
  const [, id, secret] = BEARER_FORM.exec(text.trim()) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  return { id: id.toLowerCase(), secret: Buffer.from(secret, 'hex') };
}

/** The user as a session with the token sees it: without the rights that the token leaves out. */
export function narrowUser(user: User, rights: Rights | undefined): User {
  if (rights === undefined) return user;
  return {
    ...user,
    rights: (user.rights & rights.bits) >>> 0,
    maySetGuid: user.maySetGuid && rights.maySetGuid,
  };
}

/** A token in the form of the file. */
export function tokenToJson(token: Token): Record<string, unknown> {
  return {
    id: token.id,
    secret: token.secret.toString('hex'),
    user: token.user,
    stamp: token.stamp.toString('hex'),
    label: token.label,
    ...(token.rights === undefined ? {} : { rights: token.rights.bits, setGuid: token.rights.maySetGuid }),
    ...(token.isLocal ? { local: true } : {}),
    created: timeText(token.createdMs),
    lifetime: token.lifetimeMs / 1000,
    ...(token.lastUsedMs === undefined ? {} : { lastUsed: timeText(token.lastUsedMs) }),
    ...(token.lastAddress === undefined ? {} : { lastAddress: token.lastAddress }),
  };
}

export function tokenFromJson(value: unknown): Parsed<Token> {
  if (!isObject(value)) return refused('a token is not an object');
  const { id, secret, user, stamp, label, created, lifetime, lastUsed, rights } = value;
  if (typeof id !== 'string' || !ID_FORM.test(id)) return refused('a token has no id');
  const isHex = (text: unknown): text is string => typeof text === 'string' && SECRET_FORM.test(text);
  const createdMs = Date.parse(String(created));
  const lastUsedMs = lastUsed === undefined ? undefined : Date.parse(String(lastUsed));
  const isRights = rights === undefined || (Number.isInteger(rights) && Number(rights) >= 0);
  const isLifetime = typeof lifetime === 'number' && lifetime > 0;
  const areTimes = !Number.isNaN(createdMs) && !Number.isNaN(lastUsedMs ?? 0) && isLifetime;
  if (!isHex(secret) || !isHex(stamp) || typeof user !== 'string' || !areTimes || !isRights) {
    return refused(`token ${id} is damaged`);
  }
  return {
    ok: true,
    value: {
      id,
      secret: Buffer.from(secret, 'hex'),
      user,
      stamp: Buffer.from(stamp, 'hex'),
      label: typeof label === 'string' ? label : '',
      rights:
        rights === undefined ? undefined : { bits: Number(rights) >>> 0, maySetGuid: value.setGuid === true },
      isLocal: value.local === true,
      createdMs,
      lifetimeMs: lifetime * 1000,
      lastUsedMs,
      lastAddress: typeof value.lastAddress === 'string' ? value.lastAddress : undefined,
    },
  };
}

/** `2026-01-31T12:00:00Z` */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** The content of the file. */
export interface TokensContent {
  tokens: Token[];
  /** See TokenClock. */
  latestMs: number;
}

export function parseTokens(content: Record<string, unknown>): Parsed<TokensContent> {
  const { tokens, latest } = content;
  if (!Array.isArray(tokens)) return refused('holds no list of tokens');
  const latestMs = Date.parse(String(latest));
  const read: Token[] = [];
  for (const given of tokens) {
    const token = tokenFromJson(given);
    if (!token.ok) return token;
    read.push(token.value);
  }
  return { ok: true, value: { tokens: read, latestMs: Number.isNaN(latestMs) ? 0 : latestMs } };
}
