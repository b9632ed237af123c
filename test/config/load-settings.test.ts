import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readVscpKey } from '../../src/config/key-file.ts';
import { loadSettings } from '../../src/config/load-settings.ts';
import type { Settings } from '../../src/config/settings.ts';
import { DEFAULT_KEY } from '../../src/core/protocol.ts';
import { tempFolder } from './temp-folder.ts';

const KEY = '0123456789ABCDEF0123456789ABCDEF';
const folder = tempFolder();
const users = folder.file('users.json', '{"users":[]}');
const key = folder.file('vscp.key', `${KEY}\n`);
const cert = folder.file('cert.pem', 'certificate');
const guid = Uint8Array.from({ length: 16 }, (_, index) => 0xf0 + index);
const context = { guid };

/** A configuration that is in order, as JSON text. */
function config(more: Record<string, unknown> = {}): string {
  return JSON.stringify({ 'path-users': users, 'key-file': key, ...more });
}

async function settingsOf(text: string): Promise<Settings> {
  const result = await loadSettings(text, context);
  assert.ok(result.ok, JSON.stringify(result));
  assert.deepEqual(
    result.warnings.filter((text) => !text.includes('is not encrypted')),
    [],
  );
  return result.settings;
}

async function refused(text: string): Promise<string[]> {
  const result = await loadSettings(text, context);
  assert.ok(!result.ok, 'was accepted');
  return result.problems;
}

async function warningsOf(text: string): Promise<string[]> {
  const result = await loadSettings(text, context);
  assert.ok(result.ok, JSON.stringify(result));
  return result.warnings;
}

test('the least configuration gets every default', async () => {
  const { rxFilter, ...settings } = await settingsOf(config());
  assert.deepEqual([rxFilter.maskPriority, rxFilter.maskClass, rxFilter.maskType], [0, 0, 0]);
  // Keys that came later are told by the table alone.
  const promised = {
    debug: false,
    interfaces: [{ secure: false, host: 'localhost', port: 8884 }],
    enableWs1: true,
    enableWs2: true,
    enableRest: true,
    enableStatic: false,
    urlWs1: '/ws1',
    urlWs2: '/ws2',
    urlRest: '/rest',
    keyFile: key,
    pathUsers: users,
    maxClients: 100,
    maxClientQueueSize: 32000,
    maxOutgoingQueueSize: 32000,
    maxIncomingQueueSize: 8192,
    logging: {
      level: 'info',
      fileEnable: false,
      fileLevel: 'info',
      filePath: '/var/log/vscp/vscpl2drv-websocksrv.log',
      filePattern: '%Y-%m-%d %H:%M:%S.%e [%l] [%n] %v',
      fileMaxSize: 5242880,
      fileMaxFiles: 7,
      consoleEnable: true,
      consoleLevel: 'info',
      consolePattern: '%Y-%m-%d %H:%M:%S.%e [%l] [%n] %v',
    },
    authTimeoutMs: 15000,
    sessionMaxAgeMs: 0,
    maxAuthFailures: 5,
    authIv: 'spec',
    eventFormat: 'classic',
    eventLayout: 'auto',
    eventData: 'host',
    maxDataToHost: 'auto',
    maxMessageSize: 65536,
    pingIntervalMs: 30000,
    slowClientTimeoutMs: 60000,
    allowedOrigins: [],
    serverNames: [],
    bindRetryMs: 0,
    trustedProxies: [],
    enableMetrics: false,
    maxHeapMb: 256,
    lastValues: 1000,
    historySize: 0,
  };
  assert.deepEqual({ ...settings, ...promised }, settings);
  assert.deepEqual([settings.tls, settings.webRoot], [undefined, undefined]);
});

