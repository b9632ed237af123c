import type { ServerResponse } from 'node:http';
import { inOwnTurn, PIECE_BYTES, type Pieces } from '../../session/own-turn.ts';
import type { DriverEvent } from '../../vscp/event.ts';
import { compileFilter } from '../../vscp/filter.ts';
import { wantedFilter } from './filter-query.ts';
import type { ApiAnswer, ApiCall } from './operations.ts';
import { apiProblem } from './problems.ts';

/** Events that are read in one step: some hundred microseconds. */
const READS_PER_STEP = 100;

/** What becomes of the events: items at once, or at the end if all of them must be known. */
export interface ItemReader {
  read(event: DriverEvent): Iterable<object>;
  rest?(): Iterable<object>;
}

/**
 * Answers `{"<name>":[…]}` with the last values that the user may see and asked for, oldest first, and with
 * `"more":true` if that is not all; a problem while last values are off.
 */
export function answerLastValues(call: ApiCall, name: string, reader: ItemReader): ApiAnswer {
  const { user, query, context } = call;
  const { archive } = context.sessions.services;
  if (!archive.extensions.includes('LAST')) {
    return { problem: apiProblem('not-enabled', 'The driver keeps no last values (key last-values is 0).') };
  }
  const wanted = wantedFilter(query);
  if (!wanted.ok) return { problem: apiProblem('bad-request', wanted.reason) };
  const limit = typeof query.limit === 'number' ? query.limit : Number.POSITIVE_INFINITY;
  const viewer = { user, filter: compileFilter(user.filter) };
  const found = archive.find({ what: 'last', viewer, wanted: wanted.value, limit });
  return { pieces: listText(name, found, reader), type: 'application/json' };
}

function* listText(
  name: string,
  found: Generator<undefined, { events: DriverEvent[]; more: boolean }>,
  { read, rest }: ItemReader,
): Pieces {
  const { events, more } = yield* found;
  let text = `{"${name}":[`;
  let separator = '';
  const add = (item: object): void => {
    text += separator + JSON.stringify(item);
    separator = ',';
  };
  for (const [index, event] of events.entries()) {
    for (const item of read(event)) add(item);
    if (text.length > PIECE_BYTES / 2) {
      yield Buffer.from(text);
      text = '';
    } else if (index % READS_PER_STEP === READS_PER_STEP - 1) yield undefined;
  }
  for (const item of rest?.() ?? []) {
    add(item);
    if (text.length < PIECE_BYTES / 2) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(`${text}]${more ? ',"more":true' : ''}}`);
}

/** Writes a text while it is made, as fast as the peer takes it; the head of the answer has been written. */
export function sendPieces(
  response: ServerResponse,
  pieces: Pieces,
  onError: (error: unknown) => void,
): void {
  const step = (): void => {
    if (response.destroyed) return;
    try {
      const { done, value } = pieces.next();
      if (done) response.end();
      else if (value === undefined || response.write(value)) inOwnTurn(step);
      else response.once('drain', () => inOwnTurn(step));
    } catch (error) {
      response.destroy();
      onError(error);
    }
  };
  // What the text is read from must not wait for a peer that has gone.
  response.once('close', () => pieces.return());
  inOwnTurn(step);
}
