import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainAddress, TrustedProxies } from '../../src/http/trusted-proxies.ts';

const PROXIES = ['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', '::ffff:192.168.1.1'];

const TABLE: [peer: string, header: string | string[] | undefined, client: string][] = [
  ['127.0.0.1', undefined, '127.0.0.1'],
  ['127.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['::ffff:127.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['203.0.113.1', '198.51.100.7', '203.0.113.1'],
  ['127.0.0.1', '198.51.100.7, 203.0.113.9', '203.0.113.9'],
  ['127.0.0.1', '198.51.100.7, 203.0.113.9, 10.1.2.3', '203.0.113.9'],
  ['127.0.0.1', ['198.51.100.7', '203.0.113.9,10.1.2.3'], '203.0.113.9'],
  ['127.0.0.1', '10.9.9.9, 10.1.2.3', '10.9.9.9'],
  ['127.0.0.1', '203.0.113.9:4711', '203.0.113.9'],
  ['127.0.0.1', '[2001:db8::5]:4711', '2001:db8::5'],
  ['::1', '2001:db8::5', '2001:db8::5'],
  ['fd12::1', ' 2001:db8::5 ', '2001:db8::5'],
  ['192.168.1.1', '::ffff:203.0.113.9', '203.0.113.9'],
  ['127.0.0.1', 'unknown', '127.0.0.1'],
  ['127.0.0.1', '203.0.113.9, unknown, 10.1.2.3', '10.1.2.3'],
  ['127.0.0.1', '', '127.0.0.1'],
  ['127.0.0.1', ',,,', '127.0.0.1'],
  ['127.0.0.1', '1.2.3.4\r\nX: y', '127.0.0.1'],
  ['127.0.0.1', '999.1.1.1', '127.0.0.1'],
  ['fe80::1%eth0', '203.0.113.9', 'fe80::1'],
];

test('the client is the right-most forwarded address that is no trusted proxy', () => {
  const proxies = new TrustedProxies(PROXIES);
  for (const [peer, header, client] of TABLE) {
    assert.equal(proxies.clientAddress(peer, header), client, `${peer} with ${String(header)}`);
  }
});

test('without trusted proxies the header counts for nothing', () => {
  assert.equal(new TrustedProxies([]).clientAddress('127.0.0.1', '203.0.113.9'), '127.0.0.1');
});

test('entries that are no address are left out', () => {
  for (const entry of ['', 'proxy.example', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/x', '::1/129', '10.0.0']) {
    assert.equal(new TrustedProxies([entry]).clientAddress('10.0.0.1', '1.2.3.4'), '10.0.0.1', entry);
  }
});

test('an address is written without zone, and IPv4 without its IPv6 wrapping', () => {
  assert.equal(plainAddress('::ffff:1.2.3.4'), '1.2.3.4');
  assert.equal(plainAddress('fe80::1%lo'), 'fe80::1');
  assert.equal(plainAddress('::1'), '::1');
});
