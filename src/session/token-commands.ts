import { encryptSecret } from '../auth/login-crypto.ts';
import { isAdmin, parseRights, type Rights } from '../auth/rights.ts';
import { type Token, timeText } from '../auth/token.ts';
import {
  DEFAULT_LIFETIME_S,
  MAX_LIFETIME_S,
  MAX_TOKENS_OF_USER,
  MIN_LIFETIME_S,
  type TokenStore,
} from '../auth/token-store.ts';
import type { User } from '../auth/user.ts';
import {
  CLOSE_USER_REMOVED,
  NOT_ALLOWED,
  SYNTAX_ERROR,
  TRANSMIT_BUFFER_FULL,
  WORDS,
} from '../core/protocol.ts';
import type { Parsed } from '../vscp/event.ts';
import type { Command, CommandServices } from './commands.ts';
import type { Closing, CommandArgs, JsonValue, NegativeReply, Reply } from './dialect.ts';
import type { Session } from './session.ts';

const MAX_LABEL = 64;
/** How a session ends when its token has ended. */
export const TOKEN_ENDED: Closing = { code: CLOSE_USER_REMOVED, reason: 'token revoked' };

/** The answer to a command that a token alone does not allow, since the device may be stolen. */
export const NEEDS_PASSWORD: NegativeReply = {
  ok: false,
  code: NOT_ALLOWED,
  detail: 'Log in with the password for this.',
};

function badArgument(detail: string): NegativeReply {
  return { ok: false, code: SYNTAX_ERROR, detail };
}

async function makeToken(session: Session, args: CommandArgs, services: CommandServices): Promise<Reply> {
  const { user } = session;
  if (user === undefined || session.token !== undefined) return NEEDS_PASSWORD;
  const label = readLabel(args.value('label'));
  if (!label.ok) return badArgument(`label: ${label.reason}`);
  const lifetime = readLifetime(args.value('lifetime'));
  if (!lifetime.ok) return badArgument(`lifetime: ${lifetime.reason}`);
  const rights = readRights(args.value('rights'));
  if (!rights.ok) return badArgument(`rights: ${rights.reason}`);
  const { isLocal } = session;
  const store = storeOf(services);
  const wanted = { user, label: label.value, lifetimeS: lifetime.value, rights: rights.value, isLocal };
  const token = await store.create(wanted);
  if (token === undefined) {
    const detail = `There are ${MAX_TOKENS_OF_USER} tokens, or too many in all; revoke some.`;
    return { ok: false, code: TRANSMIT_BUFFER_FULL, detail };
  }
  services.log.info(`token ${token.id} made: ${session.describe()}`);
  return {
    ok: true,
    args: {
      id: token.id,
      ...encryptSecret(services.key(), token.secret),
      rights: rightsOf(token, user.rights),
      lifetime: lifetime.value,
      expires: timeText(store.expiresMs(token)),
    },
  };
}

function readLabel(given: unknown): Parsed<string> {
  const label = typeof given === 'string' ? given.trim() : '';
  const isGood = label !== '' && [...label].length <= MAX_LABEL && !/[\p{Cc}\p{Cs}]/u.test(label);
  return isGood ? { ok: true, value: label } : { ok: false, reason: `1 to ${MAX_LABEL} characters expected` };
}

function readLifetime(given: unknown): Parsed<number> {
  if (given === undefined || given === null) return { ok: true, value: DEFAULT_LIFETIME_S };
  const isGood =
    typeof given === 'number' &&
    Number.isInteger(given) &&
    given >= MIN_LIFETIME_S &&
    given <= MAX_LIFETIME_S;
  if (isGood) return { ok: true, value: given };
  return { ok: false, reason: `whole seconds from ${MIN_LIFETIME_S} to ${MAX_LIFETIME_S} expected` };
}

function readRights(given: unknown): Parsed<Rights | undefined> {
  return given === undefined || given === null ? { ok: true, value: undefined } : parseRights(given);
}

function rightsOf({ rights }: Token, ofUser: number): number {
  return rights === undefined ? ofUser : (rights.bits & ofUser) >>> 0;
}

function listTokens(session: Session, services: CommandServices): Reply {
  const { user } = session;
  if (user === undefined) return NEEDS_PASSWORD;
  const store = storeOf(services);
  const tokens = withinReach(session, user, store);
  return { ok: true, args: { tokens: tokens.map((token) => describeToken(token, session, store)) } };
}

/**
 * The tokens that the session may list and end: its user's, or all for an admin; with narrowed rights, its
 * own.
 */
function withinReach({ token: own }: Session, user: User, store: TokenStore): Token[] {
  const tokens = store.of(isAdmin(user) ? undefined : user.name);
  return own?.rights === undefined ? tokens : tokens.filter(({ id }) => id === own.id);
}

function describeToken(token: Token, session: Session, store: TokenStore): JsonValue {
  return {
    id: token.id,
    user: token.user,
    label: token.label,
    rights: token.rights?.bits ?? null,
    created: timeText(token.createdMs),
    expires: timeText(store.expiresMs(token)),
    lastUsed: token.lastUsedMs === undefined ? null : timeText(token.lastUsedMs),
    lastAddress: token.lastAddress ?? null,
    current: token.id === session.token?.id,
  };
}

async function revokeTokens(session: Session, args: CommandArgs, services: CommandServices): Promise<Reply> {
  const { user } = session;
  if (user === undefined) return NEEDS_PASSWORD;
  const store = storeOf(services);
  const mine = withinReach(session, user, store);
  const id = args.value('id');
  const name = args.value('user');
  if (typeof id !== 'string' && typeof name !== 'string') return badArgument('id or user expected');
  const chosen = mine.filter((token) => (typeof id === 'string' ? token.id === id : token.user === name));
  if (chosen.length === 0 && typeof id === 'string') return badArgument('id: no such token');
  const ids = chosen.map((token) => token.id);
  const revoked = await store.revoke(ids, session);
  services.log.info(`tokens revoked: ${revoked} by ${session.describe()}`);
  const isOwn = session.token !== undefined && ids.includes(session.token.id);
  return { ok: true, args: { revoked }, ...(isOwn && { close: TOKEN_ENDED }) };
}

function storeOf({ tokens }: CommandServices): TokenStore {
  if (tokens === undefined) throw new Error('there are no tokens');
  return tokens;
}

/** The commands for tokens; a token stands for a user on one device. */
export const TOKEN_COMMANDS: readonly Command[] = [
  { words: [WORDS.token], replyWord: WORDS.token, only: 'ws2', extension: WORDS.token, run: makeToken },
  {
    words: [WORDS.tokens],
    replyWord: WORDS.tokens,
    only: 'ws2',
    extension: WORDS.token,
    run: (session, _args, services) => listTokens(session, services),
  },
  { words: [WORDS.revoke], replyWord: WORDS.revoke, only: 'ws2', extension: WORDS.token, run: revokeTokens },
];
