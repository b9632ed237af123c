import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { passwordStamp, SECRET_SIZE, type Token, tokenToJson } from '../../../src/auth/token.ts';
import { parseUsers } from '../../../src/auth/users-file.ts';
import { makeDriverFolder } from '../../support/driver-folder.ts';
import { quickUser } from '../../support/users.ts';
import { TestClient } from '../../support/ws-client.ts';
import type { BenchContext, PartResult } from '../bench-context.ts';
import { type DriverHost, loginOf } from '../driver-host.ts';
import type { Figure } from '../figures.ts';
import { LoadClient } from '../load-client.ts';
import { NaiveServer } from '../references.ts';

const PART = 'crowd';
/** The driver, except that a client can end its runtime. */
const MORTAL = fileURLToPath(new URL('../../support/dying-driver.ts', import.meta.url));
/**
 * How many connections are begun but not ready at once: fewer than the driver's limit of clients that are not
 * logged in (1 024).
 */
const WINDOW = 900;
const BYSTANDER_RATE = 100;
const MAX_SECONDS = { password: 15, token: 5 };
const MIN_LOGINS_PER_SECOND = 1000;
const MIN_UPGRADES_PER_SECOND = 2000;
const MAX_BYSTANDER_MS = 20;
const MAX_NEWCOMER_MS = 2000;

