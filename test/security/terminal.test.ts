import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { runCli } from '../cli/run-cli.ts';

const GUID = 'FF:FF:FF:FF:FF:FF:FF:FE:00:00:00:00:00:00:00:01';
/** Clears the screen, sets the title, in 7 and in 8 bits; begins a line of its own; turns the text round. */
const EVIL = '\u001b[2J\u001b]0;owned\u0007\u009b31m\r\nLogged in as root.\u202e';
/** Fits into a field of a text frame as well. */
const EVIL_FIELD = EVIL.replaceAll(';', ':');

type Answers = (text: string) => string[];

const WS1: Answers = (text) => {
  if (text.startsWith('C;AUTH')) return [`+;AUTH1;1;${EVIL_FIELD};x;${EVIL_FIELD};;+*;0`];
  if (!text.startsWith('C;OPEN')) return ['+;NOOP'];
  const event = (date: string, guid: string): string => `E;96,10,6,7,${date},5,${guid},128,1`;
  return ['+;OPEN', event(EVIL_FIELD, GUID), event('2026-01-02T03:04:05Z', EVIL_FIELD), event('', GUID)];
};

const WS2: Answers = (text) => {
  const { command } = JSON.parse(text);
  const event = (more: object): string =>
    JSON.stringify({
      type: 'EVENT',
      event: { vscpClass: 10, vscpType: 6, vscpGuid: GUID, vscpData: [1], ...more },
    });
  const reply = JSON.stringify({ type: '+', command, args: null });
  if (command !== 'OPEN') return [reply];
  return [reply, event({ vscpDateTime: EVIL, vscpNote: EVIL }), event({ vscpGuid: EVIL }), event({})];
};

/** A server that answers with what does harm on a terminal. */
async function maliciousServer(context: TestContext): Promise<number> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  context.after(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  server.on('connection', (socket, { url }) => {
    const isWs1 = url === '/ws1';
    const sid = 'A5'.repeat(16);
    socket.send(isWs1 ? `+;AUTH0;${sid}` : JSON.stringify({ type: '+', args: ['AUTH0', sid] }));
    socket.on('message', (data) => {
      const text = String(data);
      if (url === '/refuse' && text.includes('AUTH')) socket.close(4000, EVIL.slice(0, 40));
      else for (const answer of (isWs1 ? WS1 : WS2)(text)) socket.send(answer);
    });
  });
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

for (const [path, options] of [
  ['/ws1', []],
  ['/ws1', ['--json']],
  ['/ws2', []],
  ['/ws2', ['--json']],
  ['/refuse', []],
] as const) {
  test(`nothing that a malicious server sends over ${path} is obeyed by the terminal of monitor ${options.join()}`, async (context) => {
    const port = await maliciousServer(context);
    const args = ['monitor', `ws://127.0.0.1:${port}${path}`, '--user', 'anna', '--count', '2', ...options];
    const { code, out, err } = await runCli(args, '', { VSCP_PASSWORD: 'secret' });
    assert.equal(code, path === '/refuse' ? 1 : 0, err);
    assert.doesNotMatch(out + err, /[^\P{C}\n]|[\u2028\u2029]/u, JSON.stringify(out + err));
    assert.doesNotMatch(out + err, /^Logged in as root/m, 'no line is forged');
    assert.equal(out.split('\n').length, path === '/refuse' ? 1 : 3, out);
  });
}
