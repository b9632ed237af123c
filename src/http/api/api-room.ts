import { createHash } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import type { Entrant, LoginResult } from '../../auth/login.ts';
import { networkOf } from '../../auth/remotes.ts';
import { RIGHT_REST } from '../../auth/rights.ts';
import type { User } from '../../auth/user.ts';
import { errorMessage } from '../../core/errors.ts';
import type { EventSender } from '../../session/event-intake.ts';
import type { Pieces } from '../../session/own-turn.ts';
import { type Authorization, readAuthorization } from '../authorization.ts';
import { crossOrigin, isFromForeignPage } from '../cross-origin.ts';
import type { Room, RoomContext, RoomRequest } from '../http-rooms.ts';
import { readBody } from '../request-body.ts';
import { sendPieces } from './last-values.ts';
import { openApiDocument } from './openapi.ts';
import { type ApiOperation, isAdmin, OPERATIONS } from './operations.ts';
import { apiProblem, type Problem, type ProblemKind } from './problems.ts';
import { findFault, valueOfText } from './schema.ts';

const MAX_BODY_BYTES = 1024 * 1024;
/** How many clients' numbers are remembered. */
const MAX_SENDERS = 1024;
const DESCRIPTION_PATH = '/openapi.json';
const CORS = {
  methods: 'GET, POST',
  headers: 'authorization, content-type, last-event-id',
  exposed: 'retry-after, www-authenticate',
};
const BODY_PROBLEMS: Readonly<Record<400 | 408 | 413, ProblemKind>> = {
  400: 'bad-request',
  408: 'timeout',
  413: 'too-large',
};
const RETRY_AFTER_S = '1';
const ANSWER_HEADERS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };

type Given<T> = { ok: true; value: T } | { ok: false; problem: Problem };

/** The JSON API: every request brings its credentials, and the table of operations describes it. */
export class ApiRoom implements Room {
  readonly #context: RoomContext;
  /** The numbers under which users send events, by user and network; the one used last comes last. */
  readonly #senders = new Map<string, number>();
  #description: { text: string; tag: string } | undefined;

  constructor(context: RoomContext) {
    this.#context = context;
  }

