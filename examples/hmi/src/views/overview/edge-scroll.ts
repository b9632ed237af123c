/** How near the top or bottom of what is to be seen. */
const EDGE_PX = 60;
const PX_PER_MS = 0.5;

/** Scrolls the page while a pointer that drags something is near the top or bottom. */
export class EdgeScroll {
  readonly #onScroll: () => void;
  #y: number | undefined;
  #frame = 0;
  #lastMs = 0;

  /** @param onScroll something else is under the pointer now */
  constructor(onScroll: () => void) {
    this.#onScroll = onScroll;
  }

  /** @param y where the pointer is in the window */
  follow(y: number): void {
    const isFollowing = this.#y !== undefined;
    this.#y = y;
    if (isFollowing) return;
    this.#lastMs = performance.now();
    this.#frame = requestAnimationFrame(this.#scroll);
  }

  end(): void {
    cancelAnimationFrame(this.#frame);
  }

  readonly #scroll = (now: number) => {
    const before = scrollY;
    const px = directionAt(this.#y ?? 0) * PX_PER_MS * Math.max(0, now - this.#lastMs);
    this.#lastMs = now;
    if (px !== 0) scrollBy({ top: px, behavior: 'instant' });
    if (scrollY !== before) this.#onScroll();
    this.#frame = requestAnimationFrame(this.#scroll);
  };
}

/** -1 = up, 1 = down, 0 = not near an edge. */
function directionAt(y: number): number {
  // What lies over the page at its top and bottom is in these.
  const { scrollPaddingTop, scrollPaddingBottom } = getComputedStyle(document.documentElement);
  const [top, bottom] = [scrollPaddingTop, scrollPaddingBottom].map((text) => Number.parseFloat(text) || 0);
  if (y < (top ?? 0) + EDGE_PX) return -1;
  return y > innerHeight - (bottom ?? 0) - EDGE_PX ? 1 : 0;
}
