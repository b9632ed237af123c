/** Error codes and texts that ws1 and ws2 send (VSCP specification, chapter "VSCP websockets"). */
export const PROTOCOL_ERRORS = {
  0: 'Everything is OK.',
  1: 'Syntax error.',
  2: 'Unknown command.',
  3: 'Transmit buffer full.',
  4: 'Having problems to allocate memory.',
  5: 'Not authorised.',
  6: 'Not allowed to send event.',
  7: 'Not allowed to do that (check privileges)',
  8: 'Parse error, invalid format.',
  9: "Unknown type, only know 'COMMAND' and 'EVENT'.",
  10: 'Exception or other general error.',
} as const;

export type ErrorCode = keyof typeof PROTOCOL_ERRORS;

/** Why an event is refused; the reason is said behind the code's own text. */
export interface EventRefusal {
  code: ErrorCode;
  reason?: string;
}

/** The code's text as it is sent, with what the case adds to it. */
export function errorText(code: ErrorCode, detail?: string): string {
  const text = PROTOCOL_ERRORS[code];
  return detail === undefined ? text : `${text} ${detail}`;
}

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
