import type { Authenticator } from '../auth/authenticator.ts';
import { formatEventRules } from '../auth/event-rules.ts';
import type { LoginResult } from '../auth/login.ts';
import { keyCheckOf } from '../auth/login-crypto.ts';
import { formatRemotes } from '../auth/remotes.ts';
import { isAdmin, RIGHT_RECEIVE_EVENTS, RIGHT_SET_FILTER } from '../auth/rights.ts';
import type { TokenStore } from '../auth/token-store.ts';
import type { User } from '../auth/user.ts';
import type { Protocol } from '../core/protocol.ts';
import {
  CLOSE_NOT_AUTHENTICATED,
  GREETING_WORD,
  LOGGED_IN_WORD,
  NOT_ALLOWED,
  NOT_AUTHORISED,
  SYNTAX_ERROR,
  WORDS,
} from '../core/protocol.ts';
import type { History } from '../history/history.ts';
import type { Logger } from '../logging/logger.ts';
import type { PanelStore } from '../state/panel-store.ts';
import { compileFilter } from '../vscp/filter.ts';
import { formatFilterText } from '../vscp/filter-text.ts';
import type { CommandArgs, JsonValue, Reply } from './dialect.ts';
import type { EventArchive } from './event-archive.ts';
import { GAPS_COMMAND, type Gaps } from './gaps.ts';
import { PANEL_COMMANDS } from './panel-commands.ts';
import type { Session } from './session.ts';
import { enterAs } from './session-user.ts';
import type { ServerSnapshot, ServerStats } from './stats.ts';
import { TOKEN_COMMANDS } from './token-commands.ts';
import { USER_COMMANDS, type UserAdmin } from './user-commands.ts';

/** The running server, for those who look after it. */
export interface ServerState {
  snapshot(): ServerSnapshot;
  sessions(): Iterable<Session>;
  listeners(): readonly { address: string; port: number; secure: boolean }[];
  /** Monotonic milliseconds, as of the sessions. */
  nowMs(): number;
}

/** What the commands may use of the server. */
export interface CommandServices {
  authenticator: Pick<Authenticator, 'login' | 'check' | 'loginWithToken' | 'checkBearer'>;
  /** Undefined = there are none. */
  tokens: TokenStore | undefined;
  /** Undefined = users cannot be edited from here. */
  userAdmin: UserAdmin | undefined;
  /** Undefined = the control panel keeps nothing here. */
  panel: PanelStore | undefined;
  /** The vscp key: 16 bytes. */
  key(): Buffer;
  archive: EventArchive;
  /** Undefined = nothing lasting is kept. */
  history: History | undefined;
  stats: ServerStats;
  /** Undefined = nobody but this server's host has events. */
  gaps: Gaps | undefined;
  /** What the driver is doing, for those who look after it; undefined = clients are not told. */
  state: ServerState | undefined;
  log: Logger;
  /** Driver version `major.minor.release`. */
  version: string;
  copyright: string;
  /** The driver's interfaces: itself. */
  interfaces: readonly { name: string; guid: string }[];
  /** Capability bits b7…b0 of the "what can you do" event. */
  capabilities: readonly number[];
  maxAuthFailures: number;
  /** Names of commands beyond the specification that are switched on. */
  extensions: readonly string[];
  /** To be called when user, rights or filter of a session changed. */
  audienceChanged(session: Session): void;
}

/** One verb of the protocols: what it does, and what it answers in both text forms. */
export interface Command {
  /** All spellings; upper case. */
  words: readonly string[];
  /** The word of ws1 replies, whichever spelling was sent. */
  replyWord: string;
  /** Allowed before the login. */
  beforeLogin?: true;
  /** Right that the user must have. */
  right?: number;
  /** Only for users with all rights. */
  adminOnly?: true;
  /** If set, the other protocol does not know the command. */
  only?: Protocol;
  /** Runs even if the client has gone, because of what it sent after it; other commands would answer nobody. */
  afterClose?: true;
  /** Beyond the specification: known only while the extension of that name is switched on. */
  extension?: string;
  run(session: Session, args: CommandArgs, services: CommandServices): Reply | Promise<Reply>;
}

/** Name of the extension that tells what the driver is doing. */
export const STATUS = 'STATUS';

const DONE: Reply = { ok: true };

