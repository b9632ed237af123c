/** Why events of the host are held back. */
type Reason = 'pace' | 'unfinished' | 'closing';

/** Holds the host's events back while there is at least one reason to. */
export class HostHold {
  readonly #reasons = new Set<Reason>();
  readonly #setPaused: (paused: boolean) => void;

  /** @param setPaused see HostLink.setPaused */
  constructor(setPaused: (paused: boolean) => void) {
    this.#setPaused = setPaused;
  }

  set(reason: Reason, hold: boolean): void {
    if (hold) this.#reasons.add(reason);
    else this.#reasons.delete(reason);
    this.#setPaused(this.#reasons.size > 0);
  }
}
