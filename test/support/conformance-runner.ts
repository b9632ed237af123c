import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { HEAD_NANOSECONDS } from '../../src/core/event.ts';
import type { Protocol } from '../../src/core/protocol.ts';
import type { DriverEvent } from '../../src/vscp/event.ts';
import { parseEventText } from '../../src/vscp/event-text.ts';
import type { Backend, BackendServer } from './backend.ts';
import { type Row, readConformanceJson, type SessionState, type Step } from './conformance-table.ts';
import { assertMatches, fillIn, type Names } from './conformance-text.ts';
import { eventText, makeEvent } from './events.ts';
import { quickUser } from './users.ts';
import { TestClient } from './ws-client.ts';

const PROTOCOLS: readonly Protocol[] = ['ws1', 'ws2'];
/**
 * The class of the events that show that everything before them has arrived: this one for clients, the next
 * one for the host.
 */
const MARKER_CLASS = 65000;

/** The users of the fixtures: their password is `secret` (kept as MD5, so the fixture needs no salts). */
export function readUsers(): object[] {
  return readConformanceJson<{ name: string; rights: string }[]>('users').map((user) =>
    quickUser(user.name, user.rights, user),
  );
}

interface Player {
  client: TestClient;
  names: Names;
}

function eventOf(text: string): DriverEvent {
  const parsed = parseEventText(text);
  if (!parsed.ok) throw new Error(`bad event in a table: ${text}`);
  return parsed.value;
}

/** An event with any head in the classic form. */
function classicEventOf(text: string): DriverEvent {
  const head = Number(text.split(',', 1)[0]);
  return { ...eventOf(text.replace(/^\d+/, '0')), head };
}

function textOf(event: DriverEvent): string {
  const isNs = (event.head & HEAD_NANOSECONDS) !== 0 && event.timestampNs !== 0n;
  return eventText(event, isNs ? 'ns' : 'classic');
}

/** What the host and the watchers, but not the client under test, got. */
type Came = Record<'host' | Protocol, string[]>;

function nothing(): Came {
  return { host: [], ws1: [], ws2: [] };
}

/** One server with one configuration, the sessions that rows share, and the sessions that watch. */
class Stage {
  readonly server: BackendServer;
  readonly #players = new Map<string, Promise<Player>>();
  readonly #watchers: Record<Protocol, Player>;
  readonly #prober: Player;
  #markers = 0;
  #came = nothing();
  #hostWrote = 0;

  private constructor(server: BackendServer, watchers: Record<Protocol, Player>, prober: Player) {
    this.server = server;
    this.#watchers = watchers;
    this.#prober = prober;
  }

  static async open(backend: Backend, profile: string): Promise<Stage> {
    const { [profile]: settings } = readConformanceJson<Record<string, Record<string, unknown>>>('profiles');
    if (settings === undefined) throw new Error(`no profile ${profile}`);
    const server = await backend.open(settings, readUsers());
    const ws1 = await enter(server, 'ws1', 'watcher', 'open');
    const ws2 = await enter(server, 'ws2', 'watcher', 'open');
    const stage = new Stage(server, { ws1, ws2 }, await enter(server, 'ws1', 'prober', 'closed'));
    await stage.#showObidIsKept();
    return stage;
  }

  /**
   * The tables' host hands events back with their obid, as daemons that publish JSON do; so what a row lets
   * it write is not an echo, even if a client of another row sent the same a moment ago.
   */
  async #showObidIsKept(): Promise<void> {
    assert.equal(await this.#prober.client.ask(`E;0,${MARKER_CLASS},0,0,,0,-`), '+;EVENT');
    await this.server.write(await this.server.nextRead());
  }

  player(row: Row, state: SessionState): Promise<Player> {
    if (row.fresh) return enter(this.server, row.protocol, row.user, state);
    const key = `${row.protocol} ${row.user} ${state}`;
    const player = this.#players.get(key) ?? enter(this.server, row.protocol, row.user, state);
    this.#players.set(key, player);
    return player;
  }

  /** Called after a row that failed: what is left of it must not affect the next one. */
  async recover(row: Row, state: SessionState): Promise<void> {
    await this.gather();
    if (!row.fresh) this.#players.delete(`${row.protocol} ${row.user} ${state}`);
  }

  /** The events that the host wrote since the last `gather`. */
  get hostWrote(): number {
    return this.#hostWrote;
  }

  async write(event: DriverEvent): Promise<void> {
    this.#hostWrote++;
    await this.server.write(event);
  }