test('JSON and XML, inline and in a file, mean the same', async () => {
  folder.file('web/index.html', '');
  const json = {
    debug: true,
    interface: ['ws://127.0.0.1:9000', 'ws://[::1]:9001'],
    'enable-static': true,
    'web-root': join(folder.path, 'web'),
    'max-clients': 7,
    'auth-timeout': 1.5,
    'allowed-origins': ['https://a.example', 'https://b.example:8443'],
    'trusted-proxies': ['10.0.0.0/8', '::1'],
    logging: { 'log-level': 'WARN', 'file-path': '/x/y.log', 'console-enable-log': false },
  };
  const xml = `<?xml version="1.0"?><whatever debug="yes" max_clients="7" path-users="${users}" auth_timeout="1.5">
    <key_file>${key}</key_file><enable-static>1</enable-static><web-root>${json['web-root']}</web-root>
    <interface>ws://127.0.0.1:9000</interface><interface>ws://[::1]:9001</interface>
    <allowed-origins>https://a.example, https://b.example:8443</allowed-origins>
    <trusted-proxies>10.0.0.0/8</trusted-proxies><trusted-proxies>::1</trusted-proxies>
    <logging log-level="warn" console-enable-log="0"><file-path>/x/y.log</file-path></logging></whatever>`;
  const expected = await settingsOf(config(json));
  assert.equal(expected.maxClients, 7);
  assert.deepEqual(await settingsOf(xml), expected);
  assert.deepEqual(await settingsOf(folder.file('same.json', config(json))), expected);
  assert.deepEqual(await settingsOf(folder.file('same.xml', xml)), expected);
  assert.deepEqual(await settingsOf(folder.file('same.conf', `\uFEFF\n${xml.slice(21)}`)), expected);
  assert.deepEqual(await settingsOf(`  ${folder.file('bom.json', `\uFEFF ${config(json)}`)}\n`), expected);
});

test('relative paths count from the folder of the file', async () => {
  folder.file('etc/users.xml', '<users/>');
  const file = folder.file(
    'etc/driver.json',
    '{"path-users":"users.xml","logging":{"file-path":"../log/x.log"}}',
  );
  const result = await loadSettings(file, context);
  assert.ok(result.ok);
  assert.equal(result.file, file);
  assert.equal(result.baseDir, join(folder.path, 'etc'));
  assert.equal(result.settings.pathUsers, join(folder.path, 'etc/users.xml'));
  assert.equal(result.settings.logging.filePath, join(folder.path, 'log/x.log'));
  assert.equal(result.settings.logging.fileEnable, true, 'a path alone switches the file on');
});

test('a file written for the C++ driver works unchanged and without a warning', async () => {
  const text = config({
    debug: true,
    write: true,
    'max-out-queue': 1000,
    'max-in-queue': 2000,
    interface: 'ws://localhost:8884',
    encryption: 'aes256',
    tls: { certificate: '/nowhere/cert.pem', key: '/nowhere/key.pem', ca: '' },
    logging: {
      'log-level': 'debug',
      'file-enable-log': true,
      'file-pattern': '[vscpl2drv-websocksrv %c] [%^%l%$] %v',
      'file-path': '/tmp/vscpl2drv-websocksrv.log',
      'file-max-size': 5242880,
      'file-max-files': 7,
      'console-enable-log': true,
      'console-pattern': '[vscpl2drv-websocksrv %c] [%^%l%$] %v',
    },
    filter: { 'in-filter': 'incoming filter on string form', 'in-mask': 'incoming mask on string form' },
    'mongoose-debug': true,
    'max-clients': 10,
    'url-ws1': 'ws1',
    'url-ws2': 'ws2/',
    'rx-filter': '0,0,0,-,0,0,0,-',
    'max-client-queue-size': 32000,
  });
  const settings = await settingsOf(text);
  assert.equal(settings.maxOutgoingQueueSize, 1000);
  assert.equal(settings.maxIncomingQueueSize, 2000);
  assert.equal(settings.urlWs1, '/ws1');
  assert.equal(settings.urlWs2, '/ws2');
  assert.equal(settings.tls, undefined, 'certificates are not needed without wss');
  assert.equal(settings.logging.consoleLevel, 'debug');
});

test('aliases work in XML too, and a key under its own name wins over its alias', async () => {
  const tls = `<tls certificate="/no/such" cert="${cert}" key="${cert}"/>`;
  const settings = await settingsOf(
    `<c path-users="${users}" vscp-key-file="${key}" max-out-queue="5" max-outgoing-queue-size="6" interface="wss://localhost">${tls}</c>`,
  );
  assert.equal(settings.keyFile, key);
  assert.equal(settings.maxOutgoingQueueSize, 6);
  assert.deepEqual(settings.tls, { cert, key: cert });
});