  async handle(call: RoomRequest): Promise<void> {
    const { request, response, secure } = call;
    const origin = crossOrigin(request, secure, this.#context.access, CORS);
    if (!origin.allowed) {
      this.#refuse(call, apiProblem('foreign-origin'), {});
      return;
    }
    const path = call.path.slice(this.#context.settings.urlApi.length).replace(/(.)\/$/, '$1');
    const here = OPERATIONS.filter((operation) => operation.path === path);
    const isDescription = path === DESCRIPTION_PATH;
    if (here.length === 0 && !isDescription) {
      this.#refuse(call, apiProblem('not-found'), origin.headers);
      return;
    }
    const methods = isDescription ? ['GET'] : here.map(({ method }) => method);
    const allow = [
      ...methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])),
      'OPTIONS',
    ].join(', ');
    if (request.method === 'OPTIONS') {
      response.writeHead(204, { Allow: allow, ...origin.headers }).end();
      return;
    }
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const operation = here.find((each) => each.method === method);
    if (isDescription && method === 'GET') this.#describe(call, origin.headers);
    else if (operation !== undefined) await this.#run(call, operation, origin.headers);
    else this.#refuse(call, apiProblem('method', `${allow} expected`), { Allow: allow, ...origin.headers });
  }

  async #run(call: RoomRequest, operation: ApiOperation, headers: OutgoingHttpHeaders): Promise<void> {
    const who = await this.#authenticate(call);
    if (!who.ok) {
      this.#refuse(call, who.problem, headers);
      return;
    }
    const { user, token } = who.value;
    const denied = denial(user, operation);
    const query = readQuery(call, operation);
    const body = denied === undefined && query.ok ? await this.#readJson(call, operation) : undefined;
    const wrong =
      denied ?? (query.ok ? undefined : query.problem) ?? (body?.ok === false ? body.problem : undefined);
    if (call.response.destroyed) return;
    if (wrong !== undefined || !query.ok || body?.ok !== true) {
      this.#refuse(call, wrong ?? apiProblem('bad-request'), headers);
      return;
    }
    const answer = await operation.run({
      ...call,
      context: this.#context,
      user,
      token,
      query: query.value,
      body: body.value,
      sender: this.#senderOf(user, call.remoteAddress),
      headers: headers as Record<string, string>,
    });
    if (answer === 'taken' || call.response.destroyed) return;
    if ('problem' in answer) this.#refuse(call, answer.problem, headers);
    else if ('pieces' in answer) this.#stream(call, answer, headers);
    else this.#send(call, 200, 'application/json', JSON.stringify(answer.json), headers);
  }

  async #authenticate(call: RoomRequest): Promise<Given<Entrant>> {
    const { services } = this.#context.sessions;
    const authorization = readAuthorization(call.request);
    if (authorization.scheme === 'none') return { ok: false, problem: apiProblem('unauthorized') };
    if (!call.isPrivate) return { ok: false, problem: apiProblem('not-private') };
    const result = await this.#logIn(call, authorization);
    if (result?.ok) return { ok: true, value: result };
    services.stats.loginFailures++;
    return { ok: false, problem: apiProblem('unauthorized') };
  }

  async #logIn(call: RoomRequest, authorization: Authorization): Promise<LoginResult | undefined> {
    const { remoteAddress, request, response } = call;
    const { authenticator } = this.#context.sessions.services;
    const abandoned = () => response.destroyed;
    if (authorization.scheme === 'bearer') {
      return authenticator.checkBearer(authorization.token, remoteAddress, RIGHT_REST, abandoned);
    }
    // Credentials that a browser adds by itself must not let a foreign page in.
    if (authorization.scheme !== 'basic' || isFromForeignPage(request)) return undefined;
    return authenticator.check(authorization.credentials, remoteAddress, RIGHT_REST, abandoned);
  }

  async #readJson(
    { request, response }: RoomRequest,
    { body: schema }: ApiOperation,
  ): Promise<Given<unknown>> {
    if (schema === undefined) return { ok: true, value: undefined };
    if (!/^\s*application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? '')) {
      return { ok: false, problem: apiProblem('media-type') };
    }
    const body = await readBody(request, response, MAX_BODY_BYTES);
    if (!body.ok) return { ok: false, problem: apiProblem(BODY_PROBLEMS[body.status]) };
    try {
      return { ok: true, value: JSON.parse(body.bytes.toString()) };
    } catch (error) {
      return {
        ok: false,
        problem: apiProblem('bad-request', `not JSON: ${errorMessage(error).slice(0, 200)}`),
      };
    }
  }

  #senderOf(user: User, remoteAddress: string): EventSender {
    const key = `${user.name}\n${networkOf(remoteAddress)}`;
    const number = this.#senders.get(key) ?? this.#context.sessions.takeNumber();
    this.#senders.delete(key);
    this.#senders.set(key, number);
    if (this.#senders.size > MAX_SENDERS) {
      for (const oldest of this.#senders.keys()) {
        this.#senders.delete(oldest);
        break;
      }
    }
    return { number, user, describe: () => `user=${user.name} ip=${remoteAddress} session=${number}` };
  }

  #describe(call: RoomRequest, headers: OutgoingHttpHeaders): void {
    if (this.#description === undefined) {
      const text = JSON.stringify(
        openApiDocument(this.#context.settings.urlApi, this.#context.stats().version),
      );
      const tag = `"${createHash('sha256').update(text).digest('hex').slice(0, 32)}"`;
      this.#description = { text, tag };
    }
    const { text, tag } = this.#description;
    const cached = { ETag: tag, 'Cache-Control': 'no-cache', ...headers };
    const known = (call.request.headers['if-none-match'] ?? '').split(',').map((each) => each.trim());
    if (known.includes(tag) || known.includes('*')) call.response.writeHead(304, cached).end();
    else this.#send(call, 200, 'application/json', text, cached);
  }

  #refuse(call: RoomRequest, found: Problem, headers: OutgoingHttpHeaders): void {
    const { request } = call;
    const more: OutgoingHttpHeaders = {};
    if (found.status === 401) {
      // A page gets no challenge that would make the browser ask for a password.
      const isPage = request.headers.origin !== undefined || request.headers['sec-fetch-site'] !== undefined;
      more['WWW-Authenticate'] =
        isPage || !call.isPrivate
          ? 'Bearer realm="VSCP"'
          : ['Bearer realm="VSCP"', 'Basic realm="VSCP", charset="UTF-8"'];
    }
    if (found.status === 503) more['Retry-After'] = RETRY_AFTER_S;
    if (!request.complete) more.Connection = 'close';
    this.#send(call, found.status, 'application/problem+json', JSON.stringify(found), {
      ...more,
      ...headers,
    });
  }

  /** Without its length, which nobody knows before the end. */
  #stream(
    { request, response }: RoomRequest,
    { pieces, type }: { pieces: Pieces; type: string },
    headers: OutgoingHttpHeaders,
  ): void {
    response.writeHead(200, { ...ANSWER_HEADERS, 'Content-Type': type, ...headers });
    if (request.method === 'HEAD') response.end();
    else {
      const { log } = this.#context;
      sendPieces(response, pieces, (error) => log.err(`an answer failed: ${errorMessage(error)}`));
    }
  }

  #send(call: RoomRequest, status: number, type: string, text: string, headers: OutgoingHttpHeaders): void {
    const { response } = call;
    if (response.destroyed || response.headersSent) return;
    response.writeHead(status, {
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(text),
      ...ANSWER_HEADERS,
      ...headers,
    });
    response.end(text);
  }
}

function denial(user: User, { right = 0, adminOnly }: ApiOperation): Problem | undefined {
  if (adminOnly && !isAdmin(user)) return apiProblem('forbidden', 'Only users with all rights may do that.');
  return (user.rights & right) === right ? undefined : apiProblem('forbidden', 'A right is missing.');
}

/** Reads the parameters of the query by their schemas; unknown and repeated ones are refused. */
function readQuery({ request }: RoomRequest, { query = {} }: ApiOperation): Given<Record<string, unknown>> {
  const target = request.url ?? '';
  const at = target.indexOf('?');
  const values: Record<string, unknown> = {};
  for (const [name, text] of new URLSearchParams(at < 0 ? '' : target.slice(at + 1))) {
    const schema = Object.hasOwn(query, name) ? query[name] : undefined;
    const shown = name.slice(0, 40);
    if (schema === undefined)
      return { ok: false, problem: apiProblem('bad-request', `${shown}: no such parameter`, shown) };
    if (Object.hasOwn(values, name)) {
      return { ok: false, problem: apiProblem('bad-request', `${name}: given more than once`, name) };
    }
    const value = valueOfText(text, schema);
    const fault = findFault(value, schema, name);
    if (fault !== undefined) {
      return { ok: false, problem: apiProblem('bad-request', `${name}: ${fault.expected}`, name) };
    }
    values[name] = value;
  }
  return { ok: true, value: values };
}
