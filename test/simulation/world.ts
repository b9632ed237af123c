import assert from 'node:assert/strict';
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import type { TokensContent } from '../../src/auth/token.ts';
import type { User } from '../../src/auth/user.ts';
import type { MemoryLink } from '../../src/host/memory-link.ts';
import type { StateFile } from '../../src/state/state-file.ts';
import type { MemoryServer } from '../support/memory-server.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { clock } from './clock.ts';
import { HOST, Model } from './model.ts';
import { CLASSES, type Op, USERS } from './script.ts';
import { SimClient, type SimToken } from './sim-client.ts';
import { SimStream } from './sim-stream.ts';
import { connectWire, type WireNature } from './wire.ts';

/** Loaded when time is simulated already. */
const { memoryLink, startServer } = await import('../support/memory-server.ts');
const { quickUser } = await import('../support/users.ts');
const { parseUsers } = await import('../../src/auth/users-file.ts');
const { makeEvent } = await import('../support/events.ts');

/** Everything that was under way arrives within this time. */
const CALM_MS = 60_000;
/** The driver waits for close frames, and for its last timers. */
const END_MS = 30_000;
const READ_EVERY_MS = 20;
const SHARE_OF_ECHOES = 0.3;
const MAX_WRITE_MS = 80;

const PASSWORD = 'neither short nor a sample';

const QUICK: WireNature = { delayMs: 3, pieceBytes: 4096, windowBytes: 65_536 };
const SLOW: WireNature = { delayMs: 60, pieceBytes: 300, windowBytes: 4096 };

export interface RunResult {
  steps: number;
  events: number;
  delivered: number;
  clients: number;
}

/** A file whose writes take as long as a memory card's. */
function simulatedFile(random: SeededRandom): StateFile<TokensContent> {
  const file: Pick<StateFile<TokensContent>, 'load' | 'save'> = {
    load: async () => undefined,
    save: () => new Promise((resolve) => setTimeout(resolve, random.int(MAX_WRITE_MS), true)),
  };
  return file as StateFile<TokensContent>;
}

/** The driver's server, its host and its clients, in simulated time. */
class World {
  readonly model = new Model();
  readonly #clients = new Map<number, SimClient | SimStream>();
  readonly #tokens: SimToken[] = [];
  readonly #seed: number;
  readonly #random: SeededRandom;
  readonly #http: http.Server;
  readonly #link: MemoryLink;
  readonly #server: MemoryServer;
  #hostReads = true;
  readonly #reading: NodeJS.Timeout;
  /** What a client or the host found to be wrong, at first. */
  #failure: Error | undefined;

  private constructor(seed: number, httpServer: http.Server, server: MemoryServer) {
    this.#seed = seed;
    this.#random = new SeededRandom(seed ^ 0x5eed);
    this.#http = httpServer;
    this.#server = server;
    this.#link = server.link;
    this.#reading = setInterval(() => this.#readAll(), READ_EVERY_MS);
  }

  static async start(seed: number): Promise<World> {
    // The server's own listener is used, past the network.
    const created: http.Server[] = [];
    const { createServer } = http;
    http.createServer = ((...args: Parameters<typeof createServer>) => {
      const server = createServer(...args);
      created.push(server);
      return server;
    }) as typeof createServer;
    syncBuiltinESMExports();
    try {
      const users = Array.from({ length: USERS }, (_, index) =>
        quickUser(`user${index}`, 'admin', {}, PASSWORD),
      );
      const server = await startServer(
        { 'max-outgoing-queue-size': 64, 'history-size': 500, 'last-values': 100, 'max-clients': 64 },
        (settings) => memoryLink(settings),
        { users, tokensFile: simulatedFile(new SeededRandom(seed)) },
      );
      const [own] = created;
      assert.ok(own !== undefined);
      return new World(seed, own, server);
    } finally {
      http.createServer = createServer;
      syncBuiltinESMExports();
    }
  }