const ADDRESSES: [text: string, secure: boolean, host: string, port: number][] = [
  ['ws://localhost:8884', false, 'localhost', 8884],
  ['wss://0.0.0.0:443', true, '0.0.0.0', 443],
  ['WSS://host.example', true, 'host.example', 8884],
  ['ws://[::1]:9000', false, '::1', 9000],
  ['[::]:9000', false, '::', 9000],
  ['::1', false, '::1', 8884],
  ['192.168.1.2', false, '192.168.1.2', 8884],
  ['ws://host:1/', false, 'host', 1],
  ['9598', false, 'localhost', 9598],
  [':9598', false, '0.0.0.0', 9598],
  ['*:9598', false, '0.0.0.0', 9598],
  ['host:0', false, 'host', 0],
];

for (const [text, secure, host, port] of ADDRESSES) {
  test(`the interface ${text} is understood`, async () => {
    const settings = await settingsOf(config({ interface: text, tls: { cert, key: cert } }));
    assert.deepEqual(settings.interfaces, [{ secure, host, port }]);
  });
}

const NO_ADDRESS = 'expected an address like ws://localhost:8884, wss://[::1]:9000 or 0.0.0.0:8884';
const FILTER_FORM = 'priority,class,type,guid,priority-mask,class-mask,type-mask,guid-mask';
const BAD_VALUES: [key: string, value: unknown, problem: string][] = [
  ['debug', 'true', 'debug: found "true", expected true or false'],
  ['debug', 1, 'debug: found 1, expected true or false'],
  ['interface', 8884, 'interface: found 8884, expected text or list of listen addresses'],
  ['interface', 'tcp://x:1', `interface: found "tcp://x:1", ${NO_ADDRESS}`],
  ['interface', 'ws://300.0.0.1', `interface: found "ws://300.0.0.1", ${NO_ADDRESS}`],
  ['interface', 'ws://x:65536', `interface: found "ws://x:65536", ${NO_ADDRESS}`],
  ['interface', 'ws://[1.2.3.4]:1', `interface: found "ws://[1.2.3.4]:1", ${NO_ADDRESS}`],
  ['interface', 'ws://', `interface: found "ws://", ${NO_ADDRESS}`],
  ['interface', [], 'interface: found [], expected at least one address'],
  ['interface', ['ws://a:1', 'a:1'], 'interface: found ws://a:1 twice, expected it once'],
  ['url-ws1', '/a b', 'url-ws1: found "/a b", expected a URL path like /ws1'],
  ['url-ws2', '/ws1', 'url-ws2: found "/ws1", expected another path than url-ws1'],
  ['max-clients', 65536, 'max-clients: found 65536, expected a whole number from 0 to 65535'],
  ['max-clients', -1, 'max-clients: found -1, expected a whole number from 0 to 65535'],
  ['max-clients', 1.5, 'max-clients: found 1.5, expected a whole number from 0 to 65535'],
  ['max-clients', null, 'max-clients: found null, expected a whole number from 0 to 65535'],
  ['max-data-to-host', 513, 'max-data-to-host: found 513, expected auto or a whole number from 0 to 512'],
  [
    'max-data-to-host',
    'some',
    'max-data-to-host: found "some", expected auto or a whole number from 0 to 512',
  ],
  ['max-client-queue-size', 0, 'max-client-queue-size: found 0, expected a whole number from 1 to 1000000'],
  ['auth-iv', 'none', 'auth-iv: found "none", expected one of spec, sid, any'],
  ['event-layout', 2026, 'event-layout: found 2026, expected one of auto, classic, 2026'],
  ['auth-timeout', 0, 'auth-timeout: found 0, expected a number of seconds from 0.1 to 86400'],
  [
    'allowed-origins',
    'panel/',
    'allowed-origins: found "panel/", expected list of origins like https://hmi.example:8443, file:// or null, of hosts like hmi.example, or *',
  ],
  [
    'trusted-proxies',
    ['10.0.0.0/33'],
    'trusted-proxies: found ["10.0.0.0/33"], expected list of addresses, each with optional /bits',
  ],
  [
    'logging',
    { 'log-level': 'loud' },
    'logging.log-level: found "loud", expected one of trace, debug, info, warn, err, critical, off',
  ],
  ['logging', 'debug', 'logging: found "debug", expected a group of keys'],
  [
    'logging',
    { 'file-max-size': 0 },
    'logging.file-max-size: found 0, expected a whole number from 1 to 4294967295',
  ],
  ['tls', { cert: 1 }, 'tls.cert: found 1, expected path of a PEM file'],
  ['path-users', 5, 'path-users: found 5, expected path of the user database'],
  ['path-users', '', 'path-users: found nothing, expected path of the user database'],
  [
    'path-users',
    '/no/such/users',
    'path-users: found "/no/such/users" (no such file), expected a readable file',
  ],
  ['path-users', '/tmp', 'path-users: found "/tmp" (is a folder), expected a readable file'],
  [
    'key-file',
    users,
    `key-file: found "${users}" (at least 32 hex digits expected), expected a file with at least 32 hex digits`,
  ],
  ['key-file', '/tmp', 'key-file: found "/tmp" (is a folder), expected a file with at least 32 hex digits'],
];

