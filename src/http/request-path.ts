import type { Parsed } from '../vscp/event.ts';

/**
 * The path of a request target, still percent-encoded, without query: `/a/b?c` and `http://host/a/b?c`
 * (the form proxies use) both give `/a/b`.
 */
export function requestPath(target: string): Parsed<string> {
  const absolute = /^https?:\/\/[^/?#]*/i.exec(target);
  const local = absolute ? target.slice(absolute[0].length) : target;
  const end = local.search(/[?#]/);
  const path = end < 0 ? local : local.slice(0, end);
  if (absolute && path === '') return { ok: true, value: '/' };
  return path.startsWith('/') ? { ok: true, value: path } : { ok: false, reason: 'not a path' };
}

/** Whether the paths are the same, apart from a trailing slash. */
export function samePath(path: string, expected: string): boolean {
  return withoutTrailingSlash(path) === withoutTrailingSlash(expected);
}

function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** A request's path for the log, without the query, which may hold secrets. */
export function loggedPath({ url = '' }: { url?: string | undefined }): string {
  return printable(url.split('?', 1)[0] ?? '');
}

/** Makes a peer's text fit for a log line: printable ASCII of bounded length. */
export function printable(text: string, maxLength = 200): string {
  const clean = text.replace(/[^\x20-\x7e]/g, '?');
  return clean.length > maxLength ? `${clean.slice(0, maxLength)}...` : clean;
}
