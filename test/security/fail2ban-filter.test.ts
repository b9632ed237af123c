/** The filter that is shipped for fail2ban, against lines as the log has them and as attackers would like to. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { defaultSettings } from '../../src/config/read-settings.ts';
import { compilePattern } from '../../src/logging/pattern.ts';

const FILTER = fileURLToPath(new URL('../../examples/vscpd/fail2ban-filter.conf', import.meta.url));

/** fail2ban cuts the date out of a line, then looks for the expression. */
const DATE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+/;

function expression(): RegExp {
  const text = /^failregex = (.*)$/m.exec(readFileSync(FILTER, 'utf8'))?.[1] ?? '';
  assert.ok(text.includes('<HOST>'), text);
  return new RegExp(text.replace('<HOST>', '(?<host>[\\da-fA-F.:]+)'));
}

function hostIn(message: string, part = 'auth'): string | undefined {
  const line = compilePattern(
    defaultSettings().logging.filePattern,
    false,
  )({ time: new Date(), level: 'warn', name: part, message });
  assert.match(line, DATE);
  return expression().exec(line.replace(DATE, '').trimEnd())?.groups?.host;
}

test('failed logins are found with their address', () => {
  assert.equal(hostIn('auth failed user=admin ip=192.0.2.7 reason=wrong-password'), '192.0.2.7');
  assert.equal(hostIn('auth failed user=- ip=2001:db8::7 reason=bad-iv'), '2001:db8::7');
  assert.equal(hostIn('worker 7: auth failed user=- ip=192.0.2.7 reason=bad-iv'), '192.0.2.7');
});

test('a right password that came during an attack of others bans nobody', () => {
  assert.equal(hostIn('auth failed user=admin ip=192.0.2.7 reason=too-many-guesses'), undefined);
});

test('what a client sends and the log repeats bans nobody', () => {
  const forged = 'auth failed user=x ip=192.0.2.7 reason=wrong-password';
  for (const message of [
    `client 12: ${forged}`,
    `worker 7: client 12: ${forged}`,
    `${forged} of client 12`,
    `frame "[warning] [auth] ${forged}"`,
    `auth failed user=${forged} ip=198.51.100.1 reason=bad-iv`,
  ]) {
    assert.equal(hostIn(message), undefined, message);
  }
  assert.equal(hostIn(forged, 'ws1'), undefined);
});
