import { GENERAL_ERROR, SYNTAX_ERROR } from '../core/protocol.ts';
import type { History } from '../history/history.ts';
import { describeSeries, maySeeSeries, readPointsQuery } from '../history/questions.ts';
import { type CompiledFilter, compileFilter } from '../vscp/filter.ts';
import type { CommandServices } from './commands.ts';
import type { CommandArgs, NegativeReply, Reply } from './dialect.ts';
import { PIECE_BYTES, type Pieces } from './own-turn.ts';
import type { Session } from './session.ts';

const SERIES_PER_STEP = 100;

const NO_HISTORY: NegativeReply = {
  ok: false,
  code: GENERAL_ERROR,
  detail: 'There is no history at the moment.',
};

/** SERIES: what the lasting history has, as far as the session may see it. */
export async function series(
  session: Session,
  args: CommandArgs,
  { history }: CommandServices,
): Promise<Reply> {
  await history?.opened;
  if (history?.isReady !== true) return NO_HISTORY;
  const filter = args.filterGiven ? args.filter() : undefined;
  if (filter?.ok === false) return { ok: false, code: SYNTAX_ERROR, detail: filter.reason };
  return { ok: true, pieces: seriesText(history, session, filter && compileFilter(filter.value)) };
}

/** POINTS: the values of some series over time. */
export async function points(
  session: Session,
  args: CommandArgs,
  { history }: CommandServices,
): Promise<Reply> {
  await history?.opened;
  if (history?.isReady !== true) return NO_HISTORY;
  const [series, from, to, buckets, step, source, changes] = [
    ...['series', 'from', 'to', 'buckets', 'step', 'source', 'changes'],
  ].map((name) => args.value(name));
  const asked = { series, from, to, buckets, step, source, changes };
  const query = readPointsQuery(asked, history, session, Date.now());
  if (!query.ok) return { ok: false, code: SYNTAX_ERROR, detail: query.reason };
  const answer = await history.points(query.value, 'json');
  return answer === undefined ? NO_HISTORY : { ok: true, pieces: inPieces(answer.text) };
}

/** `{"series":[…]}` */
export function* seriesText(
  history: History,
  session: Pick<Session, 'user' | 'filter'>,
  wanted?: CompiledFilter,
): Pieces {
  let text = '{"series":[';
  let separator = '';
  let looked = 0;
  for (const info of [...history.series]) {
    if (++looked % SERIES_PER_STEP === 0) {
      yield Buffer.from(text);
      text = '';
    }
    if (!maySeeSeries(session, info, wanted)) continue;
    text += separator + JSON.stringify(describeSeries(info));
    separator = ',';
  }
  yield Buffer.from(`${text}]}`);
}

/** A text that is there already. */
export function* inPieces(text: Uint8Array): Pieces {
  const bytes = Buffer.from(text.buffer, text.byteOffset, text.length);
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}
