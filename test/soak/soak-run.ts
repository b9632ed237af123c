import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { historyKeys } from '../support/history-driver.ts';
import { LiveDriver, type Usage } from '../support/live-driver.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { quickUser } from '../support/users.ts';
import { SoakClient } from './soak-client.ts';
import { NEIGHBOUR, NEIGHBOURS, SoakNeighbours } from './soak-neighbours.ts';

const SAMPLE_MS = 1000;
const EVENTS_PER_SECOND = 1500;
/** Bytes of data: big enough for a reader that stops for seconds to lose some. */
const DATA_SIZE = 300;
const QUEUE_SIZE = 4000;
/** A filter that no event here passes. */
const NOTHING_PASSES = { args: { mask_class: 65535 }, fields: '0,999,0,-;0,65535,0,-' };
/** What memory may grow by between the middle and the last third: collector and allocator, not a leak. */
const MAX_GROWTH_KB = 24 * 1024;

const userNames = ['steady', 'picky', 'slow', 'sender', 'guest'];

export interface Sample extends Usage {
  seconds: number;
  sessions: number;
  eventsFromHost: number;
  eventsToHost: number;
  eventsToClients: number;
  drops: number;
}

export interface SoakResult {
  samples: Sample[];
  /** Events the host wrote, and events of clients that were confirmed. */
  written: number;
  confirmed: number;
  /** Events to the readers that stayed all the time, one of them slow: delivered, and dropped for want of room. */
  delivered: number;
  dropped: number;
  /** Dropped for all, also for visitors that came no further than a full queue on a busy machine. */
  droppedInAll: number;
  visits: number;
  /** Rounds of those who come without a websocket of their own. */
  rounds: SoakNeighbours['rounds'];
  reloads: number;
  /** Between the middle and the last third of the run. */
  growthKb: number;
}

