import type { ReadStream, Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorMessage } from '../core/errors.ts';
import type { Logger } from '../logging/logger.ts';
import type { Parsed } from '../vscp/event.ts';
import { openContained } from './contained-file.ts';
import { acceptedCodings, CODING_ENDINGS, type ContentCoding } from './content-coding.ts';
import { LogLimit } from './log-limit.ts';
import { strictHeaders } from './page-headers.ts';
import { replyText } from './replies.ts';
import { printable } from './request-path.ts';

const INDEX = 'index.html';
const NOT_FOUND_PAGE = '404.html';
const NOT_FOUND_PAGE_MAX = 256 * 1024;

/**
 * A sibling that is older than the file by more than this is stale; files unpacked together differ a little.
 */
const STALE_SLACK_MS = 2_000;

/**
 * Files that seldom change and are harmless when out of date; browsers ask for all others each time (cheap:
 * 304).
 */
const KEPT = /\.(?:png|jpe?g|gif|webp|avif|ico|svg|woff2?|ttf|otf|mp[34]|webm|ogg|wav)$/i;
const KEPT_CACHE_CONTROL = 'public, max-age=3600';
const CHECKED_CACHE_CONTROL = 'no-cache';

const PAGE = /\.html?$/i;

/**
 * Scripts that pages of other origins may load as modules, such as the client library; modules need the
 * server's permission. A classic script needs none, so this opens nothing new; data and pages stay with their
 * origin.
 */
const SCRIPT = /\.m?js$/i;

/** Failures of the file system are logged at most once in this time. */
const WARNING_INTERVAL_MS = 10_000;
const REFUSAL_INTERVAL_MS = 24 * 3_600_000;

/**
 * Loaded with the first file that is requested, because its table of content types would slow the driver's
 * start.
 */
type Send = typeof import('send');

interface OpenFile {
  handle: FileHandle;
  stats: Stats;
  /** The path as requested; it decides the content type. */
  name: string;
  coding?: ContentCoding;
  /** Whether the answer depends on Accept-Encoding. */
  varies: boolean;
  /** Headers that the page itself asks for. */
  headers: Record<string, string>;
}

/** Serves the files under a folder, and nothing outside it. */
export class StaticFiles {
  readonly #root: string;
  readonly #log: Logger;
  /** Each path is logged once a day: the reason stays the same, and robots ask for everything. */
  readonly #refusals = new LogLimit(REFUSAL_INTERVAL_MS);
  /** Imported once: later the process may have given up the rights to find the module. */
  #sender: Promise<{ default: Send }> | undefined;
  #lastWarning = Number.NEGATIVE_INFINITY;

  /** @param root the `web-root`; it may come, go and be exchanged while the server runs */
  constructor(root: string, log: Logger) {
    this.#root = root;
    this.#log = log;
  }

