import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capabilitiesOf } from '../../src/session/capabilities.ts';

const WS = { secure: false, host: '127.0.0.1', port: 8884 };
const WSS = { secure: true, host: '127.0.0.1', port: 8885 };

test('capabilities are the bits of the event, most significant byte first, as the configuration has them', () => {
  const cases = [
    // AES-128 (bit 0), two connections (3), IPv4 (5), IPv6 (6), websocket (10)
    [{ enableStatic: false, interfaces: [WS], maxClients: 100 }, [0, 0, 0, 0, 0, 0, 0x04, 0x69]],
    // … TLS (4), web (11)
    [
      { enableStatic: true, webRoot: '/srv', interfaces: [WS, WSS], maxClients: 0 },
      [0, 0, 0, 0, 0, 0, 0x0c, 0x79],
    ],
    // without a folder of files there is no web
    [{ enableStatic: true, interfaces: [WS], maxClients: 1 }, [0, 0, 0, 0, 0, 0, 0x04, 0x61]],
  ] as const;
  for (const [settings, expected] of cases) {
    assert.deepEqual(capabilitiesOf({ ...settings, interfaces: [...settings.interfaces] }), expected);
  }
});
