import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

interface LockedPackage {
  dev?: boolean;
  optional?: boolean;
  peer?: boolean;
  integrity?: string;
  resolved?: string;
  hasInstallScript?: boolean;
}

const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'));
const packages = Object.entries(lock.packages as Record<string, LockedPackage>).filter(
  ([path, { dev, optional, peer }]) => path !== '' && !dev && !optional && !peer,
);

/** Whatever runs inside the daemon. A new one is a decision: add it here with the change that brings it. */
const KNOWN = [
  ...[
    '@colors/colors',
    '@dabh/diagnostics',
    '@noble/ciphers',
    '@noble/hashes',
    'jsonc-parser',
    '@so-ric/colorspace',
    '@types/triple-beam',
    'async',
  ],
  ...[
    'color',
    'color-convert',
    'color-name',
    'color-string',
    'debug',
    'depd',
    'ee-first',
    'enabled',
    'encodeurl',
  ],
  ...[
    'escape-html',
    'etag',
    'fecha',
    'fn.name',
    'fresh',
    'http-errors',
    'inherits',
    'is-stream',
    'koffi',
    'kuler',
  ],
  ...['logform', 'mime-db', 'mime-types', 'ms', 'on-finished', 'one-time', 'range-parser', 'readable-stream'],
  ...['safe-buffer', 'safe-stable-stringify', 'sax', 'send', 'setprototypeof', 'stack-trace', 'statuses'],
  ...['string_decoder', 'text-hex', 'toidentifier', 'triple-beam', 'util-deprecate', 'winston'],
  ...['winston-transport', 'ws', 'xml2js', 'xmlbuilder'],
];

test('only known packages run inside the daemon', () => {
  const names = packages.map(([path]) => path.replace(/^.*node_modules\//, ''));
  assert.deepEqual(
    names.filter((name) => !KNOWN.includes(name)),
    [],
  );
});

test('every package is locked by a checksum', () => {
  for (const [path, { integrity }] of packages) assert.match(integrity ?? '', /^sha512-/, path);
});