  /**
   * Answers a GET or HEAD request. Errors of the file system become an answer too.
   * @param path percent-encoded path without query
   */
  async serve(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const parsed = parseSegments(path);
    if (!parsed.ok) {
      replyText(request, response, 400);
      return;
    }
    const segments = parsed.value;
    if (segments.some((name) => name.startsWith('.') || name.includes('/') || name.includes('\\'))) {
      await this.#notFound(request, response);
      return;
    }
    const isFolder = path.endsWith('/');
    const found = await openContained(this.#root, isFolder ? [...segments, INDEX] : segments);
    if (found.kind === 'file') {
      const names = isFolder ? [...segments, INDEX] : segments;
      this.#sender ??= import('send');
      const { default: send } = await this.#sender;
      const headers = PAGE.test(names.at(-1) ?? '')
        ? await strictHeaders(found.handle).catch(() => ({}))
        : {};
      const file = await this.#preferCoded(request, names, found.handle, found.stats);
      this.#send(send, request, response, { ...file, headers });
    } else if (found.kind === 'folder' && !isFolder) redirectToFolder(request, response, segments);
    else if (found.kind === 'failed') this.#failed(request, response, found.reason);
    else {
      if (found.kind === 'refused') this.#logRefused(path, found.reason);
      await this.#notFound(request, response);
    }
  }

  /** Tells whoever put the file there why it is not served. */
  #logRefused(path: string, reason: string): void {
    if (!this.#refusals.isDue(path)) return;
    this.#log.warn(`web-root: ${printable(path)} exists but is not served: ${printable(reason)}`);
  }

  /** Replaces the file by a compressed sibling that the client accepts, if there is one. */
  async #preferCoded(
    request: IncomingMessage,
    names: readonly string[],
    handle: FileHandle,
    stats: Stats,
  ): Promise<Omit<OpenFile, 'headers'>> {
    const name = names.join('/');
    const wanted = acceptedCodings(request.headers['accept-encoding']?.toString());
    const others = (['br', 'gzip'] as const).filter((coding) => !wanted.includes(coding));
    for (const coding of [...wanted, ...others]) {
      const last = `${names.at(-1)}${CODING_ENDINGS[coding]}`;
      const sibling = await openContained(this.#root, [...names.slice(0, -1), last]);
      if (sibling.kind !== 'file') continue;
      const isStale = sibling.stats.mtimeMs < stats.mtimeMs - STALE_SLACK_MS;
      if (isStale || !wanted.includes(coding)) {
        await sibling.handle.close();
        if (isStale) continue;
        return { handle, stats, name, varies: true };
      }
      await handle.close();
      return { handle: sibling.handle, stats: sibling.stats, name, coding, varies: true };
    }
    return { handle, stats, name, varies: false };
  }

  #send(send: Send, request: IncomingMessage, response: ServerResponse, file: OpenFile): void {
    const { handle, stats, name } = file;
    if (response.destroyed) {
      handle.close().catch(() => undefined);
      return;
    }
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Cache-Control', KEPT.test(name) ? KEPT_CACHE_CONTROL : CHECKED_CACHE_CONTROL);
    for (const [header, value] of Object.entries(file.headers)) response.setHeader(header, value);
    if (SCRIPT.test(name)) response.setHeader('Access-Control-Allow-Origin', '*');
    if (file.varies) response.setHeader('Vary', 'Accept-Encoding');
    if (file.coding) response.setHeader('Content-Encoding', file.coding);
    // `send` passes its options on to fs.createReadStream, which then reads from the file that was checked.
    const options = { index: false, fd: handle };
    const transfer = Object.assign(send(request, '/', options), { res: response });
    let owned = true;
    transfer.on('stream', (stream: ReadStream) => {
      owned = false;
      endWhenCutShort(stream, response);
    });
    transfer.on('error', (error: unknown) => this.#transferFailed(request, response, error));
    response.once('close', () => {
      if (owned) handle.close().catch(() => undefined);
    });
    transfer.send(name, stats);
  }

  #transferFailed(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
    if (status === 416) {
      const contentRange = response.getHeader('Content-Range');
      replyText(request, response, 416, contentRange === undefined ? {} : { 'Content-Range': contentRange });
    } else if (status === 412) replyText(request, response, 412);
    else this.#failed(request, response, errorMessage(error));
  }

  /** Sends the installation's own 404 page when there is one and the client accepts HTML. */
  async #notFound(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const page = request.headers.accept?.includes('text/html') ? await this.#readNotFoundPage() : undefined;
    const headers = page === undefined ? {} : { 'Content-Type': 'text/html; charset=utf-8' };
    replyText(request, response, 404, headers, page);
  }

  async #readNotFoundPage(): Promise<string | undefined> {
    const found = await openContained(this.#root, [NOT_FOUND_PAGE]);
    if (found.kind !== 'file') return undefined;
    try {
      return found.stats.size > NOT_FOUND_PAGE_MAX ? undefined : await found.handle.readFile('utf8');
    } catch {
      return undefined;
    } finally {
      await found.handle.close().catch(() => undefined);
    }
  }

  #failed(request: IncomingMessage, response: ServerResponse, reason: string): void {
    const now = Date.now();
    if (Math.abs(now - this.#lastWarning) >= WARNING_INTERVAL_MS) {
      this.#lastWarning = now;
      this.#log.warn(`web-root: a file could not be read: ${printable(reason)}`);
    }
    replyText(request, response, 500);
  }
}

/** The decoded names in a percent-encoded path. */
function parseSegments(path: string): Parsed<string[]> {
  try {
    const segments = path
      .split('/')
      .filter((segment) => segment !== '')
      .map((segment) => decodeURIComponent(segment));
    if (segments.some((name) => name.includes('\0'))) return { ok: false, reason: 'NUL in a path' };
    return { ok: true, value: segments };
  } catch {
    return { ok: false, reason: 'bad percent-encoding' };
  }
}

/** Redirects to the path with a slash at the end, which relative links of a folder's page need. */
function redirectToFolder(
  request: IncomingMessage,
  response: ServerResponse,
  segments: readonly string[],
): void {
  const query = /\?[^#]*/.exec(request.url ?? '')?.[0] ?? '';
  const location = `/${segments.map(encodeURIComponent).join('/')}/${query}`;
  replyText(request, response, 301, { Location: location });
}

/**
 * Closes the connection when a file shrank while it was sent: nothing else can tell that the answer is too
 * short.
 */
function endWhenCutShort(stream: ReadStream, response: ServerResponse): void {
  stream.once('end', () => {
    if (stream.bytesRead < Number(response.getHeader('Content-Length'))) response.destroy();
  });
}
