import { encryptLogin, TestClient } from '../support/ws-client.ts';

/** What somebody on the network sees of one failed login. */
export interface Observation {
  ms: number;
  reply: string;
}

const REPLY_TIMEOUT_MS = 60_000;

/** A loopback address of its own for each number. */
export function attackerAddress(number: number): string {
  return `127.66.${number >> 8}.${number & 255}`;
}

/** Sends one login on a connection of its own from `address`, and looks at what comes back. */
export async function observe(
  url: string,
  address: string,
  login: (sid: string) => { iv: string; crypto: string },
): Promise<Observation> {
  const client = await TestClient.connect(url, { localAddress: address });
  try {
    const { iv, crypto } = login(client.sid);
    const begun = performance.now();
    client.send(
      client.protocol === 'ws1'
        ? `C;AUTH;${iv};${crypto}`
        : { type: 'CMD', command: 'AUTH', args: { iv, crypto } },
    );
    const reply = await client.next(REPLY_TIMEOUT_MS);
    return { ms: performance.now() - begun, reply };
  } finally {
    client.ws.terminate();
  }
}

export function shuffled<T>(values: readonly T[]): T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}

const USER = 'admin';
const PASSWORD = 'secret';
const ALPHABET = [...'abcdefghiklmnoprstuw'];
/** Failures of each address before it measures: its delay has settled then. */
const WARM_UP = 3;
const LOGINS_PER_ADDRESS = 10;

/** A login that was recorded on its way; who recorded it has no key. */
export function recordLogin(user: string, password: string): { iv: Buffer; crypto: string } {
  const iv = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
  return { iv, crypto: encryptLogin(user, password, iv) };
}

/** The recorded iv, turned so that the plain text's bytes `from` become `to`, if they are what `from` says. */
export function turned(iv: Buffer, at: number, from: string, to: string): string {
  const result = Buffer.from(iv);
  for (let i = 0; i < from.length; i++) {
    result[at + i] = (result[at + i] ?? 0) ^ from.charCodeAt(i) ^ to.charCodeAt(i);
  }
  return result.toString('hex');
}

interface Trial {
  place: number;
  letter: string;
}

export interface AttackResult {
  logins: number;
  /** Letters of the password, of how many, that the logins with the shortest and the longest delay give away. */
  places: number;
  byShortest: number;
  byLongest: number;
  replies: Set<string>;
}

/**
 * Tries to read the password out of a recorded ws2 login without the key: its colon is turned into a letter, and
 * one letter of the password, if guessed right, into a colon. Who can tell a text with a colon from one without
 * by the delay has the letter.
 */
export async function readPassword(url: string, logins: number): Promise<AttackResult> {
  const recorded = recordLogin(USER, PASSWORD);
  const rounds = Math.floor(logins / (ALPHABET.length * PASSWORD.length));
  const trials: Trial[] = [];
  for (let round = 0; round < rounds; round++) {
    const all = [...PASSWORD].flatMap((_, place) => ALPHABET.map((letter) => ({ place, letter })));
    trials.push(...shuffled(all));
  }
  const delays = new Map<string, number[]>();
  const replies = new Set<string>();
  const withoutColon = Buffer.from(turned(recorded.iv, USER.length, ':', 'A'), 'hex');
  const addresses = Math.ceil(trials.length / LOGINS_PER_ADDRESS);
  const attackers = Array.from({ length: addresses }, async (_, number) => {
    const send = async (iv: string): Promise<number> => {
      const seen = await observe(url, attackerAddress(number), () => ({ iv, crypto: recorded.crypto }));
      replies.add(seen.reply);
      return seen.ms;
    };
    for (let i = 0; i < WARM_UP; i++) await send(withoutColon.toString('hex'));
    for (const { place, letter } of trials.slice(
      number * LOGINS_PER_ADDRESS,
      (number + 1) * LOGINS_PER_ADDRESS,
    )) {
      const ms = await send(turned(withoutColon, USER.length + 1 + place, letter, ':'));
      const key = `${place}${letter}`;
      delays.set(key, [...(delays.get(key) ?? []), ms]);
    }
  });
  await Promise.all(attackers);
  const meanOf = (place: number, letter: string): number => {
    const values = delays.get(`${place}${letter}`) ?? [];
    return values.reduce((sum, ms) => sum + ms, 0) / values.length;
  };
  const hits = (sign: number): number =>
    [...PASSWORD].filter((letter, place) => {
      const ranked = [...ALPHABET].sort((a, b) => sign * (meanOf(place, a) - meanOf(place, b)));
      return ranked[0] === letter;
    }).length;
  return {
    logins: trials.length,
    places: PASSWORD.length,
    byShortest: hits(1),
    byLongest: hits(-1),
    replies,
  };
}

/** Letters that guessing would give away in one attack out of some ten thousand. */
export const MOST_BY_CHANCE = 3;

/**
 * Kruskal-Wallis: how far the ranks of the groups lie apart; chi-square distributed with one degree of freedom
 * less than there are groups when all come from one distribution.
 */
export function kruskalWallis(groups: readonly (readonly number[])[]): number {
  const all = groups.flatMap((values, group) => values.map((value) => ({ value, group })));
  all.sort((a, b) => a.value - b.value);
  const sums = groups.map(() => 0);
  all.forEach(({ group }, index) => {
    sums[group] = (sums[group] ?? 0) + index + 1;
  });
  const count = all.length;
  const spread = groups.reduce((sum, values, group) => sum + (sums[group] ?? 0) ** 2 / values.length, 0);
  return (12 / (count * (count + 1))) * spread - 3 * (count + 1);
}
