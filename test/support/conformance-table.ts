import { readdirSync, readFileSync } from 'node:fs';
import type { Protocol } from '../../src/core/protocol.ts';
import type { Layout } from './backend.ts';

/** What a session has done before a row begins: connected only, logged in, or logged in and opened. */
export type SessionState = 'connected' | 'closed' | 'open';

export type Actor = 'client' | 'host' | Protocol;

/**
 * How a text is sent: unchanged; as fragments; as bytes in a binary or text frame; or, for an event, as a
 * classic host has it, whatever its head.
 */
export type SendForm = '' | 'f' | 'b' | 't' | 'c';

/** One line of a row's script. */
export type Step =
  | { kind: 'send'; actor: 'client' | 'host'; text: string; form: SendForm }
  | { kind: 'sync' }
  | { kind: 'expect'; actor: Actor; text: string }
  | { kind: 'closed'; code: number };

/** One row: in these states, these bytes get those answers. */
export interface Row {
  title: string;
  protocol: Protocol;
  states: readonly SessionState[];
  user: string;
  /** The configuration with which the server runs. */
  profile: string;
  /** When it is given, the row is about hosts of that event layout. */
  layout: Layout | undefined;
  /** Whether the row needs its own session because it changes the session. */
  fresh: boolean;
  steps: readonly Step[];
}

const STATES: ReadonlySet<string> = new Set<SessionState>(['connected', 'closed', 'open']);
const STEP = /^(host|ws1|ws2)?([<>])([bftc]?) (.*)$/;

function isState(word: string): word is SessionState {
  return STATES.has(word);
}

function parseStep(line: string, place: string): Step {
  const closed = /^closed (\d+)$/.exec(line);
  if (closed) return { kind: 'closed', code: Number(closed[1]) };
  if (line === 'sync') return { kind: 'sync' };
  const [, who = 'client', direction, form = '', text = ''] = STEP.exec(line) ?? [];
  if (direction === undefined) throw new Error(`${place}: not a step: ${line}`);
  if (direction === '<') return { kind: 'expect', actor: who as Actor, text };
  if (who !== 'client' && who !== 'host') throw new Error(`${place}: only client and host send`);
  return { kind: 'send', actor: who, text, form: form as SendForm };
}

type Conditions = Pick<Row, 'user' | 'profile' | 'layout' | 'fresh'> & { states: SessionState[] };

/** The line of conditions: states, `fresh`, `as USER`, `with PROFILE` and `on LAYOUT`, in any order. */
function parseConditions(line: string, place: string): Conditions {
  const words = line.split(/\s+/);
  const states: SessionState[] = [];
  const row: Conditions = { states, user: 'admin', profile: 'usual', layout: undefined, fresh: false };
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (isState(word)) states.push(word);
    else if (word === 'fresh') row.fresh = true;
    else if (word === 'as') row.user = words[++index] ?? '';
    else if (word === 'with') row.profile = words[++index] ?? '';
    else if (word === 'on') row.layout = words[++index] === 'classic' ? 'classic' : '2026';
    else throw new Error(`${place}: unknown condition ${word}`);
  }
  if (states.length === 0) throw new Error(`${place}: no state`);
  return row;
}

/**
 * Reads a table:
 *
 *     # a comment
 *     == title of the row
 *     @ closed open as user with PROFILE     states the row runs in; `fresh` = in a session of its
 *                                            own, `on classic` = for hosts of that layout
 *     > C;NOOP                               what the client sends (`>b`, `>t` hex bytes as a binary or
 *                                            text frame, `>f` fragments parted by `|`)
 *     < +;NOOP                               what it then gets
 *     host> …   host< …                      event texts that the host writes and reads (`host>c` of a classic
 *                                            host, where head bit 8 does not mean nanoseconds)
 *     sync                                   waits until what the host wrote has been handed out
 *     ws1< …    ws2< …                       what other clients get
 *     closed 4401                            the connection ends
 */
export function parseTable(text: string, protocol: Protocol, name: string): Row[] {
  const rows: (Row & { steps: Step[] })[] = [];
  let title = '';
  text.split('\n').forEach((line, index) => {
    const place = `${name}:${index + 1}`;
    if (line.trim() === '' || line.startsWith('#')) return;
    if (line.startsWith('== ')) {
      title = line.slice(3);
    } else if (line.startsWith('@ ')) {
      rows.push({ title, protocol, ...parseConditions(line.slice(2).trim(), place), steps: [] });
    } else {
      const row = rows[rows.length - 1];
      if (row === undefined) throw new Error(`${place}: a step before the first row`);
      row.steps.push(parseStep(line, place));
    }
  });
  for (const row of rows) if (row.steps.length === 0) throw new Error(`${name}: no steps in "${row.title}"`);
  return rows;
}

const FIXTURES = new URL('../fixtures/conformance/', import.meta.url);

/** The rows of all tables in test/fixtures/conformance; a table's name begins with its protocol. */
export function readTables(): Row[] {
  return readdirSync(FIXTURES)
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .flatMap((name) => {
      const text = readFileSync(new URL(name, FIXTURES), 'utf8');
      return parseTable(text, name.startsWith('ws1') ? 'ws1' : 'ws2', name);
    });
}

/** One JSON file in that folder. */
export function readConformanceJson<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FIXTURES), 'utf8'));
}
