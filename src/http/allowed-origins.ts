import { normalOrigin } from '../config/origin-entry.ts';

/** Origins of web pages that the configuration lets in, in addition to the driver's own pages. */
export class AllowedOrigins {
  readonly #any: boolean;
  readonly #origins = new Set<string>();
  readonly #hosts = new Set<string>();

  /**
   * @param entries origins (`https://hmi.example`, `file://`, `null`), hosts with optional port (any scheme),
   * or `*`
   */
  constructor(entries: readonly string[]) {
    this.#any = entries.includes('*');
    for (const entry of entries) {
      const text = entry.trim().toLowerCase();
      if (text.includes('://')) this.#origins.add(normalOrigin(text) ?? text);
      else if (text === 'null') this.#origins.add(text);
      else this.#hosts.add(text);
    }
  }

  /** @param origin the Origin header */
  allows(origin: string): boolean {
    if (this.#any) return true;
    const given = origin.trim().toLowerCase();
    if (given === 'null') return this.#origins.has('null');
    const normal = normalOrigin(given);
    if (normal === undefined) return false;
    return this.#origins.has(normal) || this.#hosts.has(new URL(normal).host);
  }
}
