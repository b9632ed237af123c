import { recall, remember } from '../store/memory.ts';

const EVERY_MS = 2_500;
const TONE_HZ = 880;
const TONE_S = 0.35;
const LOUDNESS = 0.2;
/** So long a browser takes at most to let a page sound that may. */
const RESUME_MS = 500;

/** The sound of alarms; browsers let a page sound only after somebody has touched it. */
export class Ringer {
  readonly #onChange: () => void;
  #context: AudioContext | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isWanted = false;
  isMuted = recall('alarmsMuted') ?? false;
  /** It rings, and the browser lets nobody hear it. */
  isBlocked = false;

  /** @param onChange `isMuted` or `isBlocked` has changed */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  mute(isMuted: boolean): void {
    this.isMuted = isMuted;
    remember('alarmsMuted', isMuted || undefined);
    this.ring(this.#isWanted);
    this.#onChange();
  }

  /** Rings until it is told otherwise. */
  ring(isWanted: boolean): void {
    this.#isWanted = isWanted;
    const isRinging = isWanted && !this.isMuted;
    if (isRinging === (this.#timer !== undefined)) return;
    clearInterval(this.#timer);
    this.#timer = isRinging ? setInterval(() => this.sound(), EVERY_MS) : undefined;
    if (isRinging) this.sound();
    else this.#block(false);
  }

  /** One tone; in answer to a touch, browsers let the page sound from then on. */
  sound(): void {
    try {
      this.#context ??= new AudioContext();
      const context = this.#context;
      void context.resume();
      const [tone, volume] = [context.createOscillator(), context.createGain()];
      tone.frequency.value = TONE_HZ;
      volume.gain.value = LOUDNESS;
      tone.connect(volume).connect(context.destination);
      tone.start();
      tone.stop(context.currentTime + TONE_S);
      setTimeout(() => this.#block(this.#timer !== undefined && context.state === 'suspended'), RESUME_MS);
    } catch (error) {
      // No sound here: the banner is there all the same.
      console.warn(error);
    }
  }

  #block(isBlocked: boolean): void {
    if (isBlocked === this.isBlocked) return;
    this.isBlocked = isBlocked;
    this.#onChange();
  }
}
