import { once } from 'node:events';
import type { History } from '../../history/history.ts';
import { csvHead, MAX_BUCKETS, type PointsQuery } from '../../history/points.ts';
import { readPointsQuery } from '../../history/questions.ts';
import { inPieces, seriesText } from '../../session/history-commands.ts';
import { compileFilter } from '../../vscp/filter.ts';
import { wantedFilter } from './filter-query.ts';
import type { ApiAnswer, ApiCall } from './operations.ts';
import { apiProblem } from './problems.ts';

const JSON_TYPE = 'application/json';
/** Lines of one comma-separated answer; it is made page by page. */
const MAX_LINES = 1_000_000;

async function historyOf({ context }: ApiCall): Promise<History | undefined> {
  const { history } = context.sessions.services;
  await history?.opened;
  return history?.isReady ? history : undefined;
}

function noHistory({ context }: ApiCall): ApiAnswer {
  const isOff = context.sessions.services.history === undefined;
  return isOff
    ? { problem: apiProblem('not-enabled', 'The driver keeps no history (key enable-history).') }
    : { problem: apiProblem('no-history') };
}

export async function answerSeries(call: ApiCall): Promise<ApiAnswer> {
  const history = await historyOf(call);
  if (history === undefined) return noHistory(call);
  const { user, query } = call;
  const wanted = wantedFilter(query);
  if (!wanted.ok) return { problem: apiProblem('bad-request', wanted.reason) };
  const viewer = { user, filter: compileFilter(user.filter) };
  return { pieces: seriesText(history, viewer, wanted.value), type: JSON_TYPE };
}

export async function answerPoints(call: ApiCall): Promise<ApiAnswer> {
  const history = await historyOf(call);
  if (history === undefined) return noHistory(call);
  const { user, query } = call;
  const isCsv = query.format === 'csv';
  const asked = {
    series: String(query.series).split(',').map(Number),
    from: timeOf(query.from),
    to: timeOf(query.to),
    buckets: query.buckets,
    step: query.step,
    source: query.source,
    changes: query.changes,
  };
  if (isCsv && asked.changes !== undefined)
    return { problem: apiProblem('bad-request', 'changes: there are none in CSV', 'changes') };
  const viewer = { user, filter: compileFilter(user.filter) };
  const parsed = readPointsQuery(asked, history, viewer, Date.now(), isCsv ? MAX_LINES : MAX_BUCKETS);
  if (!parsed.ok) return { problem: apiProblem('bad-request', parsed.reason, parsed.reason.split(':')[0]) };
  if (isCsv) return streamCsv(call, history, parsed.value);
  const answer = await history.points(parsed.value, 'json');
  return answer === undefined ? noHistory(call) : { pieces: inPieces(answer.text), type: JSON_TYPE };
}

/** Writes page after page, as fast as the peer takes them. */
async function streamCsv(call: ApiCall, history: History, query: PointsQuery): Promise<ApiAnswer> {
  const { request, response, headers } = call;
  let next = query;
  let isFirst = true;
  while (next.from < query.to) {
    const to = Math.min(query.to, next.from + next.stepMs * (MAX_BUCKETS - 1));
    const answer = await history.points({ ...next, to }, 'csv');
    if (response.destroyed) return 'taken';
    if (answer === undefined && isFirst) return noHistory(call);
    if (answer === undefined) {
      // Half a file must not look like a whole one.
      response.destroy();
      return 'taken';
    }
    if (isFirst) {
      isFirst = false;
      response.writeHead(200, {
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': 'attachment; filename="vscp-history.csv"',
        'Cache-Control': 'no-store',
        'X-Content-Type-Options': 'nosniff',
        ...headers,
      });
      if (request.method === 'HEAD') break;
      response.write(csvHead(query.series));
    }
    if (!response.write(answer.text)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    next = { ...next, from: answer.end, stepMs: answer.stepMs, source: answer.source };
  }
  response.end();
  return 'taken';
}

/** Digits are Unix ms. */
function timeOf(text: unknown): unknown {
  return typeof text === 'string' && /^-?\d+$/.test(text) ? Number(text) : text;
}
