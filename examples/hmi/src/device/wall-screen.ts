import { recall, remember } from '../store/memory.ts';
import { t } from '../texts.ts';
import { h, icon } from '../ui/dom.ts';
import { isNight, type Night } from './night.ts';

const LOOK_MS = 10_000;
/** So long after the last touch the screen is bright at night, and what somebody opened on a kiosk stays open. */
const AWAKE_MS = 60_000;
const TOUCHES = ['pointerdown', 'keydown'] as const;

/** What a screen on the wall needs: it stays on, is dim at night, shows the overview alone. All are chosen on the device. */
export class WallScreen {
  /** On a kiosk, the way to bar and menu. */
  readonly menu = h(
    'button',
    { type: 'button', class: 'kiosk-menu', 'aria-label': t('Show the bar and the menu') },
    icon('events'),
  );
  readonly #isAlarmed: () => boolean;
  readonly #timer = setInterval(() => this.#look(), LOOK_MS);
  /** What wakes a dim screen does nothing else: whoever touches it does not see what is below. */
  readonly #touched = (event: Event) => {
    const wasDim = document.documentElement.hasAttribute('data-night');
    if (wasDim) event.preventDefault();
    if (wasDim) event.stopPropagation();
    this.#isWaking = wasDim;
    this.#touchedAt = Date.now();
    this.#look();
  };
  readonly #pressed = (event: Event) => {
    if (!this.#isWaking) return;
    this.#isWaking = false;
    event.preventDefault();
    event.stopPropagation();
  };
  readonly #shown = () => this.#look();
  #touchedAt = Date.now();
  #isMenuOpen = false;
  /** The touch that woke the screen may still become a click. */
  #isWaking = false;
  #lock: WakeLockSentinel | undefined;

  /** @param isAlarmed whether there is something that everybody should see, at night too */
  constructor(isAlarmed: () => boolean) {
    this.#isAlarmed = isAlarmed;
    for (const name of TOUCHES) addEventListener(name, this.#touched, true);
    addEventListener('click', this.#pressed, true);
    document.addEventListener('visibilitychange', this.#shown);
    this.menu.addEventListener('click', () => {
      this.#isMenuOpen = true;
      this.#look();
    });
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

  get isKiosk(): boolean {
    return recall('kiosk') ?? false;
  }

  set isKiosk(isWanted: boolean) {
    remember('kiosk', isWanted || undefined);
    this.#isMenuOpen = false;
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
    for (const name of TOUCHES) removeEventListener(name, this.#touched, true);
    removeEventListener('click', this.#pressed, true);
    document.removeEventListener('visibilitychange', this.#shown);
    delete document.documentElement.dataset.night;
    delete document.documentElement.dataset.kiosk;
    void this.#lock?.release();
  }

  #look(): void {
    const now = new Date();
    const time = [now.getHours(), now.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
    const isTouched = now.getTime() - this.#touchedAt < AWAKE_MS;
    const isAwake = isTouched || this.#isAlarmed();
    const { night } = this;
    document.documentElement.toggleAttribute(
      'data-night',
      night !== undefined && isNight(night, time) && !isAwake,
    );
    this.#isMenuOpen &&= isTouched;
    const isAlone = this.isKiosk && !this.#isMenuOpen;
    document.documentElement.toggleAttribute('data-kiosk', isAlone);
    this.menu.hidden = !isAlone;
    if (this.isKiosk && !isTouched && location.hash !== '') location.hash = '#overview';
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