  /** Does everything in the script, lets it arrive, and checks it. */
  async run(ops: readonly Op[]): Promise<RunResult> {
    const begunMs = clock.nowMs;
    const stepsBefore = clock.steps;
    for (const op of ops) {
      const waitMs = begunMs + op.atMs - clock.nowMs;
      if (waitMs > 0) await this.#pass(waitMs);
      this.#do(op);
    }
    for (const { wire } of this.#clients.values()) wire.server.stalled = false;
    await this.#pass(CALM_MS);
    const clients = [...this.#clients.values()];
    this.model.check(clients);
    for (const { client, isConnected, hasEndedToken } of clients) {
      assert.ok(!(isConnected && hasEndedToken), `client ${client} is there, and its token has ended`);
    }
    for (const client of clients) {
      if (client.isConnected)
        assert.deepEqual(
          client.unanswered,
          [],
          `client ${client.client} has no reply to ${client.unanswered}`,
        );
    }
    await this.#end(clients);
    return {
      steps: clock.steps - stepsBefore,
      events: this.model.order,
      delivered: clients.reduce((sum, { received }) => sum + received.size, 0),
      clients: clients.length,
    };
  }

  async #pass(ms: number): Promise<void> {
    await clock.pass(ms, () => this.#failure !== undefined);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Ends what a run that failed left behind. */
  abandon(): void {
    this.#http.close();
    clock.forget();
  }

  readonly #fail = (error: unknown): void => {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
  };

  async #end(clients: readonly (SimClient | SimStream)[]): Promise<void> {
    const connected = clients.filter(({ isConnected }) => isConnected);
    clearInterval(this.#reading);
    const closed = this.#server.close();
    await this.#pass(END_MS);
    await closed;
    for (const { client, closeCode, isSteady } of connected) {
      // Who does not answer the close frame in time is cut off.
      if (isSteady) assert.equal(closeCode, 1001, `close code of client ${client}`);
      else assert.ok(closeCode === 1001 || closeCode === 1006, `close code ${closeCode} of client ${client}`);
    }
    assert.equal(clock.waiting, 0, 'timers are left');
  }

  #do(op: Op): void {
    switch (op.do) {
      case 'connect':
        this.#connect(op);
        return;
      case 'host-writes':
        this.#hostWrites(op);
        return;
      case 'host-pauses':
        if (this.#hostReads) setTimeout(() => this.#readAgain(), op.forMs);
        this.#hostReads = false;
        return;
      case 'user-changes':
        this.#changeUser(op.user);
        return;
      default:
    }
    const client = this.#clients.get(op.client);
    if (client === undefined) return;
    switch (op.do) {
      case 'leave':
      case 'reset':
        client[op.do]();
        return;
      case 'stall':
        client.isSteady = false;
        client.wire.server.stalled = true;
        setTimeout(() => {
          client.wire.server.stalled = false;
        }, op.forMs);
        return;
      default:
        if (client instanceof SimClient) this.#doAs(client, op);
    }
  }

  #doAs(client: SimClient, op: Op): void {
    switch (op.do) {
      case 'send':
        for (let i = 0; i < op.events && client.isLoggedIn && client.isConnected; i++)
          client.send(this.model.add(client.source, op.class));
        return;
      case 'makeToken':
        client.makeToken((token) => this.#tokens.push(token));
        return;
      case 'revoke':
        if (this.#tokens.length > 0) client.revoke(this.#tokenOf(op.token));
        return;
      case 'open':
      case 'close':
      case 'noop':
      case 'history':
        client[op.do]();
        return;
      default:
    }
  }

  #tokenOf(number: number): SimToken {
    return this.#tokens[number % this.#tokens.length] as SimToken;
  }

  #connect({ client, protocol, user, password, class: wantedClass, token }: Op & { do: 'connect' }): void {
    const address = { host: `10.0.0.${1 + (client % 50)}`, port: 1024 + client };
    const nature = new SeededRandom(this.#seed + client).chance(0.2) ? SLOW : QUICK;
    const wire = connectWire(address, nature, (name) => new SeededRandom(this.#seed ^ hash(name)));
    const options = {
      ...{ client, wire, wantedClass, source: client + 1, model: this.model, onWrong: this.#fail },
      ...{ user: `user${user}`, password: password ? PASSWORD : 'wrong' },
    };
    const withToken = protocol === 'ws2' && token !== undefined && this.#tokens.length > 0;
    const sim =
      protocol === 'sse'
        ? new SimStream(options)
        : new SimClient({ ...options, protocol, token: withToken ? this.#tokenOf(token) : undefined });
    sim.isSteady = nature === QUICK;
    this.#clients.set(client, sim);
    this.#http.emit('connection', wire.server);
  }

  #hostWrites({ class: vscpClass, events }: Op & { do: 'host-writes' }): void {
    for (let i = 0; i < events; i++) {
      const event = this.model.add(HOST, vscpClass);
      const taken = this.#link.hostWrite(
        makeEvent({ vscpClass, vscpType: event.number & 0xffff, data: Model.dataOf(event) }),
      );
      assert.ok(taken, 'the queue of the driver is full');
    }
  }

  #readAgain(): void {
    this.#hostReads = true;
  }

  /** As a daemon: what it reads it may hand to all its drivers, also to the one that it comes from. */
  #readAll(): void {
    if (!this.#hostReads) return;
    for (;;) {
      const event = this.#link.hostRead();
      if (event === undefined) return;
      assert.ok(CLASSES.some((known) => known === event.vscpClass));
      try {
        this.model.hostReads(this.model.find(event.data));
      } catch (error) {
        this.#fail(error);
      }
      if (this.#random.chance(SHARE_OF_ECHOES)) this.#link.hostWrite(event);
    }
  }

  #changeUser(user: number): void {
    const { userMap, server } = this.#server;
    const name = `user${user}`;
    const edited = quickUser(name, 'admin', { fullname: `user ${user} at ${clock.nowMs}` }, PASSWORD);
    const [[, changed] = []] = parseUsers({ users: [edited] }).users;
    assert.ok(changed !== undefined);
    userMap.set(name, changed as User);
    server.applyUsers([], [changed as User]);
  }
}

function hash(text: string): number {
  let value = 0;
  for (const character of text) value = (Math.imul(value, 31) + character.charCodeAt(0)) >>> 0;
  return value;
}

/** Runs a script in a world of its own. @throws when something is not as it must be */
export async function runScript(seed: number, ops: readonly Op[]): Promise<RunResult> {
  const world = await World.start(seed);
  try {
    return await world.run(ops);
  } catch (error) {
    world.abandon();
    throw error;
  }
}