  /** Waits until everything that the host wrote has been handed out, which a watcher shows. */
  async sync(): Promise<void> {
    while (this.#came.ws1.length < this.#hostWrote)
      this.#came.ws1.push(await this.#watchers.ws1.client.next());
  }

  /** Lets everything arrive that is on its way; returns what host and watchers got since the last time. */
  async gather(): Promise<Came> {
    const number = ++this.#markers;
    assert.equal(await this.#prober.client.ask(`E;0,${MARKER_CLASS},${number},0,,0,-`), '+;EVENT');
    const marks = [`${MARKER_CLASS},${number}`];
    if (this.#hostWrote > 0) {
      await this.server.write(makeEvent({ head: 0, vscpClass: MARKER_CLASS + 1, vscpType: number }));
      marks.push(`${MARKER_CLASS + 1},${number}`);
    }
    const came = this.#came;
    for (;;) {
      const event = await this.server.nextRead();
      if (event.vscpClass !== MARKER_CLASS) came.host.push(textOf(event));
      else if (event.vscpType === number) break;
    }
    await this.#watch('ws1', marks);
    await this.#watch('ws2', marks);
    this.#came = nothing();
    this.#hostWrote = 0;
    return came;
  }

  async #watch(protocol: Protocol, wanted: readonly string[]): Promise<void> {
    const marks = new Set(wanted);
    while (marks.size > 0) {
      const frame = await this.#watchers[protocol].client.next();
      const mark = markOf(frame);
      if (mark === undefined) this.#came[protocol].push(frame);
      // An unexpected marker is left over from a row that failed.
      else marks.delete(mark);
    }
  }

  async close(): Promise<void> {
    await this.server.close();
  }
}

/** The `class,type` of a frame that carries a marker. */
function markOf(frame: string): string | undefined {
  const kind = /^E;\d+,(\d+),(\d+),|lass":(\d+),"(?:vscpT|t)ype":(\d+),/.exec(frame);
  if (kind === null) return undefined;
  const [, class1, type1, class2, type2] = kind;
  const vscpClass = Number(class1 ?? class2);
  return (vscpClass | 1) !== MARKER_CLASS + 1 ? undefined : `${vscpClass},${type1 ?? type2}`;
}

/** Connects and brings the session into its state. */
async function enter(
  server: BackendServer,
  protocol: Protocol,
  user: string,
  state: SessionState,
): Promise<Player> {
  const client = await TestClient.connect(`${server.url}/${protocol}`, server.clientOptions);
  const names: Names = { sid: client.sid, number: undefined, driverGuid: server.driverGuid };
  if (state === 'connected') return { client, names };
  // The iv is the session's own challenge, which every policy allows.
  const reply = await client.ask(client.authRequest(user, 'secret', { iv: Buffer.from(client.sid, 'hex') }));
  assert.match(reply, /^(\+;AUTH1|\{"type":"\+")/, `login of ${user}`);
  if (state === 'open')
    await client.ask(protocol === 'ws1' ? 'C;OPEN' : { type: 'CMD', command: 'OPEN', args: null });
  return { client, names };
}

async function send(step: Extract<Step, { kind: 'send' }>, player: Player, stage: Stage): Promise<void> {
  const text = fillIn(step.text, player.names);
  if (step.actor === 'host') return stage.write(step.form === 'c' ? classicEventOf(text) : eventOf(text));
  const { ws } = player.client;
  const binary = step.form === 'b';
  if (binary || step.form === 't') return ws.send(Buffer.from(text.replaceAll(' ', ''), 'hex'), { binary });
  if (step.form === '') return player.client.send(text);
  const parts = text.split('|');
  for (const [index, part] of parts.entries()) ws.send(part, { fin: index === parts.length - 1 });
}

async function play(row: Row, player: Player, stage: Stage): Promise<void> {
  const { client, names } = player;
  let closed = false;
  for (const step of row.steps) {
    if (step.kind === 'send') {
      await send(step, player, stage);
    } else if (step.kind === 'sync') {
      await stage.sync();
    } else if (step.kind === 'closed') {
      assert.equal((await client.closed).code, step.code, 'close code');
      closed = true;
    } else if (step.actor === 'client') {
      const frame = await client.next();
      assertMatches(frame, step.text, names);
      names.sid = newSid(frame) ?? names.sid;
    }
  }
  assert.deepEqual(closed ? client.pending : await client.settle(), [], 'frames that no step expects');
  await compareOthers(row, player, stage);
}

/** The challenge that a frame contains. */
function newSid(frame: string): string | undefined {
  return /^(?:\+;AUTH0;|\{"type":"\+","command":"CHALLENGE","args":\{"sid":")([0-9A-F]{32})/.exec(frame)?.[1];
}

async function compareOthers(row: Row, { names }: Player, stage: Stage): Promise<void> {
  const hostWrote = stage.hostWrote > 0;
  const came = await stage.gather();
  for (const actor of ['host', ...PROTOCOLS] as const) {
    const expected = row.steps.flatMap((step) =>
      step.kind === 'expect' && step.actor === actor ? [step.text] : [],
    );
    // What the host writes always reaches the watchers; rows mention it only where it matters.
    if (actor !== 'host' && hostWrote && expected.length === 0) continue;
    assert.equal(came[actor].length, expected.length, `${actor} got ${JSON.stringify(came[actor])}`);
    for (const [index, text] of expected.entries()) assertMatches(came[actor][index] ?? '', text, names);
  }
}

/** Runs the rows, each as a test of its own, against servers of a backend: one per profile, side by side. */
export async function runRows(context: TestContext, backend: Backend, rows: readonly Row[]): Promise<void> {
  const applicable = rows.filter(({ layout }) => layout === undefined || backend.layouts.has(layout));
  const profiles = [...new Set(applicable.map(({ profile }) => profile))];
  await Promise.all(
    profiles.map(async (profile) => {
      const stage = await Stage.open(backend, profile);
      for (const row of applicable) if (row.profile === profile) await runRow(context, stage, row);
      await stage.close();
    }),
  );
}

async function runRow(context: TestContext, stage: Stage, row: Row): Promise<void> {
  for (const state of row.states) {
    await context.test(`${row.protocol}: ${row.title} (${state}, ${row.profile})`, async () => {
      const player = await stage.player(row, state);
      if (!row.fresh) await player.client.settle();
      await play(row, player, stage).catch(async (error) => {
        await stage.recover(row, state);
        throw error;
      });
      if (row.fresh) player.client.ws.terminate();
    });
  }
}