function medianRss(samples: readonly Sample[]): number {
  const sorted = samples.map(({ rssKb }) => rssKb).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

/** Mixed load for some minutes; at the end everything has to add up. */
class Soak {
  readonly #driver: LiveDriver;
  readonly #random: SeededRandom;
  readonly #endsAt: number;
  readonly #beganAt = performance.now();
  readonly samples: Sample[] = [];
  written = 0;
  visitorsConfirmed = 0;
  visits = 0;
  reloads = 0;

  constructor(driver: LiveDriver, minutes: number, seed: number) {
    this.#driver = driver;
    this.#random = new SeededRandom(seed);
    this.#endsAt = this.#beganAt + minutes * 60_000;
  }

  get running(): boolean {
    return performance.now() < this.#endsAt;
  }

  /** The host writes in portions of a second. */
  async hostWrites(): Promise<void> {
    while (this.running) {
      const portion = `flood 0 ${EVENTS_PER_SECOND} rate=${EVENTS_PER_SECOND} size=${DATA_SIZE} timeout=5000 retry=1 class=10 type=6`;
      const { accepted } = await this.#driver.host.request(`&${portion}`);
      this.written += Number(accepted);
    }
  }

  async send(client: SoakClient): Promise<void> {
    while (this.running) {
      await client.sendEvents(20);
      await sleep(100);
    }
  }

  /** Stops reading for some seconds again and again. */
  async readSlowly({ ws }: SoakClient): Promise<void> {
    while (this.running) {
      ws.socket.pause();
      await sleep(1000 + this.#random.int(5000));
      ws.socket.resume();
      await sleep(500);
    }
  }

  /** Clients come, send a little and leave in every way there is. */
  async visit(): Promise<void> {
    while (this.running) {
      const protocol = this.#random.pick(['ws1', 'ws2'] as const);
      const guest = await SoakClient.start(this.#driver.port, protocol, 'guest', this.#random.chance(0.7));
      await guest.sendEvents(this.#random.int(5));
      this.visitorsConfirmed += guest.confirmed;
      this.visits++;
      await sleep(this.#random.int(200));
      if (this.#random.chance(0.5)) guest.ws.reset();
      else guest.leave();
    }
  }

  async reloadUsers(): Promise<void> {
    while (this.running) {
      await sleep(2000);
      const note = `version ${++this.reloads}`;
      await this.#driver.writeUsers([
        ...userNames.map((name) => quickUser(name, 'admin', { note })),
        ...NEIGHBOURS,
      ]);
    }
  }

  async sample(): Promise<void> {
    while (this.running) {
      const [usage, metrics] = [await this.#driver.usage(), await this.#driver.metrics()];
      const read = (name: string): number => metrics.get(name) ?? 0;
      this.samples.push({
        ...usage,
        seconds: (performance.now() - this.#beganAt) / 1000,
        sessions: read('sessions{protocol="ws1"}') + read('sessions{protocol="ws2"}'),
        eventsFromHost: read('events_total{direction="from_host"}'),
        eventsToHost: read('events_total{direction="to_host"}'),
        eventsToClients: read('events_total{direction="to_clients"}'),
        drops: read('event_drops_total{reason="client-queue-full"}'),
      });
      await sleep(SAMPLE_MS);
    }
  }
}

/** Waits until nothing is under way any more. */
async function settle(
  driver: LiveDriver,
  clients: readonly { events: number; sessions: number }[],
): Promise<Map<string, number>> {
  const total = () => clients.reduce((sum, { events }) => sum + events, 0);
  const expected = clients.reduce((sum, { sessions }) => sum + sessions, 0);
  for (let round = 0; round < 300; round++) {
    const before = total();
    await sleep(100);
    const metrics = await driver.metrics();
    const queued = ['from_host', 'to_host', 'to_clients'].map((name) =>
      metrics.get(`queue_events{queue="${name}"}`),
    );
    const sessions =
      (metrics.get('sessions{protocol="ws1"}') ?? 0) + (metrics.get('sessions{protocol="ws2"}') ?? 0);
    if (queued.every((count) => count === 0) && total() === before && sessions === expected) return metrics;
  }
  throw new Error('the load does not settle');
}

/** Events the log says were dropped for a user, in episodes that are over. */
function droppedFor(user: string, log: string): number {
  const episodes = log.matchAll(/queue has room again: user=(\S+) .* dropped=(\d+) events/g);
  return Array.from(episodes).reduce(
    (sum, [, name, events]) => (name === user ? sum + Number(events) : sum),
    0,
  );
}

/** The last connections may still be closing. */
async function assertFlat(driver: LiveDriver, before: Usage): Promise<void> {
  let now = await driver.usage();
  for (let round = 0; round < 100 && now.fds > before.fds; round++) {
    await sleep(50);
    now = await driver.usage();
  }
  assert.ok(now.fds <= before.fds, `descriptors ${before.fds} → ${now.fds}`);
  assert.ok(now.threads <= before.threads, `threads ${before.threads} → ${now.threads}`);
}

export async function runSoak(minutes: number, seed: number): Promise<SoakResult> {
  const stateDir = await mkdtemp(join(tmpdir(), 'websocksrv-soak-'));
  const driver = await LiveDriver.start({
    users: [...userNames.map((name) => quickUser(name, 'admin')), ...NEIGHBOURS],
    keys: {
      ...historyKeys(stateDir),
      'max-client-queue-size': QUEUE_SIZE,
      // The sessions that nobody closes end within the run.
      'rest-session-timeout': 10,
    },
  });
  try {
    await driver.host.request('mode 0 count');
    const connect = (protocol: 'ws1' | 'ws2', user: string, open = true) =>
      SoakClient.start(driver.port, protocol, user, open);
    const steady = [await connect('ws1', 'steady'), await connect('ws2', 'steady')];
    const picky = await connect('ws1', 'picky');
    await picky.command('SF', NOTHING_PASSES.args, NOTHING_PASSES.fields);
    const slow = await connect('ws2', 'slow');
    const senders = [await connect('ws1', 'sender', false), await connect('ws2', 'sender', false)];
    for (const sender of senders) await sender.command('SF', NOTHING_PASSES.args, NOTHING_PASSES.fields);
    const all = [...steady, picky, slow, ...senders];
    const neighbours = await SoakNeighbours.start(driver, new SeededRandom(seed + 1));
    const usageBefore = await driver.usage();

    const soak = new Soak(driver, minutes, seed);
    const visitors = Array.from({ length: 3 }, () => soak.visit());
    const sending = senders.map((sender) => soak.send(sender));
    await Promise.all([
      soak.hostWrites(),
      soak.readSlowly(slow),
      soak.reloadUsers(),
      soak.sample(),
      neighbours.run(() => !soak.running),
      ...visitors,
      ...sending,
    ]);

    const metrics = await settle(driver, [...all, neighbours]);
    const count = (name: string): number => metrics.get(name) ?? Number.NaN;
    const confirmed =
      soak.visitorsConfirmed +
      neighbours.confirmed +
      senders.reduce((sum, sender) => sum + sender.confirmed, 0);
    const droppedInAll = count('event_drops_total{reason="client-queue-full"}');
    const published = soak.written + confirmed;
    assert.equal(count('events_total{direction="from_host"}'), soak.written, 'what the host wrote came in');
    assert.equal(count('events_total{direction="from_clients"}'), confirmed, 'what was confirmed came in');
    assert.equal(count('events_total{direction="to_host"}'), confirmed, 'and went to the host');
    assert.equal(Number((await driver.host.request('counts 0')).events), confirmed, 'which has read it');
    assert.equal(picky.events, 0, 'a filter that nothing passes lets nothing pass');
    await neighbours.untilKept();
    const readers = { steady, slow: [slow], [NEIGHBOUR]: [neighbours] };
    let [delivered, dropped] = [0, 0];
    for (const [user, ofUser] of Object.entries(readers)) {
      const got = ofUser.reduce((sum, { events }) => sum + events, 0);
      const lost = droppedFor(user, driver.log);
      assert.equal(
        got + lost,
        ofUser.length * published,
        `${user} has got it, or the log says it was dropped`,
      );
      delivered += got;
      dropped += lost;
    }
    assert.ok(dropped <= droppedInAll, 'what the log says was dropped is counted');
    assert.ok(soak.reloads === 0 || /read again, 7 users/.test(driver.log), 'the users were read again');
    assert.doesNotMatch(driver.log, /\[(error|critical)\]/);

    await assertFlat(driver, usageBefore);
    const third = Math.floor(soak.samples.length / 3);
    const growthKb =
      medianRss(soak.samples.slice(2 * third)) - medianRss(soak.samples.slice(third, 2 * third));
    assert.ok(
      growthKb < MAX_GROWTH_KB,
      `memory grew by ${growthKb} kB between the second and the last third`,
    );
    for (const client of all) client.leave();
    await neighbours.close();
    await driver.stop();
    return {
      samples: soak.samples,
      written: soak.written,
      confirmed,
      delivered,
      dropped,
      droppedInAll,
      visits: soak.visits,
      rounds: neighbours.rounds,
      reloads: soak.reloads,
      growthKb,
    };
  } catch (error) {
    await driver.dispose();
    throw error;
  } finally {
    await rm(stateDir, { recursive: true, force: true });
  }
}
