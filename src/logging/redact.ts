const WS1_AUTH = /(C\s*;\s*AUTH\s*;)([\s\S]*)$/i;
/** A well-formed iv field, and something after it. */
const IV_FIELD = /^\s*[0-9a-f]{32}\s*;/i;
const JSON_SECRET = /("(?:crypto|password|credentials|secret|proof)"\s*:\s*)"(?:[^"\\]|\\.)*"?/gi;
const HEX_RUN = /[0-9a-f]{32,}/gi;
const IV_DIGITS = 32;
const SECRET_HINT = /auth|crypto|password|credential|secret|proof/i;

/**
 * Hides the credentials of a frame before it is logged: everything but the iv of a ws1 `C;AUTH;…`, and the
 * secrets of ws2 JSON. In any frame that looks like a login it hides other hex texts too, since the first two
 * patterns cannot know every way to misspell a frame. Only the first hex text stays, when it has the 32
 * digits of a session id or iv; the login text of a short password has as many.
 */
export function redactFrame(text: string): string {
  if (!SECRET_HINT.test(text)) return text;
  let runs = 0;
  return text
    .replace(
      WS1_AUTH,
      (_, head: string, fields: string) => `${head}${IV_FIELD.exec(fields)?.[0] ?? ''}(hidden)`,
    )
    .replace(JSON_SECRET, '$1"(hidden)"')
    .replace(HEX_RUN, (digits) =>
      runs++ === 0 && digits.length === IV_DIGITS ? digits : `(${digits.length} hex digits hidden)`,
    );
}

// C0 and C1 controls, DEL, and the two separators at which some viewers break lines.
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
const SHORT: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Writes control characters as escapes, so that a message can neither forge a line nor steer a terminal. */
export function escapeControls(text: string): string {
  return text.replace(CONTROL, (character) => {
    const code = character.charCodeAt(0);
    return SHORT[character] ?? (code < 256 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
  });
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0');
}
