/** One page of the panel. */
export interface View {
  readonly element: HTMLElement;
  /** Brings the page up to date; called at most once per animation frame while the page is shown. */
  render(now: number): void;
  /** Another page is shown. A page of many parts lets go of them, and shows them in steps when it comes back. */
  leave?(): void;
}

/** Gathers requests to render into one call per animation frame. */
export class FrameLoop {
  readonly #render: (now: number) => void;
  /** Ages and countdowns move without events. */
  readonly #clock = setInterval(() => this.request(), 1000);
  #frame = 0;

  constructor(render: (now: number) => void) {
    this.#render = render;
  }

  stop(): void {
    clearInterval(this.#clock);
    cancelAnimationFrame(this.#frame);
    this.#frame = -1;
  }

  request(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#render(Date.now());
    });
  }
}
