/**
 * What server and client library both know about ws1 and ws2 (VSCP specification, chapter "VSCP websockets").
 */

export type Protocol = 'ws1' | 'ws2';

/** Names by which clients ask for the protocols in the websocket handshake. */
export const SUB_PROTOCOLS: Readonly<Record<Protocol, string>> = { ws1: 'vscp-std', ws2: 'vscp-json' };

export const DEFAULT_PORT = 8884;

/**
 * The key of installations whose administrator has set none. It protects nothing, since everybody knows it.
 */
export const DEFAULT_KEY = '2DBB079A38985AF00EBEEFE22F9FFA0E';
/** Hex digits of a key, of an iv and of a session id (sid): 16 bytes. */
export const KEY_DIGITS = 32;

/** Words of the commands that the client library sends, as positive replies carry them. */
export const WORDS = {
  noop: 'NOOP',
  login: 'AUTH',
  open: 'OPEN',
  close: 'CLOSE',
  setFilter: 'SF',
  clearQueue: 'CLRQ',
  version: 'VERSION',
  last: 'LAST',
  history: 'HISTORY',
  series: 'SERIES',
  points: 'POINTS',
  token: 'TOKEN',
  tokens: 'TOKENS',
  revoke: 'REVOKE',
  gaps: 'GAPS',
} as const;
/** What a reply to something other than a command carries in place of the command word. */
export const GREETING_WORD = 'AUTH0';
export const LOGGED_IN_WORD = 'AUTH1';
export const EVENT_WORD = 'EVENT';
/** Begins a notice of lost events, which answers no request; only clients that sent GAPS get it. */
export const GAP_WORD = 'GAP';

/** Error codes of negative replies. */
export const SYNTAX_ERROR = 1;
export const UNKNOWN_COMMAND = 2;
export const TRANSMIT_BUFFER_FULL = 3;
export const NOT_AUTHORISED = 5;
export const NOT_ALLOWED_TO_SEND = 6;
export const NOT_ALLOWED = 7;
export const PARSE_ERROR = 8;
export const UNKNOWN_TYPE = 9;
export const GENERAL_ERROR = 10;

/** Websocket close codes the server sends; 44xx are the project's own. */
export const CLOSE_GOING_AWAY = 1001;
export const CLOSE_SLOW_CLIENT = 1013;
export const CLOSE_NOT_AUTHENTICATED = 4401;
export const CLOSE_USER_REMOVED = 4403;