/** The users, a token of each, and the files from which the load client and the driver read them. */
class Crowd {
  readonly users: readonly object[];
  readonly newcomers: readonly string[];
  readonly stateDir: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'websocksrv-crowd-'));

  constructor(users: number) {
    const names = Array.from({ length: users }, (_, index) => `member${index}`);
    this.newcomers = Array.from({ length: 50 }, (_, index) => `newcomer${index}`);
    // Without the right to receive events: what delivering costs is measured elsewhere, and events would queue
    // for each of them.
    this.users = [...names, ...this.newcomers].map((name) => quickUser(name, 'websockets,send-events'));
    this.stateDir = join(this.#folder, 'state');
    const tokens = tokensOf(this.users.slice(0, users));
    mkdirSync(this.stateDir, { mode: 0o700 });
    const stored = { version: 1, latest: new Date().toISOString(), tokens: tokens.map(tokenToJson) };
    writeFileSync(join(this.stateDir, 'tokens.json'), JSON.stringify(stored), { mode: 0o600 });
    const passwords = names.map((name) => `password ${loginOf(name).iv} ${loginOf(name).crypto}`);
    writeFileSync(this.logins('password'), `${passwords.join('\n')}\n`, { mode: 0o600 });
    const secrets = tokens.map(({ id, secret }) => `token ${id} ${secret.toString('hex')}`);
    writeFileSync(this.logins('token'), `${secrets.join('\n')}\n`, { mode: 0o600 });
  }

  logins(by: 'password' | 'token'): string {
    return join(this.#folder, by);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function tokensOf(users: readonly object[]): Token[] {
  return [...parseUsers({ users }).users.values()].map(({ name, password }) => {
    const secret = randomBytes(SECRET_SIZE);
    return {
      id: randomBytes(8).toString('hex'),
      secret,
      user: name,
      stamp: passwordStamp(secret, password),
      label: 'crowd',
      rights: undefined,
      isLocal: false,
      createdMs: Date.now(),
      lifetimeMs: 86_400_000,
      lastUsedMs: undefined,
      lastAddress: undefined,
    };
  });
}

/** Ends the runtime as a fault would; all clients lose their connections. */
async function restart(host: DriverHost): Promise<void> {
  const client = await TestClient.connect(`ws://127.0.0.1:${host.port}/ws1`);
  const { iv, crypto } = loginOf('receiver');
  client.send(`C;AUTH;${iv};${crypto}`);
  await client.next();
  client.send('E;0,65535,1,0,,0,-');
  await client.closed;
  await host.awaitRestart();
}

interface Storm {
  seconds: number;
  perSecond: number;
  /** The driver's CPU time, including that for the other clients, divided by the number of sessions. */
  cpuUs: number;
  bystanderP99Ms: number;
  newcomerMs: number;
  newcomers: number;
  /** CPU time of the load client for a session. */
  clientCpuUs: number;
}

/** The same crowd at a server on the bare `ws` library, which only accepts and upgrades: what nobody can beat. */
interface Bare {
  seconds: number;
  cpuUs: number;
}

async function bareUpgrades(bench: BenchContext): Promise<Bare> {
  const count = bench.plan.crowd.sessions;
  const server = await NaiveServer.start();
  const from = await server.usage();
  const clients = await bench.connectPlain(server.port, {
    count,
    protocol: 'ws2',
    window: WINDOW,
    spread: true,
  });
  const to = await server.usage();
  await clients.stop();
  await server.stop();
  return { seconds: clients.connectMs / 1000, cpuUs: (to.cpuNs - from.cpuNs) / count / 1000 };
}

/**
 * Lets users log in for the first time, one after the other, until `isOver`; returns how long the slowest
 * login took.
 */
async function comeAnew(bench: BenchContext, host: DriverHost, names: string[], isOver: () => boolean) {
  let slowestMs = 0;
  let count = 0;
  while (!isOver()) {
    const name = names.shift();
    if (name === undefined) break;
    const { port } = host;
    const one = await LoadClient.connect(bench.programs.client, {
      port,
      count: 1,
      login: loginOf(name),
      open: false,
    });
    slowestMs = Math.max(slowestMs, one.connectMs);
    count++;
    await one.stop();
  }
  return { slowestMs, count };
}

/** All log in; meanwhile somebody who is logged in receives events, and others log in for the first time. */
async function storm(
  bench: BenchContext,
  host: DriverHost,
  logins: string,
  newcomers: string[],
): Promise<Storm> {
  const count = bench.plan.crowd.sessions;
  const bystander = await bench.connectReceivers(host, { count: 1, stamped: true });
  await host.startFeed({ rate: BYSTANDER_RATE, stamped: true });
  await bench.warmUp();
  await bystander.reset();
  let isOver = false;
  const from = await host.usage();
  const all = LoadClient.connect(bench.programs.client, {
    port: host.port,
    count,
    protocol: 'ws2',
    logins,
    window: WINDOW,
    spread: true,
    open: false,
  }).finally(() => {
    isOver = true;
  });
  const [clients, anew] = await Promise.all([all, comeAnew(bench, host, newcomers, () => isOver)]);
  const { latency } = await bystander.snap();
  const to = await host.usage();
  const { usage } = await clients.snap();
  await host.stopFeed();
  await Promise.all([bystander.stop(), clients.stop()]);
  const seconds = clients.connectMs / 1000;
  return {
    seconds,
    perSecond: count / seconds,
    cpuUs: (to.cpuNs - from.cpuNs) / count / 1000,
    bystanderP99Ms: latency.p99Ns / 1e6,
    newcomerMs: anew.slowestMs,
    newcomers: anew.count,
    clientCpuUs: usage.cpuNs / count / 1000,
  };
}

async function upgrades(
  bench: BenchContext,
  host: DriverHost,
): Promise<{ perSecond: number; cpuUs: number }> {
  const from = await host.usage();
  const count = Math.min(WINDOW, bench.plan.crowd.sessions);
  const clients = await LoadClient.connect(bench.programs.client, {
    port: host.port,
    count,
    protocol: 'ws2',
    spread: true,
  });
  const to = await host.usage();
  await clients.stop();
  return { perSecond: (count / clients.connectMs) * 1000, cpuUs: (to.cpuNs - from.cpuNs) / count / 1000 };
}

function figuresOf(bench: BenchContext, what: 'password' | 'token', result: Storm, bare: Bare): Figure[] {
  const { sessions, users } = bench.plan.crowd;
  const name = `${sessions} sessions of ${users} users log in again by ${what} after the runtime's restart`;
  const { seconds, perSecond, cpuUs, bystanderP99Ms, newcomerMs, newcomers, clientCpuUs } = result;
  const share = sessions / 10_000;
  return [
    {
      part: PART,
      name,
      unit: 's',
      value: seconds,
      reference: bare.seconds,
      referenceName: 'bare ws, upgrades only',
      ratio: seconds / bare.seconds,
      target: { kind: 'value', atMost: MAX_SECONDS[what] * share },
      note: `${Math.round(perSecond)} a second`,
    },
    {
      part: PART,
      name: `meanwhile (${what}), CPU of the driver per session`,
      unit: 'µs',
      value: cpuUs,
      reference: bare.cpuUs,
      referenceName: 'bare ws, upgrades only',
      ratio: cpuUs / bare.cpuUs,
      note: `and ${Math.round(clientCpuUs)} µs of the load client`,
    },
    {
      part: PART,
      name: `meanwhile (${what}), VSCPWrite → another client, ${BYSTANDER_RATE} events/s, p99`,
      unit: 'ms',
      value: bystanderP99Ms,
      target: { kind: 'value', atMost: MAX_BYSTANDER_MS },
    },
    {
      part: PART,
      name: `meanwhile (${what}), slowest first login of another user`,
      unit: 'ms',
      value: newcomerMs,
      target: { kind: 'value', atMost: MAX_NEWCOMER_MS },
      note: `of ${newcomers}`,
    },
  ];
}

/** What happens when everybody comes back at once, each from an address of its own. */
export async function crowd(bench: BenchContext): Promise<PartResult> {
  const { sessions, users } = bench.plan.crowd;
  const driver = makeDriverFolder(MORTAL);
  const members = new Crowd(users);
  const newcomers = [...members.newcomers];
  let host: DriverHost | undefined;
  try {
    host = await bench.startOwnDriver(driver.library, { 'state-dir': members.stateDir }, members.users);
    const { perSecond, cpuUs } = await upgrades(bench, host);
    const first = await LoadClient.connect(bench.programs.client, {
      port: host.port,
      count: users,
      protocol: 'ws2',
      logins: members.logins('password'),
      spread: true,
    });
    await first.stop();
    await restart(host);
    const byPassword = await storm(bench, host, members.logins('password'), newcomers);
    await restart(host);
    const byToken = await storm(bench, host, members.logins('token'), newcomers);
    const bare = await bareUpgrades(bench);
    return {
      figures: [
        {
          part: PART,
          name: 'accept and upgrade',
          unit: 'connections/s',
          value: perSecond,
          target: { kind: 'value', atLeast: MIN_UPGRADES_PER_SECOND },
          note: `${Math.round(cpuUs)} µs CPU each`,
        },
        {
          part: PART,
          name: `first login of ${users} users by password`,
          unit: 'logins/s',
          value: (users / first.connectMs) * 1000,
        },
        ...figuresOf(bench, 'password', byPassword, bare),
        {
          part: PART,
          name: 'the same login again, with connecting',
          unit: 'logins/s',
          value: byPassword.perSecond,
          target: { kind: 'value', atLeast: MIN_LOGINS_PER_SECOND },
          note: `${sessions} sessions`,
        },
        ...figuresOf(bench, 'token', byToken, bare),
      ],
    };
  } finally {
    await host?.stop();
    members.remove();
    driver.remove();
  }
}
