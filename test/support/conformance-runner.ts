import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { Protocol } from '../../src/http/client-connection.ts';
import { HEAD_NANOSECONDS, type VscpEvent } from '../../src/vscp/event.ts';
import { formatEventText, parseEventText } from '../../src/vscp/event-text.ts';
import type { Backend, BackendServer } from './backend.ts';
import { type Row, readConformanceJson, type SessionState, type Step } from './conformance-table.ts';
import { assertMatches, fillIn, type Names } from './conformance-text.ts';
import { makeEvent } from './events.ts';
import { TestClient } from './ws-client.ts';

const PROTOCOLS: readonly Protocol[] = ['ws1', 'ws2'];
/** Classes of the events that show that all before them has arrived: of clients and, one more, of the host. */
const MARKER_CLASS = 65000;

/** Users of the fixtures: password `secret` (kept as MD5, which spares the fixture the salts). */
export function readUsers(): object[] {
  return readConformanceJson<{ name: string }[]>('users').map((user) => ({
    password: createHash('md5').update(`${user.name}:secret`).digest('hex'),
    ...user,
  }));
}

interface Player {
  client: TestClient;
  names: Names;
}

function eventOf(text: string): VscpEvent {
  const parsed = parseEventText(text);
  if (!parsed.ok) throw new Error(`bad event in a table: ${text}`);
  return parsed.value;
}

function textOf(event: VscpEvent): string {
  const isNs = (event.head & HEAD_NANOSECONDS) !== 0 && event.timestampNs !== 0n;
  return formatEventText(event, isNs ? 'ns' : 'classic');
}

/** One server with one configuration, the sessions that rows share, and those that watch. */
class Stage {
  readonly server: BackendServer;
  readonly #players = new Map<string, Promise<Player>>();
  readonly #watchers: Record<Protocol, Player>;
  readonly #prober: Player;
  #markers = 0;

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
    return new Stage(server, { ws1, ws2 }, await enter(server, 'ws1', 'prober', 'closed'));
  }

  player(row: Row, state: SessionState): Promise<Player> {
    if (row.fresh) return enter(this.server, row.protocol, row.user, state);
    const key = `${row.protocol} ${row.user} ${state}`;
    const player = this.#players.get(key) ?? enter(this.server, row.protocol, row.user, state);
    this.#players.set(key, player);
    return player;
  }

  /** Lets everything arrive that is on its way; what host and watchers got since the last time. */
  async gather(hostWrote: boolean): Promise<{ host: string[]; ws1: string[]; ws2: string[] }> {
    const number = ++this.#markers;
    const marker = `E;0,${MARKER_CLASS},${number},0,,0,-`;
    assert.equal(await this.#prober.client.ask(marker), '+;EVENT');
    const wanted = [`${MARKER_CLASS},${number}`];
    if (hostWrote) {
      await this.server.write(makeEvent({ head: 0, vscpClass: MARKER_CLASS + 1, vscpType: number }));
      wanted.push(`${MARKER_CLASS + 1},${number}`);
    }
    const host: string[] = [];
    for (;;) {
      const event = await this.server.nextRead();
      if (event.vscpClass === MARKER_CLASS) break;
      host.push(textOf(event));
    }
    return { host, ws1: await this.#watched('ws1', wanted), ws2: await this.#watched('ws2', wanted) };
  }

  async #watched(protocol: Protocol, wanted: readonly string[]): Promise<string[]> {
    const marks = new Set(wanted);
    const frames: string[] = [];
    while (marks.size > 0) {
      const frame = await this.#watchers[protocol].client.next();
      const mark = markOf(frame);
      if (mark === undefined) frames.push(frame);
      else assert.ok(marks.delete(mark), `a marker came twice or late: ${frame}`);
    }
    return frames;
  }

  async close(): Promise<void> {
    await this.server.close();
  }
}

/** `class,type` of a frame that carries a marker. */
function markOf(frame: string): string | undefined {
  const kind = /^E;\d+,(\d+),(\d+),|lass":(\d+),"(?:vscpT|t)ype":(\d+),/.exec(frame);
  if (kind === null) return undefined;
  const [, class1, type1, class2, type2] = kind;
  const vscpClass = Number(class1 ?? class2);
  return vscpClass < MARKER_CLASS ? undefined : `${vscpClass},${type1 ?? type2}`;
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
  // The session's own challenge as iv, which every policy allows.
  const reply = await client.ask(client.authRequest(user, 'secret', { iv: Buffer.from(client.sid, 'hex') }));
  assert.match(reply, /^(\+;AUTH1|\{"type":"\+")/, `login of ${user}`);
  if (state === 'open')
    await client.ask(protocol === 'ws1' ? 'C;OPEN' : { type: 'CMD', command: 'OPEN', args: null });
  return { client, names };
}

async function send(step: Extract<Step, { kind: 'send' }>, player: Player, stage: Stage): Promise<void> {
  const text = fillIn(step.text, player.names);
  if (step.actor === 'host') return stage.server.write(eventOf(text));
  const { ws } = player.client;
  if (step.as === 'binary') return ws.send(Buffer.from(text.replaceAll(' ', ''), 'hex'), { binary: true });
  if (step.as === 'text') return player.client.send(text);
  const parts = text.split('|');
  for (const [index, part] of parts.entries()) ws.send(part, { fin: index === parts.length - 1 });
}

async function play(row: Row, player: Player, stage: Stage): Promise<void> {
  const { client, names } = player;
  let closed = false;
  for (const step of row.steps) {
    if (step.kind === 'send') {
      await send(step, player, stage);
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

/** The challenge that a frame announces. */
function newSid(frame: string): string | undefined {
  return /^(?:\+;AUTH0;|\{"type":"\+","command":"CHALLENGE","args":\{"sid":")([0-9A-F]{32})/.exec(frame)?.[1];
}

async function compareOthers(row: Row, { names }: Player, stage: Stage): Promise<void> {
  const hostWrote = row.steps.some((step) => step.kind === 'send' && step.actor === 'host');
  const came = await stage.gather(hostWrote);
  for (const actor of ['host', ...PROTOCOLS] as const) {
    const expected = row.steps.flatMap((step) =>
      step.kind === 'expect' && step.actor === actor ? [step.text] : [],
    );
    // What the host writes reaches the watchers in any case; rows only say so where it matters.
    if (actor !== 'host' && hostWrote && expected.length === 0) continue;
    assert.equal(came[actor].length, expected.length, `${actor} got ${JSON.stringify(came[actor])}`);
    for (const [index, text] of expected.entries()) assertMatches(came[actor][index] ?? '', text, names);
  }
}

/** Runs the rows, each as a test of its own, against servers of a backend. */
export async function runRows(context: TestContext, backend: Backend, rows: readonly Row[]): Promise<void> {
  const profiles = [...new Set(rows.map(({ profile }) => profile))];
  for (const profile of profiles) {
    const stage = await Stage.open(backend, profile);
    for (const row of rows) {
      if (row.profile !== profile || (row.layout !== undefined && !backend.layouts.has(row.layout))) continue;
      for (const state of row.states) {
        await context.test(`${row.protocol}: ${row.title} (${state}, ${profile})`, async () => {
          const player = await stage.player(row, state);
          if (!row.fresh) await player.client.settle();
          await play(row, player, stage);
          if (row.fresh) player.client.ws.terminate();
        });
      }
    }
    await stage.close();
  }
}
