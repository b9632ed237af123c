import type { Night } from '../device/night.ts';

/** How this device logs in by itself: a token stands for the user, and can be revoked. */
export interface Device {
  /** Of another server than the page's own; earlier versions kept that of the own one too. */
  url?: string;
  user: string;
  /** `id.secret` */
  token: string;
}

/** What this browser remembers between visits. Passwords are never among it. */
interface Remembered {
  device: Device;
  /** The server's vscp key, where it is not the one that everybody knows. */
  key: string;
  /** The notice about what a neighbour can see was read. */
  plainNoticeRead: boolean;
  user: string;
  url: string;
  theme: string | undefined;
  /** Chosen on this device; undefined = as the browser says. */
  language: string | undefined;
  /** By id of an alarm, when the one began of which this device was told last; by the server's clock. */
  notified: Record<string, number>;
  /** Alarms that make no sound on this device, and those that are not shown on every page: by id, when they began. */
  alarmsSilenced: Record<string, number>;
  alarmsHidden: Record<string, number>;
  /** Alarms make no sound on this device. */
  alarmsMuted: boolean | undefined;
  /** Whether the device's screen stays on. */
  keepAwake: boolean | undefined;
  /** Whether it shows the pages alone, without bar and menu. */
  kiosk: boolean | undefined;
  /** When it is dim. */
  night: Night | undefined;
  /** Names that the viewer gave to measurements, by series key. */
  names: Record<string, string>;
  /** Ids of the things that come first on the overview. */
  favourites: string[];
  /** Keys of the series in the plot. */
  plotted: string[];
  switches: { name: string; index: number; zone: number; subzone: number }[];
}

/** What is used of the browser's storage; tests check this file without the types of a browser. */
interface TextStorage {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}
declare const localStorage: TextStorage;

const PREFIX = 'vscp-panel.';

export function recall<Name extends keyof Remembered>(name: Name): Remembered[Name] | undefined {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? undefined : (JSON.parse(text) as Remembered[Name]);
  } catch {
    return undefined;
  }
}

/** Storage may be full or forbidden; then this visit's state is simply forgotten with the page. */
export function remember<Name extends keyof Remembered>(
  name: Name,
  value: Remembered[Name] | undefined,
): void {
  try {
    if (value === undefined) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // See above.
  }
}

/** Whether anything is kept at all: browsers may be told not to. */
export function canRemember(): boolean {
  const name = `${PREFIX}trial`;
  try {
    localStorage.setItem(name, '1');
    localStorage.removeItem(name);
    return true;
  } catch {
    return false;
  }
}
