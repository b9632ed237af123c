/** What the page's own `panel.json` says: names for what events know by number only. */
export interface PanelConfig {
  title: string;
  /** A line under the login form. */
  hint: string;
  /** Websocket address when it is not that of the page's own server. */
  url: string;
  /** Names of nodes by GUID. */
  nodes: Record<string, string>;
  /** Names of zones by `zone` or `zone.subzone`. */
  zones: Record<string, string>;
  switches: SwitchAddress[];
}

/** Where CLASS1.CONTROL events of a switch go. */
export interface SwitchAddress {
  name: string;
  index: number;
  zone: number;
  subzone: number;
}

const EMPTY: PanelConfig = { title: 'VSCP panel', hint: '', url: '', nodes: {}, zones: {}, switches: [] };

/** A page without the file, or with a broken one, works all the same. */
export async function loadPanelConfig(): Promise<PanelConfig> {
  try {
    const response = await fetch('panel.json', { cache: 'no-cache' });
    return response.ok ? { ...EMPTY, ...(await response.json()) } : EMPTY;
  } catch {
    return EMPTY;
  }
}

/** The websocket of the server this page came from. */
export function ownServerUrl(): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws2`;
}
