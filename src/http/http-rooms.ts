import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Settings } from '../config/settings.ts';
import type { Logger } from '../logging/logger.ts';
import type { HttpSessions } from '../session/http-client.ts';
import type { ServerSnapshot } from '../session/stats.ts';
import { samePath } from './request-path.ts';
import type { WebAccess } from './web-access.ts';

/** What the server gives to the legacy REST interface and the JSON API. */
export interface RoomContext {
  settings: Settings;
  log: Logger;
  sessions: HttpSessions;
  access: WebAccess;
  stats(): ServerSnapshot;
  /** The socket no longer belongs to a request: a session writes to it until it ends. */
  released(socket: Socket): void;
  /** Monotonic ms. */
  nowMs(): number;
}

/** A request that has come to one of the rooms. */
export interface RoomRequest {
  request: IncomingMessage;
  response: ServerResponse;
  /** Path without query, percent-encoded. */
  path: string;
  remoteAddress: string;
  /** The request came over TLS. */
  secure: boolean;
  /** Nobody on the network can read along: TLS here or at a trusted proxy, or a client on this machine. */
  isPrivate: boolean;
}

export interface Room {
  handle(request: RoomRequest): Promise<void>;
}

/** The path that clients from before 2017 and all examples use. */
const OLD_REST_PATH = '/vscp/rest';
const DEFAULT_REST_PATH = '/rest';

/**
 * Finds the room of a path. A room is loaded with its first request, so that it costs nothing while unused.
 */
export class HttpRooms {
  readonly #context: RoomContext;
  #rest: Promise<Room> | undefined;
  #api: Promise<Room> | undefined;

  constructor(context: RoomContext) {
    this.#context = context;
  }

  /** The room that a path leads to; undefined when it leads to none. */
  roomAt(path: string): Promise<Room> | undefined {
    const { enableRest, urlRest, enableApi, urlApi } = this.#context.settings;
    const isRest =
      samePath(path, urlRest) || (urlRest === DEFAULT_REST_PATH && samePath(path, OLD_REST_PATH));
    if (enableRest && isRest) {
      this.#rest ??= import('./rest/rest-room.ts').then(({ RestRoom }) => new RestRoom(this.#context));
      return this.#rest;
    }
    if (enableApi && (path === urlApi || path.startsWith(`${urlApi}/`))) {
      this.#api ??= import('./api/api-room.ts').then(({ ApiRoom }) => new ApiRoom(this.#context));
      return this.#api;
    }
    return undefined;
  }
}