async function login(session: Session, args: CommandArgs, services: CommandServices): Promise<Reply> {
  const outcome = await judgeLogin(session, args, services);
  if (!outcome.ok) {
    if (outcome.reason === 'abandoned') return { ok: false, code: NOT_AUTHORISED };
    services.stats.loginFailures++;
    session.renewSid();
    // That the server is busy is not the client's fault.
    if (outcome.reason !== 'overload') session.authFailures++;
    const refusal: Reply = { ok: false, code: NOT_AUTHORISED };
    if (session.authFailures >= services.maxAuthFailures) {
      refusal.close = { code: CLOSE_NOT_AUTHENTICATED, reason: 'too many failed logins' };
    }
    return refusal;
  }
  const { user } = outcome;
  if (session.closed) {
    // The client has gone, but what it sent after the login must still be judged.
    session.user = user;
    return DONE;
  }
  enterAs(session, outcome, services);
  const described = args.value('describe') === true ? { user: describeForJson(session, user) } : null;
  return { ok: true, word: LOGGED_IN_WORD, fields: describeUser(user), args: described };
}

function judgeLogin(
  session: Session,
  args: CommandArgs,
  { authenticator }: CommandServices,
): Promise<LoginResult> {
  const { sid, remoteAddress } = session;
  const abandoned = (): boolean => session.abandoned;
  const token = args.value('token');
  if (typeof token === 'string') {
    const proof = args.text(1, 'proof') ?? '';
    return authenticator.loginWithToken({ token, proof, sid, remoteAddress, abandoned });
  }
  return authenticator.login({
    protocol: session.protocol,
    sid,
    iv: args.text(0, 'iv') ?? '',
    crypto: args.text(1, 'crypto') ?? '',
    remoteAddress,
    abandoned,
  });
}

/** What a ws2 client is told about its user if it asks. */
function describeForJson({ token }: Session, user: User): { [key: string]: JsonValue } {
  return {
    name: user.name,
    fullname: user.fullname,
    rights: user.rights,
    admin: isAdmin(user),
    events: formatEventRules(user.events),
    token: token?.id ?? null,
  };
}

/** The fields of ws1's AUTH1; the password's place stays empty, not even its length is told. */
function describeUser(user: User): string[] {
  const { filter } = user;
  return [
    String(user.id),
    user.name,
    '',
    user.fullname,
    formatFilterText({
      priority: filter.filterPriority,
      class: filter.filterClass,
      type: filter.filterType,
      guid: filter.filterGuid,
    }),
    formatFilterText({
      priority: filter.maskPriority,
      class: filter.maskClass,
      type: filter.maskType,
      guid: filter.maskGuid,
    }),
    String(user.rights),
    formatRemotes(user.remotes),
    formatEventRules(user.events),
    Buffer.from(user.note).toString('base64'),
  ];
}

/** Rights change while a client is there: it learns them anew here. */
function noop(session: Session, args: CommandArgs): Reply {
  const { user } = session;
  if (user === undefined || args.value('describe') !== true) return DONE;
  return { ok: true, args: { user: describeForJson(session, user) } };
}

function setFlowing(session: Session, services: CommandServices, flowing: boolean): Reply {
  if (session.outbox.flowing !== flowing) services.stats.sessionsOpen += flowing ? 1 : -1;
  session.outbox.flowing = flowing;
  return DONE;
}

function setFilter(session: Session, args: CommandArgs, services: CommandServices): Reply {
  const filter = args.filter();
  if (!filter.ok) return { ok: false, code: SYNTAX_ERROR };
  session.filter = compileFilter(filter.value);
  services.audienceChanged(session);
  return DONE;
}

function version(asked: CommandArgs, { version, extensions, key }: CommandServices): Reply {
  const args: { [key: string]: JsonValue } = { version: `${version}-0` };
  if (asked.value('keyCheck') === true) args.keyCheck = keyCheckOf(key());
  if (extensions.length > 0) args.extensions = [...extensions];
  return { ok: true, fields: ['1.0.0.0', version], args };
}

function interfaces({ interfaces }: CommandServices): Reply {
  const texts = interfaces.map(({ name, guid }) => `${name},${guid}`);
  return { ok: true, fields: [String(texts.length), ...texts], args: texts };
}

/** The C++ client reads `args` as texts, then the first of them as a number: only an empty list does not end it. */
function wcyd({ capabilities }: CommandServices): Reply {
  return { ok: true, fields: capabilities.map(String), args: [], beside: { wcyd: [...capabilities] } };
}

