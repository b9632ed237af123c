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

/** Why an event is refused; the reason follows the code's own text. */
export interface EventRefusal {
  code: ErrorCode;
  reason?: string;
}

/** The code's text as it is sent, followed by the detail. */
export function errorText(code: ErrorCode, detail?: string): string {
  const text = PROTOCOL_ERRORS[code];
  return detail === undefined ? text : `${text} ${detail}`;
}
