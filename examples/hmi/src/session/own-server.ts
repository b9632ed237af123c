import { EMPTY_CONFIG, PANEL_FILE, type ReadPanelConfig, readPanelConfig } from '../saved/panel-config.ts';
import { t } from '../texts.ts';

const NOT_FOUND = 404;

/** A page without the file, or with a broken one, works all the same. */
export async function loadPanelConfig(): Promise<ReadPanelConfig> {
  try {
    const response = await fetch(PANEL_FILE, { cache: 'no-cache' });
    if (response.ok) return await readPanelConfig(await response.text());
    if (response.status === NOT_FOUND) return { config: EMPTY_CONFIG, problems: [] };
    return withoutFile(t('the server does not give it out (status {status}).', { status: response.status }));
  } catch {
    return withoutFile(t('it could not be loaded.'));
  }
}

function withoutFile(problem: string): ReadPanelConfig {
  return { config: EMPTY_CONFIG, problems: [`${PANEL_FILE}: ${problem}`] };
}

/** The server this page belongs to. */
export interface OwnServer {
  /** Address of its websocket. */
  url: string;
  /** How far this device's clock is ahead of its, in milliseconds; `undefined` when it did not tell. */
  leadMs: number | undefined;
}

/** Beside the page; behind a proxy that hands requests on as they are, at the root. */
const PLACES = ['driver.json', '/driver.json'];

/** A driver or a web server that does not tell where the websocket is has it beside the page, under its usual name. */
export function usualServer(): OwnServer {
  return { url: websocketUrl('ws2', document.baseURI), leadMs: undefined };
}

/** Asks the driver where its websocket is. @returns `undefined` when it does not tell */
export async function findOwnServer(): Promise<OwnServer | undefined> {
  for (const place of PLACES) {
    try {
      const response = await fetch(place, { cache: 'no-store' });
      const { ws1, ws2 }: { ws1?: unknown; ws2?: unknown } = await response.json();
      const path = [ws2, ws1].find((candidate) => typeof candidate === 'string');
      if (!response.ok || path === undefined) continue;
      const leadMs = Date.now() - Date.parse(response.headers.get('Date') ?? '');
      return {
        url: websocketUrl(`.${path}`, response.url),
        leadMs: Number.isNaN(leadMs) ? undefined : leadMs,
      };
    } catch {
      // Not there, or not a driver's answer.
    }
  }
  return undefined;
}

function websocketUrl(path: string, base: string): string {
  const url = new URL(path, base);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.search = url.hash = '';
  return url.href;
}