for (const [name, value, problem] of BAD_VALUES) {
  test(`${name} = ${JSON.stringify(value)} is refused with what was found and expected`, async () => {
    assert.deepEqual(await refused(config({ [name]: value })), [`inline configuration:1: ${problem}`]);
  });
}

test('a bad rx-filter is refused with its form', async () => {
  const [problem] = await refused(config({ 'rx-filter': '0,0,x' }));
  assert.match(problem ?? '', /rx-filter: found "0,0,x", expected /);
  assert.ok(problem?.includes(FILTER_FORM));
});

test('a missing path-users is a problem', async () => {
  assert.deepEqual(await refused('{}'), [
    'inline configuration: path-users: found nothing, expected path of the user database',
  ]);
});

test('all problems of a file are reported at once, each with its line', async () => {
  const file = folder.file(
    'bad.json',
    `{ "max-clients": "ten",\n  "interface": ["ws://0.0.0.0:8884", "foo://x"],\n  "tls": {\n    "cert": 3 },\n  "logging": { "log-level": "loud" },\n  "max-out-queue": 0 }`,
  );
  assert.deepEqual(await refused(file), [
    `${file}:1: max-clients: found "ten", expected a whole number from 0 to 65535`,
    `${file}:2: interface: found "foo://x", ${NO_ADDRESS}`,
    `${file}:4: tls.cert: found 3, expected path of a PEM file`,
    `${file}:5: logging.log-level: found "loud", expected one of trace, debug, info, warn, err, critical, off`,
    `${file}:6: max-outgoing-queue-size: found 0, expected a whole number from 1 to 1000000`,
    `${file}: path-users: found nothing, expected path of the user database`,
  ]);
});

test('XML texts that do not fit are refused like JSON values, with lines', async () => {
  const text = `<c path-users="${users}"\n debug="perhaps"\n max-clients="1e3"><tls>x</tls>\n<url-ws1>a</url-ws1><url-ws1>b</url-ws1></c>`;
  assert.deepEqual(await refused(text), [
    'inline configuration:2: debug: found "perhaps", expected true or false',
    'inline configuration:3: max-clients: found "1e3", expected a whole number from 0 to 65535',
    'inline configuration:3: tls: found "x", expected a group of keys',
    'inline configuration:4: url-ws1: found ["a","b"], expected a URL path',
  ]);
});

test('unknown keys warn with the nearest known name', async () => {
  const text = `{"path-users":"${users}","key-file":"${key}",
    "interfase":"x", "max-client":1,
    "logging":{"loglevel":"x"},
    "cert":"x",
    "quite_another":1}`;
  assert.deepEqual(await warningsOf(text), [
    'inline configuration:2: interfase: unknown key, ignored; did you mean "interface"?',
    'inline configuration:2: max-client: unknown key, ignored; did you mean "max-clients"?',
    'inline configuration:3: logging.loglevel: unknown key, ignored; did you mean "logging.log-level"?',
    'inline configuration:4: cert: unknown key, ignored; did you mean "tls.cert"?',
    'inline configuration:5: quite_another: unknown key, ignored',
  ]);
});

