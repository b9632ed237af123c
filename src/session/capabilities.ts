import type { Settings } from '../config/settings.ts';

/**
 * Capability bits of a VSCP server, as in the low 16 bits of the event "high end server response"
 * (VSCP specification, CLASS1.PROTOCOL, "what can you do").
 */
const CAPABILITY_AES128 = 0;
const CAPABILITY_TWO_CONNECTIONS = 3;
const CAPABILITY_TLS = 4;
const CAPABILITY_IPV4 = 5;
const CAPABILITY_IPV6 = 6;
const CAPABILITY_WEBSOCKET = 10;
const CAPABILITY_WEB = 11;

/** What this server can do as eight bytes b7…b0, most significant first. */
export function capabilitiesOf(
  settings: Pick<Settings, 'enableStatic' | 'webRoot' | 'interfaces' | 'maxClients'>,
): number[] {
  const bits = [CAPABILITY_AES128, CAPABILITY_IPV4, CAPABILITY_IPV6, CAPABILITY_WEBSOCKET];
  if (settings.maxClients !== 1) bits.push(CAPABILITY_TWO_CONNECTIONS);
  if (settings.enableStatic && settings.webRoot !== undefined) bits.push(CAPABILITY_WEB);
  if (settings.interfaces.some(({ secure }) => secure)) bits.push(CAPABILITY_TLS);
  const bytes = new Array<number>(8).fill(0);
  for (const bit of bits) {
    const index = 7 - (bit >> 3);
    bytes[index] = (bytes[index] ?? 0) | (1 << (bit & 7));
  }
  return bytes;
}
