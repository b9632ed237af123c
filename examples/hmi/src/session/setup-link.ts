/** What a link or QR code brings to another device. */
export interface Setup {
  /** `id.secret` */
  token: string;
  user: string;
  /** The server's vscp key, 32 hex digits, for devices that will log in with a password too. */
  key?: string;
}

declare global {
  interface Window {
    /** What a set-up link brought; there before the panel's script runs. */
    setupText?: string;
  }
}

const PREFIX = '#setup=';
const TOKEN = /^[0-9a-f]{16}\.[0-9a-f]{64}$/i;
const KEY = /^[0-9a-f]{32,}$/i;

/** The part of an address that brings a set-up, or empty; taken out of the address and the history at once. */
export function takeSetupText(): string {
  const { hash } = location;
  if (!hash.startsWith(PREFIX)) return '';
  history.replaceState(null, '', location.href.slice(0, -hash.length));
  return hash.slice(PREFIX.length);
}

/** `undefined` for a link that was cut short or is not one. */
export function readSetup(text: string): Setup | undefined {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) =>
      c.charCodeAt(0),
    );
    const { token, user, key } = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof token !== 'string' || !TOKEN.test(token) || typeof user !== 'string' || user === '')
      return undefined;
    return { token, user, ...(typeof key === 'string' && KEY.test(key) && { key }) };
  } catch {
    return undefined;
  }
}

/** The panel's address with the set-up behind it. */
export function setupLink(setup: Setup): string {
  const bytes = new TextEncoder().encode(JSON.stringify(setup));
  const text = btoa(String.fromCharCode(...bytes));
  const base64url = text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  return `${location.href.split('#')[0]}${PREFIX}${base64url}`;
}
