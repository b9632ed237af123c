/** What `allowed-origins` may list: an origin, a host with optional port, `null` or `*`. */
export function isOriginEntry(text: string): boolean {
  const entry = text.trim().toLowerCase();
  if (entry === '*' || entry === 'null') return true;
  if (entry.includes('://')) return normalOrigin(entry) !== undefined;
  return /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/.test(entry);
}

/**
 * An origin without the scheme's default port and without a slash at the end; undefined when it is none.
 * @param text lower case
 */
export function normalOrigin(text: string): string | undefined {
  // What some libraries and web views name that came from no server.
  if (/^file:\/\/\/?$/.test(text)) return 'file://';
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]+\/?$/.test(text)) return undefined;
  try {
    const url = new URL(text);
    return `${url.protocol}//${url.host}`;
  } catch {
    return undefined;
  }
}
