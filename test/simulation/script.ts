import { SeededRandom } from '../support/seeded-random.ts';

/** One thing that happens to the server, at its simulated time in milliseconds. */
export type Op = {
  atMs: number;
} /** `token`: with which of the tokens made so far, if there is any; otherwise with a password, right or wrong. */ & (
  | {
      do: 'connect';
      client: number;
      protocol: Protocol;
      user: number;
      password: boolean;
      token: number | undefined;
      class: number;
    }
  | { do: 'open' | 'close' | 'noop' | 'history' | 'makeToken' | 'leave' | 'reset'; client: number }
  | { do: 'revoke'; client: number; token: number }
  | { do: 'send'; client: number; class: number; events: number }
  | { do: 'stall'; client: number; forMs: number }
  | { do: 'host-writes'; class: number; events: number }
  /** Shorter than the time for which the driver knows an event that comes back from the host. */
  | { do: 'host-pauses'; forMs: number }
  | { do: 'user-changes'; user: number }
);

/** `sse` = server-sent events of the JSON API, which is a reader only. */
export type Protocol = 'ws1' | 'ws2' | 'sse';

export const USERS = 3;
export const CLASSES = [20, 30] as const;
/** Lets every class pass. */
export const ANY_CLASS = 0;
const MAX_CLIENTS = 24;
const MAX_BURST = 40;
const MAX_HOST_PAUSE_MS = 3000;
const MAX_TOKENS = 1000;

const PROTOCOLS: readonly [Protocol, ...Protocol[]] = ['ws1', 'ws1', 'ws2', 'ws2', 'sse'];

/** Weights of what may happen. */
const CHANCES: readonly [weight: number, what: Op['do']][] = [
  [6, 'connect'],
  [10, 'open'],
  [3, 'close'],
  [8, 'noop'],
  [3, 'history'],
  [1.5, 'makeToken'],
  [0.7, 'revoke'],
  [2, 'leave'],
  [2, 'reset'],
  [24, 'send'],
  [2, 'stall'],
  [30, 'host-writes'],
  [2, 'host-pauses'],
  [0.1, 'user-changes'],
];

function pickWhat(random: SeededRandom): Op['do'] {
  let left = random.next() * CHANCES.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, what] of CHANCES) {
    left -= weight;
    if (left < 0) return what;
  }
  return 'noop';
}

/** What happens in a run: the same for the same seed. Clients are numbered in the order in which they connect. */
export function makeScript(seed: number, length: number): Op[] {
  const random = new SeededRandom(seed);
  const ops: Op[] = [];
  let atMs = 0;
  let clients = 0;
  for (let i = 0; i < length; i++) {
    atMs += random.chance(0.7) ? random.int(4) : random.int(200);
    const what = clients === 0 ? 'connect' : pickWhat(random);
    // Mostly those who came lately; the others may have left.
    const client = clients - 1 - random.int(Math.min(clients, MAX_CLIENTS) || 1);
    const vscpClass = random.pick(CLASSES as unknown as [number, ...number[]]);
    const events = random.chance(0.8) ? 1 + random.int(3) : 1 + random.int(MAX_BURST);
    switch (what) {
      case 'connect':
        ops.push({
          ...{ atMs, do: what, client: clients++, protocol: random.pick(PROTOCOLS) },
          ...{ user: random.int(USERS), password: random.chance(0.95) },
          token: random.chance(0.3) ? random.int(MAX_TOKENS) : undefined,
          class: random.chance(0.3) ? vscpClass : ANY_CLASS,
        });
        break;
      case 'revoke':
        ops.push({ atMs, do: what, client, token: random.int(MAX_TOKENS) });
        break;
      case 'send':
        ops.push({ atMs, do: what, client, class: vscpClass, events });
        break;
      case 'stall':
        ops.push({ atMs, do: what, client, forMs: random.int(4000) });
        break;
      case 'host-writes':
        ops.push({ atMs, do: what, class: vscpClass, events });
        break;
      case 'host-pauses':
        ops.push({ atMs, do: what, forMs: random.int(MAX_HOST_PAUSE_MS) });
        break;
      case 'user-changes':
        ops.push({ atMs, do: what, user: random.int(USERS) });
        break;
      default:
        ops.push({ atMs, do: what, client });
    }
  }
  return ops;
}
