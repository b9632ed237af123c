import type { Alarm } from './alarm.ts';
import type { AlarmWords } from './alarm-words.ts';
import { Told } from './told.ts';

/** What the platform's types leave out: an alarm that rings anew is told anew. */
interface AlarmNotification extends NotificationOptions {
  renotify: boolean;
}

/** Whether the page may ask to show notifications; browsers have them on secure pages only. */
export function mayAskToNotify(): boolean {
  return 'Notification' in globalThis && isSecureContext && Notification.permission === 'default';
}

const mayNotify = () => 'Notification' in globalThis && Notification.permission === 'granted';

/** Browsers on phones have notifications for service workers only; they also outlive the page. */
async function workerHere(): Promise<ServiceWorkerRegistration | undefined> {
  const registration = await navigator.serviceWorker?.getRegistration();
  return registration?.active ? registration : undefined;
}

/** Notifications of alarms on this device: each is there until somebody has acknowledged its alarm, wherever that was. */
export class Notifier {
  /** Of the page itself, where no service worker shows them. */
  readonly #own = new Map<string, Notification>();
  readonly #told = new Told();
  #seen = '';

  /** What was asked for before is done: Chromium loses what is about to be shown when it is asked for the list. */
  #before: Promise<void> = Promise.resolve();

  show(id: string, alarm: Alarm, words: AlarmWords): Promise<void> {
    return this.#inTurn(() => this.#show(id, alarm, words));
  }

  /** Takes away those of alarms that are acknowledged, also what the page has shown before a reload. */
  tidy(alarms: ReadonlyMap<string, Alarm>): Promise<void> {
    return this.#inTurn(() => this.#tidy(alarms));
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    // The banner is there all the same.
    this.#before = this.#before.then(work).catch((error) => console.warn(error));
    return this.#before;
  }

  async #show(id: string, { since }: Alarm, { title, text }: AlarmWords): Promise<void> {
    if (!mayNotify() || !this.#told.note(id, since)) return;
    const icon = new URL('icon-192.png', document.baseURI).href;
    const options: AlarmNotification = {
      body: text,
      tag: id,
      icon,
      renotify: true,
      requireInteraction: true,
    };
    const worker = await workerHere();
    if (worker) await worker.showNotification(title, options);
    else this.#own.set(id, this.#showOwn(title, options));
  }

  async #tidy(alarms: ReadonlyMap<string, Alarm>): Promise<void> {
    if (!mayNotify()) return;
    const ids = [...alarms].flatMap(([id, { by, byAt }]) => (by === undefined ? [] : `${id} ${byAt}`)).join();
    if (ids === this.#seen) return;
    this.#seen = ids;
    const isSeen = (id: string) => alarms.get(id)?.by !== undefined;
    for (const [id, notification] of this.#own) {
      if (!isSeen(id)) continue;
      notification.close();
      this.#own.delete(id);
    }
    const shown = await workerHere().then((worker) => worker?.getNotifications());
    for (const notification of shown ?? []) if (isSeen(notification.tag)) notification.close();
  }

  #showOwn(title: string, options: NotificationOptions): Notification {
    const notification = new Notification(title, options);
    notification.onclick = () => {
      window.focus();
      location.hash = '#alarms';
      notification.close();
    };
    return notification;
  }
}
