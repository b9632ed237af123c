/** Whether `allowed-origins` may list this text: an origin, a host with optional port, `null` or `*`. */
export function isOriginEntry(text: string): boolean {
  const entry = text.trim().toLowerCase();
  if (entry === '*' || entry === 'null') return true;
  if (entry.includes('://')) return normalOrigin(entry) !== undefined;
  return /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/.test(entry);
}

/**
 * The origin without the scheme's default port and without a slash at the end; undefined if it is not an
 * origin.
 * @param text lower case
 */
export function normalOrigin(text: string): string | undefined {
  // Some libraries and web views send this origin for pages that no server delivered.
  if (/^file:\/\/\/?$/.test(text)) return 'file://';
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]+\/?$/.test(text)) return undefined;
  try {
    const url = new URL(text);
    return `${url.protocol}//${url.host}`;
  } catch {
    return undefined;
  }
}