test('names that objects have by themselves are unknown keys, not surprises', async () => {
  const text = `{"path-users":"${users}","key-file":"${key}","__proto__":{"debug":true},"constructor":1,"toString":2}`;
  const result = await loadSettings(text, context);
  assert.ok(result.ok);
  assert.equal(result.settings.debug, false);
  assert.equal(result.warnings.length, 3);
});

test('a key that stands twice in JSON warns', async () => {
  const text = `{"path-users":"${users}","key-file":"${key}",\n"debug":true,\n"debug":false}`;
  assert.deepEqual(await warningsOf(text), [
    'inline configuration:3: debug: given twice, the last one counts',
  ]);
});

const LOOPBACKS = [
  'ws://localhost:1',
  'ws://127.0.0.1:1',
  'ws://127.1.2.3:1',
  'ws://[::1]:1',
  'ws://[0:0:0:0:0:0:0:1]:1',
];

async function keyOf(settings: Settings): Promise<string> {
  const read = await readVscpKey(settings);
  assert.ok(read.ok);
  return read.key.toString('hex').toUpperCase();
}

for (const address of LOOPBACKS) {
  test(`without a key file ${address} gets the default key and a warning`, async () => {
    const result = await loadSettings(`{"path-users":"${users}","interface":"${address}"}`, context);
    assert.ok(result.ok);
    assert.deepEqual(await keyOf(result.settings), DEFAULT_KEY);
    assert.deepEqual(result.warnings, [
      'inline configuration: key-file: found nothing; the well-known default key is used',
    ]);
  });
}

test('a key file that is named has to be there, also on loopback: the well-known key is not taken instead', async () => {
  const [problem] = await refused(config({ 'key-file': '/no/such/key' }));
  assert.match(
    problem ?? '',
    /key-file: found "\/no\/such\/key" \(no such file\), expected a file with at least 32 hex/,
  );
});

test('a listener that others can reach without TLS is warned of, each by its address', async () => {
  const warnings = await warningsOf(
    config({ interface: ['ws://localhost:1', ':2', 'ws://[::]:3', 'ws://127.0.0.9:4'] }),
  );
  const plain = warnings.filter((text) => text.includes('is not encrypted'));
  assert.deepEqual(
    plain.map((text) => /interface: (\S+) is/.exec(text)?.[1]),
    ['ws://0.0.0.0:2', 'ws://[::]:3'],
  );
});

test('a revocation list without the authorities it belongs to is refused', async () => {
  const problems = await refused(config({ interface: 'wss://localhost', tls: { cert: key, key, crl: key } }));
  assert.deepEqual(problems, [
    'inline configuration:1: tls.crl: found a revocation list without tls.ca, expected the authorities as well',
  ]);
});

for (const address of [
  'ws://0.0.0.0:1',
  'ws://[::]:1',
  'ws://10.0.0.1:1',
  'ws://host:1',
  ['ws://localhost:1', ':2'],
]) {
  test(`without a key file a listener on ${address} is refused`, async () => {
    const [problem] = await refused(JSON.stringify({ 'path-users': users, interface: address }));
    assert.match(
      problem ?? '',
      /key-file: found nothing, expected a file with the vscp key, because ws:\/\/\S+ is not a loopback address$/,
    );
  });
}

test('the key itself in the place of its file does not reach the log', async () => {
  const open = await refused(JSON.stringify({ 'path-users': users, 'key-file': KEY, interface: ':1' }));
  const loopback = await refused(JSON.stringify({ 'path-users': users, 'key-file': KEY }));
  assert.match(open.join(), /\(32 hex digits\)/);
  assert.ok(![...open, ...loopback].join().includes(KEY));
});

