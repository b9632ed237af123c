/** What this browser remembers between visits. Passwords and keys are never among it. */
interface Remembered {
  user: string;
  url: string;
  theme: string | undefined;
  /** Names that the viewer gave to measurements, by series key. */
  names: Record<string, string>;
  /** Keys of the series in the plot. */
  plotted: string[];
  switches: { name: string; index: number; zone: number; subzone: number }[];
}

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
