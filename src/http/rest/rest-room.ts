import type { OutgoingHttpHeaders } from 'node:http';
import type { Credentials } from '../../auth/login-crypto.ts';
import { remoteAllowed } from '../../auth/remotes.ts';
import { RIGHT_REST } from '../../auth/rights.ts';
import { HttpChannel } from '../../session/http-client.ts';
import type { Session } from '../../session/session.ts';
import { readAuthorization } from '../authorization.ts';
import { crossOrigin, isFromForeignPage } from '../cross-origin.ts';
import type { Room, RoomContext, RoomRequest } from '../http-rooms.ts';
import { replyText } from '../replies.ts';
import { readBody } from '../request-body.ts';
import { CONTENT_TYPES, type Format, failure, formatOutcome, type Outcome } from './answers.ts';
import { findOperation, stateOf } from './operations.ts';
import { Parameters } from './parameters.ts';

const MAX_BODY_BYTES = 32_000;
const METHODS = 'GET, POST, PUT';
const ALLOWED = 'GET, HEAD, POST, PUT, OPTIONS';
const CORS = {
  methods: METHODS,
  headers: 'vscpuser, vscpsecret, vscpsession, content-type, authorization',
};

/** The legacy REST interface: sessions by key, operations by name or number, answers in five formats. */
export class RestRoom implements Room {
  readonly #context: RoomContext;
  /** Sessions by their key, 32 lower-case hex digits. */
  readonly #sessions = new Map<string, Session>();

  constructor(context: RoomContext) {
    this.#context = context;
  }

  async handle(call: RoomRequest): Promise<void> {
    const { request, response, secure } = call;
    const origin = crossOrigin(request, secure, this.#context.access, CORS);
    if (!origin.allowed) {
      replyText(request, response, 403);
      return;
    }
    const { method = '' } = request;
    if (method === 'OPTIONS') {
      response.writeHead(204, { Allow: ALLOWED, ...origin.headers }).end();
      return;
    }
    if (!ALLOWED.split(', ').includes(method)) {
      replyText(request, response, 405, { Allow: ALLOWED, ...origin.headers });
      return;
    }
    const form = method === 'POST' || method === 'PUT' ? await this.#readForm(call, origin.headers) : '';
    if (form === undefined) return;
    await this.#answer(call, new Parameters(request, form), origin.headers);
  }

  /** Reads the body; undefined when the request has already been answered. */
  async #readForm(
    { request, response }: RoomRequest,
    headers: OutgoingHttpHeaders,
  ): Promise<string | undefined> {
    if (/^\s*multipart\//i.test(request.headers['content-type'] ?? '')) {
      replyText(request, response, 415, headers);
      return undefined;
    }
    const body = await readBody(request, response, MAX_BODY_BYTES);
    if (body.ok) return body.bytes.toString();
    replyText(request, response, body.status, headers);
    return undefined;
  }

  async #answer(call: RoomRequest, parameters: Parameters, headers: OutgoingHttpHeaders): Promise<void> {
    const { response } = call;
    const { format } = parameters;
    const outcome =
      format === undefined
        ? failure(-3, 'plain, csv, xml, json, jsonp or 0 to 4 expected.')
        : await this.#outcome(call, parameters, format);
    const used = format ?? 'plain';
    const text = formatOutcome(outcome, used, parameters.callback);
    if (response.destroyed) return;
    response.writeHead(format === undefined ? 400 : 200, {
      'Content-Type': `${CONTENT_TYPES[used]}; charset=utf-8`,
      'Content-Length': Buffer.byteLength(text),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    });
    response.end(text);
  }

  async #outcome(call: RoomRequest, parameters: Parameters, format: Format): Promise<Outcome> {
    // A script tag sends no origin, so it would bypass allowed-origins.
    if (format === 'jsonp' && !this.#context.settings.allowedOrigins.includes('*')) {
      return failure(-15, 'jsonp needs allowed-origins to be *.');
    }
    const operation = findOperation(parameters.get('op'));
    if (operation === undefined) return failure(-5, 'op: no such operation.');
    const { tooLong } = parameters;
    if (tooLong !== undefined) return failure(-5, 'A value is too long.');
    const session = this.#sessionOf(parameters);
    if (session !== undefined && !this.#isAddressAllowed(session, call.remoteAddress)) {
      return failure(-15, 'This address is not allowed.');
    }
    if (session !== undefined) session.idleEndMs = this.#idleEndMs();
    if ('run' in operation) {
      if (session === undefined) return failure(-2, 'The session is not known or has ended.');
      return operation.run(session, parameters, this.#context.sessions);
    }
    return session === undefined ? this.#open(call, parameters) : stateOf(session, true);
  }

  #isAddressAllowed(session: Session, remoteAddress: string): boolean {
    return session.user !== undefined && remoteAllowed(session.user.remotes, remoteAddress);
  }

  #idleEndMs(): number {
    return this.#context.nowMs() + this.#context.settings.restSessionTimeoutMs;
  }

  #sessionOf(parameters: Parameters): Session | undefined {
    const session = this.#sessions.get(parameters.get('vscpsession')?.trim().toLowerCase() ?? '');
    if (session?.idleEndMs === undefined || session.idleEndMs > this.#context.nowMs()) return session;
    session.end(1000, 'idle for too long');
    return undefined;
  }

  async #open(call: RoomRequest, parameters: Parameters): Promise<Outcome> {
    const { services, join } = this.#door();
    const credentials = this.#credentialsOf(call, parameters);
    if (credentials === undefined) return failure(-16, 'vscpuser and vscpsecret expected.');
    const { remoteAddress, response } = call;
    const result = await services.authenticator.check(
      credentials,
      remoteAddress,
      RIGHT_REST,
      () => response.destroyed,
    );
    if (!result.ok) {
      if (result.reason !== 'abandoned') services.stats.loginFailures++;
      if (result.reason === 'overload') return failure(-4, 'Too many logins wait.');
      if (result.reason === 'address-not-allowed') return failure(-15, 'This address is not allowed.');
      // The answer does not tell whether the name or the password was wrong.
      return failure(-16, 'User or password is not right.');
    }
    const channel = new HttpChannel();
    const session = join({ protocol: 'rest', user: result.user, remoteAddress, channel });
    if (session === undefined) return failure(-4, 'No place is left, or the driver closes.');
    const key = session.sid.toString('hex');
    session.idleEndMs = this.#idleEndMs();
    this.#sessions.set(key, session);
    channel.onClosed = () => this.#sessions.delete(key);
    return stateOf(session, true);
  }

  #door() {
    const { sessions } = this.#context;
    return { services: sessions.services, join: sessions.join.bind(sessions) };
  }

  #credentialsOf({ request, isPrivate }: RoomRequest, parameters: Parameters): Credentials | undefined {
    const [user, password] = [parameters.get('vscpuser'), parameters.get('vscpsecret')];
    if (user !== undefined && password !== undefined) return { user, password };
    const authorization = readAuthorization(request);
    const counts = authorization.scheme === 'basic' && isPrivate && !isFromForeignPage(request);
    return counts ? authorization.credentials : undefined;
  }
}