test('wss needs certificate and key, and says so for each', async () => {
  assert.deepEqual(await refused(config({ interface: 'wss://localhost' })), [
    'inline configuration: tls.cert: found nothing, expected path of a PEM file, because wss:// is configured',
    'inline configuration: tls.key: found nothing, expected path of a PEM file, because wss:// is configured',
  ]);
  const missing = await refused(
    config({ interface: 'wss://localhost', tls: { cert, key: '/no/key', ca: '/no/ca' } }),
  );
  assert.deepEqual(missing, [
    'inline configuration:1: tls.key: found "/no/key" (no such file), expected a readable file',
    'inline configuration:1: tls.ca: found "/no/ca" (no such file), expected a readable file',
  ]);
});

test('keys that all users of the machine can read warn', async () => {
  chmodSync(folder.file('open.key', KEY), 0o644);
  const [warning] = await warningsOf(config({ 'key-file': join(folder.path, 'open.key') }));
  assert.match(
    warning ?? '',
    /key-file: ".*open.key" can be read by every user of this machine; chmod o-rwx it$/,
  );
});

test('a key file that vanishes does not put the well-known key on an open listener', async () => {
  const file = folder.file('vanishing.key', KEY);
  const settings = await settingsOf(config({ 'key-file': file, interface: ':1' }));
  assert.equal(await keyOf(settings), KEY);
  rmSync(file);
  const read = await readVscpKey(settings);
  assert.ok(!read.ok);
  assert.match(read.reason, /\(no such file\), expected a file with at least 32 hex digits/);
});

test('cross-checks report and leave the settings as they were read', async () => {
  const text = JSON.stringify({ 'path-users': users, 'enable-static': true });
  const result = await loadSettings(text, context);
  assert.ok(result.ok);
  assert.equal(result.warnings.length, 2);
  assert.deepEqual([result.settings.keyFile, result.settings.enableStatic], [undefined, true]);
});

test('enable-static without a usable web-root warns', async () => {
  const without = await loadSettings(config({ 'enable-static': true }), context);
  assert.ok(without.ok);
  assert.match(without.warnings[0] ?? '', /web-root: found nothing; enable-static needs it/);
  const [warning] = await warningsOf(config({ 'enable-static': true, 'web-root': '/no/such' }));
  assert.match(warning ?? '', /web-root: found "\/no\/such" \(no such file\), expected a folder/);
});

const BAD_SOURCES: [name: string, text: () => string, problem: RegExp][] = [
  ['an empty text', () => ' \n', /^no configuration given, expected JSON, XML or the path of a file$/],
  ['a missing file', () => '/no/such/file.json', /^\/no\/such\/file\.json: no such file$/],
  ['a folder', () => folder.path, /: is a folder$/],
  ['a device', () => '/dev/zero', /^\/dev\/zero: is not a plain file$/],
  ['an empty file', () => folder.file('empty', ' \n'), /empty: is empty$/],
  ['a file that is neither JSON nor XML', () => folder.file('ini', 'a = 1'), /ini: is neither JSON nor XML$/],
  [
    'a file beyond 1 MiB',
    () => folder.file('big', `{"a":"${'x'.repeat(1024 * 1024)}"}`),
    /big: is larger than 1048576 bytes$/,
  ],
  [
    'a JSON file with a fault',
    () => folder.file('f.json', '{"a":1,\n"b":}'),
    /f\.json:2:5: found "}", expected a value$/,
  ],
  [
    'an XML file with a fault',
    () => folder.file('f.xml', '<a>\n<b></a>'),
    /f\.xml:2:\d+: Unexpected close tag$/,
  ],
  [
    'an entity bomb',
    () => '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    /^inline configuration:1:\d+: a document type definition/,
  ],
  ['a path with NUL', () => '/etc/\0x', /NUL/],
];

for (const [name, text, problem] of BAD_SOURCES) {
  test(`${name} is refused with the reason`, async () => {
    const problems = await refused(text());
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', problem);
  });
}

test('a file that is not UTF-8 is refused', async () => {
  const latin = join(folder.path, 'latin1.json');
  writeFileSync(latin, Buffer.from('7b2261223a22e4227d', 'hex'));
  assert.deepEqual(await refused(latin), [`${latin}: is not UTF-8 text`]);
});

test('a folder in the place of the log file does not keep the driver from opening', async () => {
  mkdirSync(join(folder.path, 'logfolder'));
  await settingsOf(config({ logging: { 'file-path': join(folder.path, 'logfolder') } }));
});
