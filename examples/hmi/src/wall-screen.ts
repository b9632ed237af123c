import { recall, remember } from './memory.ts';
import { isNight, type Night } from './night.ts';

const LOOK_MS = 10_000;
/** So long the screen is bright after somebody touched it at night. */
const AWAKE_MS = 60_000;

/** What a screen on the wall needs: it stays on, and is dim at night. Both are chosen on the device. */
export class WallScreen {
  readonly #isAlarmed: () => boolean;
  readonly #timer = setInterval(() => this.#look(), LOOK_MS);
  readonly #touched = () => {
    this.#touchedAt = Date.now();
    this.#look();
  };
  readonly #shown = () => this.#look();
  #touchedAt = Date.now();
  #lock: WakeLockSentinel | undefined;

  /** @param isAlarmed whether there is something that everybody should see, at night too */
  constructor(isAlarmed: () => boolean) {
    this.#isAlarmed = isAlarmed;
    for (const name of ['pointerdown', 'keydown'] as const) addEventListener(name, this.#touched);
    document.addEventListener('visibilitychange', this.#shown);
    this.#look();
  }

  get canKeepAwake(): boolean {
    return 'wakeLock' in navigator;
  }

  get isKeptAwake(): boolean {
    return recall('keepAwake') ?? false;
  }

  set isKeptAwake(isWanted: boolean) {
    remember('keepAwake', isWanted || undefined);
    this.#look();
  }

  get night(): Night | undefined {
    return recall('night');
  }

  set night(night: Night | undefined) {
    remember('night', night);
    this.#look();
  }

  end(): void {
    clearInterval(this.#timer);
    for (const name of ['pointerdown', 'keydown'] as const) removeEventListener(name, this.#touched);
    document.removeEventListener('visibilitychange', this.#shown);
    delete document.documentElement.dataset.night;
    void this.#lock?.release();
  }

  #look(): void {
    const now = new Date();
    const time = [now.getHours(), now.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
    const isAwake = now.getTime() - this.#touchedAt < AWAKE_MS || this.#isAlarmed();
    const { night } = this;
    document.documentElement.toggleAttribute(
      'data-night',
      night !== undefined && isNight(night, time) && !isAwake,
    );
    void this.#stayAwake();
  }

  /** The browser takes the lock back whenever the page is hidden. */
  async #stayAwake(): Promise<void> {
    const isWanted = this.isKeptAwake && this.canKeepAwake && document.visibilityState === 'visible';
    const isHeld = this.#lock !== undefined && !this.#lock.released;
    try {
      if (isWanted && !isHeld) this.#lock = await navigator.wakeLock.request('screen');
      else if (!isWanted && isHeld) await this.#lock?.release();
    } catch {
      // Refused, as with an empty battery; the next look tries again.
    }
  }
}
