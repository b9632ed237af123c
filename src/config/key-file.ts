import { DEFAULT_KEY, KEY_DIGITS } from '../core/protocol.ts';
import type { Parsed } from '../vscp/event.ts';
import { hideKeys } from './document.ts';
import { formatListenAddress, isLoopback } from './listen-address.ts';
import type { Settings } from './settings.ts';
import { readTextFile } from './text-file.ts';

/**
 * The AES-128 key in a vscp key file: the first 32 of its hex digits. Files with 32, 64 and 512 digits occur.
 * The reason for a refusal does not repeat the text.
 */
export function parseKeyFile(text: string): Parsed<Buffer> {
  const digits = text.trim();
  if (digits.length < KEY_DIGITS) {
    return { ok: false, reason: `at least ${KEY_DIGITS} hex digits expected` };
  }
  const first = digits.slice(0, KEY_DIGITS);
  if (!/^[0-9a-f\s]+$/i.test(digits) || !/^[0-9a-f]+$/i.test(first)) {
    return { ok: false, reason: 'only hex digits expected' };
  }
  return { ok: true, value: Buffer.from(first, 'hex') };
}

/** The vscp key in force, 16 bytes. If it is the well-known one, `file` is unset and `note` says why. */
export type VscpKey =
  | { ok: true; key: Buffer; file: string }
  | { ok: true; key: Buffer; file?: never; note: string }
  | { ok: false; reason: string };

/** Reads the key that encrypts logins. Never rejects; no text in its result contains a key. */
export async function readVscpKey(settings: Pick<Settings, 'keyFile' | 'interfaces'>): Promise<VscpKey> {
  const { keyFile, interfaces } = settings;
  if (keyFile === undefined) return wellKnownKey('found nothing', interfaces);
  const found = `found "${hideKeys(keyFile)}"`;
  const text = await readTextFile(keyFile);
  // Whoever names a file does not want the key that everybody knows.
  const key = text.ok ? parseKeyFile(text.value) : text;
  if (key.ok) return { ok: true, key: key.value, file: keyFile };
  return { ok: false, reason: `${found} (${key.reason}), expected a file with at least 32 hex digits` };
}

function wellKnownKey(found: string, interfaces: Settings['interfaces']): VscpKey {
  const open = interfaces.find((address) => !isLoopback(address));
  if (open === undefined) {
    const note = `${found}; the well-known default key is used`;
    return { ok: true, key: Buffer.from(DEFAULT_KEY, 'hex'), note };
  }
  const because = `because ${formatListenAddress(open)} is not a loopback address`;
  return { ok: false, reason: `${found}, expected a file with the vscp key, ${because}` };
}
