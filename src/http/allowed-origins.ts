/**
 * Decides whether a web page of some origin may open a websocket. Browsers name the page's origin in the
 * upgrade request; other programs name none and are not restricted by this.
 */
export class AllowedOrigins {
  readonly #any: boolean;
  readonly #origins = new Set<string>();
  readonly #hosts = new Set<string>();

  /** @param entries origins (`https://hmi.example`), hosts with optional port (any scheme), or `*` */
  constructor(entries: readonly string[]) {
    this.#any = entries.includes('*');
    for (const entry of entries) {
      const text = entry.trim().toLowerCase();
      if (text.includes('://')) this.#origins.add(normalOrigin(text) ?? text);
      else if (text === 'null') this.#origins.add(text);
      else this.#hosts.add(text);
    }
  }

  /** @param origin the Origin header; undefined when the client sent none */
  allows(origin: string | undefined): boolean {
    if (this.#any || origin === undefined) return true;
    const given = origin.trim().toLowerCase();
    if (given === 'null') return this.#origins.has('null');
    const normal = normalOrigin(given);
    if (normal === undefined) return false;
    return this.#origins.has(normal) || this.#hosts.has(new URL(normal).host);
  }
}

/** Lower case, without the scheme's default port and without a slash at the end; undefined when no origin. */
function normalOrigin(text: string): string | undefined {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#@\s]+)\/?$/.exec(text);
  if (!match) return undefined;
  try {
    const url = new URL(text);
    return `${url.protocol}//${url.host}`;
  } catch {
    return undefined;
  }
}
