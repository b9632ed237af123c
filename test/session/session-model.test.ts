import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { makeEvent } from '../support/events.ts';
import { type MemoryServer, startMemoryServer } from '../support/memory-server.ts';
import { TestClient } from '../support/ws-client.ts';

const QUEUE_SIZE = 5;
const OK = 0;

/** What a session is, said in one line each. */
interface Model {
  loggedIn: boolean;
  open: boolean;
  /** Types of the events that wait, oldest first. */
  queue: number[];
  /** The class that passes; undefined = all. */
  onlyClass: number | undefined;
  /** Logins, right and wrong; they take their time. */
  logins: number;
  failures: number;
}

interface Real {
  server: MemoryServer;
  client: TestClient;
  /** Another session, always open, whose events tell that an event has been handed out. */
  witness: TestClient;
  nextType: number;
}

type Command = fc.AsyncCommand<Model, Real>;

const is1 = (real: Real): boolean => real.client.protocol === 'ws1';

async function request(real: Real, word: string, args?: { ws1: string; ws2: object }): Promise<number> {
  const { client } = real;
  const frame = await client.ask(
    is1(real)
      ? `C;${word}${args === undefined ? '' : `;${args.ws1}`}`
      : { type: 'CMD', command: word, ...(args === undefined ? {} : { args: args.ws2 }) },
  );
  return codeOf(frame);
}

/** 0 for a positive reply, else its code. */
function codeOf(frame: string): number {
  const ws2 = frame.startsWith('{') ? JSON.parse(frame) : undefined;
  if (ws2 !== undefined) {
    assert.match(ws2.type, /^[+-]$/, frame);
    return ws2.type === '+' ? OK : ws2.errcode;
  }
  assert.match(frame, /^[+-];/);
  return frame.startsWith('+;') ? OK : Number(frame.split(';')[2]);
}

function typeOf(frame: string): number {
  return Number(/^E;\d+,\d+,(\d+),|"vscpType":(\d+)/.exec(frame)?.slice(1).find(Boolean) ?? -1);
}

async function takes(client: TestClient, types: readonly number[]): Promise<void> {
  for (const type of types) assert.equal(typeOf(await client.next()), type);
}

function command(
  name: string,
  run: (model: Model, real: Real) => Promise<void>,
  check: (model: Readonly<Model>) => boolean = () => true,
): Command {
  return {
    check,
    run: async (model, real) => {
      await run(model, real);
      assert.deepEqual(await real.client.settle(), [], 'nothing unasked');
    },
    toString: () => name,
  };
}

/** An event arrives for the session: dropped by the filter or a full queue, queued, or delivered. */
async function arrives(model: Model, real: Real, vscpClass: number, type: number): Promise<void> {
  await takes(real.witness, [type]);
  if (!model.loggedIn || (model.onlyClass !== undefined && model.onlyClass !== vscpClass)) return;
  if (model.open) await takes(real.client, [type]);
  else if (model.queue.length < QUEUE_SIZE) model.queue.push(type);
}

const allowedAnyway = (word: string): Command =>
  command(word, async (_model, real) => assert.equal(await request(real, word), OK));

