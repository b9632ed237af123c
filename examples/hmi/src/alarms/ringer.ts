import { recall, remember } from '../memory.ts';

const EVERY_MS = 2_500;
const TONE_HZ = 880;
const TONE_S = 0.35;
const LOUDNESS = 0.2;

/** The sound of alarms; browsers let a page sound only after somebody has touched it. */
export class Ringer {
  #context: AudioContext | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  isMuted = recall('alarmsMuted') ?? false;

  mute(isMuted: boolean): void {
    this.isMuted = isMuted;
    remember('alarmsMuted', isMuted || undefined);
  }

  /** Rings until it is told otherwise. */
  ring(isWanted: boolean): void {
    const isRinging = isWanted && !this.isMuted;
    if (isRinging === (this.#timer !== undefined)) return;
    clearInterval(this.#timer);
    this.#timer = isRinging ? setInterval(() => this.#tone(), EVERY_MS) : undefined;
    if (isRinging) this.#tone();
  }

  #tone(): void {
    try {
      this.#context ??= new AudioContext();
      void this.#context.resume();
      const [tone, volume] = [this.#context.createOscillator(), this.#context.createGain()];
      tone.frequency.value = TONE_HZ;
      volume.gain.value = LOUDNESS;
      tone.connect(volume).connect(this.#context.destination);
      tone.start();
      tone.stop(this.#context.currentTime + TONE_S);
    } catch (error) {
      // No sound here: the banner is there all the same.
      console.warn(error);
    }
  }
}

/** Whether the page may ask to show notifications; browsers have them on secure pages only. */
export function mayAskToNotify(): boolean {
  return 'Notification' in globalThis && isSecureContext && Notification.permission === 'default';
}

export function notify(title: string, body: string): void {
  if (!('Notification' in globalThis) || Notification.permission !== 'granted') return;
  try {
    new Notification(title, { body, tag: title });
  } catch {
    // Some browsers on phones have them for service workers only.
  }
}