const COMMANDS: readonly Command[] = [
  { words: [WORDS.noop], replyWord: WORDS.noop, beforeLogin: true, run: noop },
  {
    words: ['CHALLENGE'],
    replyWord: 'CHALLENGE',
    beforeLogin: true,
    run: ({ sidText }) => ({ ok: true, word: GREETING_WORD, fields: [sidText], args: { sid: sidText } }),
  },
  { words: [WORDS.login], replyWord: WORDS.login, beforeLogin: true, afterClose: true, run: login },
  {
    words: [WORDS.open],
    replyWord: WORDS.open,
    run: (session, _args, services) => setFlowing(session, services, true),
  },
  {
    words: [WORDS.close],
    replyWord: WORDS.close,
    beforeLogin: true,
    run: (session, _args, services) => setFlowing(session, services, false),
  },
  {
    words: ['SETFILTER', WORDS.setFilter],
    replyWord: WORDS.setFilter,
    right: RIGHT_SET_FILTER,
    run: setFilter,
  },
  {
    words: ['CLRQUEUE', WORDS.clearQueue],
    replyWord: WORDS.clearQueue,
    run: (session) => {
      session.outbox.backlog.clear();
      return DONE;
    },
  },
  {
    words: [WORDS.version, 'VER'],
    replyWord: WORDS.version,
    beforeLogin: true,
    run: (_session, args, services) => version(args, services),
  },
  {
    words: ['COPYRIGHT'],
    replyWord: 'COPYRIGHT',
    beforeLogin: true,
    run: (_session, _args, { copyright }) => ({ ok: true, fields: [copyright], args: { copyright } }),
  },
  { words: ['WCYD'], replyWord: 'WCYD', run: (_session, _args, services) => wcyd(services) },
  {
    words: ['INTERFACES'],
    replyWord: 'INTERFACES',
    run: (_session, _args, services) => interfaces(services),
  },
  {
    words: [WORDS.last],
    replyWord: WORDS.last,
    only: 'ws2',
    extension: WORDS.last,
    run: (session, args, { archive }) => archive.answer(session, args, 'last'),
  },
  {
    words: [WORDS.history],
    replyWord: WORDS.history,
    only: 'ws2',
    extension: WORDS.history,
    run: (session, args, { archive }) => archive.answer(session, args, 'history'),
  },
  // Loaded with the first such command, which only a driver with a history knows.
  {
    words: [WORDS.series],
    replyWord: WORDS.series,
    only: 'ws2',
    extension: WORDS.series,
    right: RIGHT_RECEIVE_EVENTS,
    run: async (...given) => (await import('./history-commands.ts')).series(...given),
  },
  {
    words: [WORDS.points],
    replyWord: WORDS.points,
    only: 'ws2',
    extension: WORDS.points,
    right: RIGHT_RECEIVE_EVENTS,
    run: async (...given) => (await import('./history-commands.ts')).points(...given),
  },
  GAPS_COMMAND,
  ...TOKEN_COMMANDS,
  ...USER_COMMANDS,
  ...PANEL_COMMANDS,
  // Loaded with the first such command.
  {
    words: [STATUS],
    replyWord: STATUS,
    only: 'ws2',
    extension: STATUS,
    adminOnly: true,
    run: async (_session, _args, { state }) => (await import('./status-command.ts')).status(state),
  },
];

const BY_WORD = new Map(COMMANDS.flatMap((command) => command.words.map((word) => [word, command] as const)));

/** The command of that word in that protocol; an extension that is switched off does not exist. */
export function findCommand(
  word: string,
  protocol: Protocol,
  extensions: readonly string[],
): Command | undefined {
  const command = BY_WORD.get(word);
  if (command === undefined || (command.only !== undefined && command.only !== protocol)) return undefined;
  const { extension } = command;
  return extension === undefined || extensions.includes(extension) ? command : undefined;
}

/** The state gate: why the session may not run the command, if it may not. */
export function refusalOf(session: Session, command: Command | undefined): Reply | undefined {
  if (session.user === undefined) {
    return command?.beforeLogin ? undefined : { ok: false, code: NOT_AUTHORISED };
  }
  if (command?.right !== undefined && !session.hasRight(command.right))
    return { ok: false, code: NOT_ALLOWED };
  if (command?.adminOnly && !isAdmin(session.user)) return { ok: false, code: NOT_ALLOWED };
  return undefined;
}