const commands: fc.Arbitrary<Command>[] = [
  fc.constantFrom('NOOP', 'CHALLENGE', 'VERSION', 'COPYRIGHT').map(allowedAnyway),
  fc.constant(
    command(
      'AUTH',
      async (model, real) => {
        const iv = Buffer.from(real.client.sid, 'hex');
        assert.equal(codeOf(await real.client.ask(real.client.authRequest('admin', 'secret', { iv }))), OK);
        model.loggedIn = true;
        model.onlyClass = undefined;
        model.logins++;
      },
      ({ logins }) => logins < 2,
    ),
  ),
  fc.constant(
    command(
      'AUTH of nobody',
      async (model, real) => {
        const request = real.client.authRequest(`nobody${++nobodies}`, 'x');
        assert.equal(codeOf(await real.client.ask(request)), 5);
        model.failures++;
        const frame = await real.client.ask(is1(real) ? 'C;CHALLENGE' : { type: 'C', command: 'CHALLENGE' });
        real.client.sid = /[0-9A-F]{32}/.exec(frame)?.[0] ?? '';
      },
      ({ failures }) => failures < 1,
    ),
  ),
  fc.constant(
    command('OPEN', async (model, real) => {
      assert.equal(await request(real, 'OPEN'), model.loggedIn ? OK : 5);
      if (!model.loggedIn) return;
      await takes(real.client, model.queue.splice(0));
      model.open = true;
    }),
  ),
  fc.constant(
    command('CLOSE', async (model, real) => {
      assert.equal(await request(real, 'CLOSE'), OK);
      model.open = false;
    }),
  ),
  fc.constant(
    command('CLRQ', async (model, real) => {
      assert.equal(await request(real, 'CLRQ'), model.loggedIn ? OK : 5);
      if (model.loggedIn) model.queue = [];
    }),
  ),
  fc.constantFrom(10, 20, undefined, 'wrong').map((wanted) =>
    command(`SF ${wanted}`, async (model, real) => {
      const vscpClass = typeof wanted === 'number' ? wanted : wanted === 'wrong' ? 65536 : 0;
      const mask = wanted === undefined ? 0 : 65535;
      const args = {
        ws1: `0,${vscpClass},0,-;0,${mask},0,-`,
        ws2: { filter_class: vscpClass, mask_class: mask },
      };
      const expected = !model.loggedIn ? 5 : wanted === 'wrong' ? 1 : OK;
      assert.equal(await request(real, 'SF', args), expected);
      if (expected === OK) model.onlyClass = mask === 0 ? undefined : vscpClass;
    }),
  ),
  fc
    .constantFrom('WCYD', 'INTERFACES')
    .map((word) =>
      command(word, async (model, real) => assert.equal(await request(real, word), model.loggedIn ? OK : 5)),
    ),
  fc
    .constantFrom('LISTVAR', 'x')
    .map((word) =>
      command(word, async (model, real) => assert.equal(await request(real, word), model.loggedIn ? 2 : 5)),
    ),
  fc.constantFrom(10, 20).map((vscpClass) =>
    command(`event of the host, class ${vscpClass}`, async (model, real) => {
      const type = ++real.nextType;
      real.server.link.hostWrite(makeEvent({ vscpClass, vscpType: type }));
      await arrives(model, real, vscpClass, type);
    }),
  ),
  fc.constantFrom(10, 20).map((vscpClass) =>
    command(`event of another client, class ${vscpClass}`, async (model, real) => {
      const type = ++real.nextType;
      const text = `E;0,${vscpClass},${type},0,,0,-`;
      const sender = await senderOf(real);
      assert.equal(await sender.ask(text), '+;EVENT');
      assert.equal((await real.server.link.nextFromDriver()).vscpType, type);
      await arrives(model, real, vscpClass, type);
    }),
  ),
  fc.constant(
    command('event of its own', async (model, real) => {
      const type = ++real.nextType;
      const sent = is1(real) ? `E;0,10,${type},0,,0,-` : { type: 'EVENT', event: { class: 10, type } };
      assert.equal(codeOf(await real.client.ask(sent)), model.loggedIn ? OK : 5);
      if (!model.loggedIn) return;
      assert.equal((await real.server.link.nextFromDriver()).vscpType, type);
      await takes(real.witness, [type]);
    }),
  ),
];

// Each name fails once: a second failure of the same would be answered later.
let nobodies = 0;

const senders = new WeakMap<MemoryServer, Promise<TestClient>>();

/** A session that only sends. */
function senderOf({ server }: Real): Promise<TestClient> {
  const sender =
    senders.get(server) ??
    TestClient.connect(`${server.url}/ws1`).then(async (client) => {
      await client.login();
      return client;
    });
  senders.set(server, sender);
  return sender;
}

for (const protocol of ['ws1', 'ws2'] as const) {
  test(`${protocol}: any sequence of commands and events leaves a session as the model says`, async (context) => {
    const server = await startMemoryServer({ 'max-client-queue-size': QUEUE_SIZE, 'auth-timeout': 600 });
    context.after(() => server.close());
    const witness = await TestClient.connect(`${server.url}/ws1`);
    await witness.start();
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 60, size: 'max' }), async (sequence) => {
        const client = await TestClient.connect(`${server.url}/${protocol}`);
        const real: Real = { server, client, witness, nextType: 0 };
        const model: Model = {
          loggedIn: false,
          open: false,
          queue: [],
          onlyClass: undefined,
          logins: 0,
          failures: 0,
        };
        try {
          await fc.asyncModelRun(() => ({ model, real }), sequence);
        } finally {
          client.ws.terminate();
          await witness.settle();
        }
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });
}
