import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { TokenUse } from '../auth/login.ts';
import { RIGHT_RECEIVE_EVENTS, RIGHT_REST, RIGHT_SET_FILTER, RIGHT_WEBSOCKETS } from '../auth/rights.ts';
import { narrowUser } from '../auth/token.ts';
import type { User } from '../auth/user.ts';
import { maySee, maySeeKind } from '../auth/visibility.ts';
import { MAX_UINT16 } from '../core/event.ts';
import type { AudienceEntry } from '../delivery/audience.ts';
import type { EventFrames } from '../delivery/event-frames.ts';
import type { Outbox } from '../delivery/outbox.ts';
import type { Logger } from '../logging/logger.ts';
import type { DriverEvent } from '../vscp/event.ts';
import { bothFilters, type CompiledFilter, compileFilter, PASS_ALL } from '../vscp/filter.ts';
import type { Channel, ClientProtocol } from './client-connection.ts';

const SID_SIZE = 16;
const SPARE_SIDS = 64;
/** A peer that has taken nothing for this long would not see a close frame either. */
const STALLED_MS = 300;
const MAX_SESSION_NUMBER = 0x7fffffff;
const PASS_EVERYTHING = compileFilter(PASS_ALL);

/** The right that a user needs for a session of each protocol. */
export const RIGHT_TO_ENTER: Readonly<Record<ClientProtocol, number>> = {
  ws1: RIGHT_WEBSOCKETS,
  ws2: RIGHT_WEBSOCKETS,
  rest: RIGHT_REST,
  sse: RIGHT_REST,
};

/**
 * Numbers of sessions, starting at a random one, so that drivers that run side by side rarely share a number.
 * Servers that have a number of their own share none: it stands in the upper half of their sessions' numbers.
 */
export class SessionNumbers {
  readonly #base: number;
  readonly #largest: number;
  readonly #first: number;
  #used = 0;

  constructor(nodeNumber?: number) {
    this.#base = (nodeNumber ?? 0) * (MAX_UINT16 + 1);
    this.#largest = nodeNumber === undefined ? MAX_SESSION_NUMBER : MAX_UINT16;
    this.#first = randomBytes(4).readUInt32LE(0) & this.#largest;
  }

  next(): number {
    return this.#base + ((this.#first + this.#used++) % this.#largest || this.#largest);
  }

  /** Whether an event's obid may be the number of a session, now or before. */
  has(obid: number): boolean {
    const number = obid - this.#base;
    const offset = (number - this.#first + this.#largest) % this.#largest;
    return number >= 0 && number <= this.#largest && offset < this.#used;
  }
}

/** Random bytes for the next challenges: thousands of clients may come at once. */
let spareSids: Buffer = Buffer.alloc(0);

function newSid(): Buffer {
  if (spareSids.length === 0) spareSids = randomBytes(SPARE_SIDS * SID_SIZE);
  const sid = spareSids.subarray(0, SID_SIZE);
  spareSids = spareSids.subarray(SID_SIZE);
  return sid;
}

/** One client's connection: who the client is, what it may and wants to receive, and its outbox. */
export class Session implements AudienceEntry {
  /** Unique among the sessions of this open; the obid of events that this client sends. */
  readonly number: number;
  readonly protocol: ClientProtocol;
  readonly remoteAddress: string;
  readonly channel: Channel;
  readonly frames: EventFrames;
  readonly outbox: Outbox;
  readonly connectedAtMs: number;
  /** The challenge: 16 random bytes; replaced after a failed login. */
  sid = newSid();
  user: User | undefined;
  /** What the client logged in with, a token or (undefined) the password. */
  token: TokenUse | undefined;
  /** True after a login with a password that everybody tries first; see Entrant. */
  isLocal = false;
  /** When the client last logged in, in monotonic ms. */
  loggedInAtMs: number | undefined;
  authFailures = 0;
  /** Pings sent since the peer last showed a sign of life. */
  missedPongs = 0;
  nextPingAtMs = 0;
  /**
   * When the session ends unless it is renewed, in monotonic ms; undefined = it lasts as long as its
   * connection.
   */
  idleEndMs: number | undefined;
  /** A filter in addition to the user's own; it stays when the user is changed. */
  narrowing: CompiledFilter | undefined;
  /** Events dropped since the queue last overflowed; 0 = not dropping. */
  #droppedInEpisode = 0;
  /** The connection is gone. */
  closed = false;
  #ending = false;
  /** Messages of the client are waiting; they are handled even when the client is gone meanwhile. */
  hasWaitingInput = false;
  /** Called when the server itself begins to end the session. */
  onEnding: () => void = () => {};
  /** Called with the number of dropped events when the queue has room again. */
  onRoomAgain: (dropped: number) => void = () => {};
  /** Called when nothing holds the client's input back any more, before reading from the socket resumes. */
  onInputFree: () => void = () => {};
  readonly #holds = new Set<string>();
  /** Applied when an event arrives for the session; after a change, tell the hub's audience. */
  filter: CompiledFilter = PASS_EVERYTHING;

  constructor(options: {
    number: number;
    connection: { protocol: ClientProtocol; remoteAddress: string; ws: Channel };
    frames: EventFrames;
    outbox: Outbox;
    nowMs: number;
  }) {
    this.number = options.number;
    this.protocol = options.connection.protocol;
    this.remoteAddress = options.connection.remoteAddress;
    this.channel = options.connection.ws;
    this.frames = options.frames;
    this.outbox = options.outbox;
    this.connectedAtMs = options.nowMs;
  }

  /** Call this after something other than the outbox has taken events from the backlog. */
  takenFromBacklog(): void {
    if (this.outbox.backlog.fill < 0.5) this.#droppedInEpisode = 0;
  }

  /** The challenge as sent to clients: 32 upper-case hex digits. */
  get sidText(): string {
    return this.sid.toString('hex').toUpperCase();
  }

  renewSid(): void {
    this.sid = newSid();
  }

  /** True when the server itself ends the session: whatever the client still sends is ignored. */
  get ending(): boolean {
    return this.#ending;
  }

  /** Closes the connection from the server's side. */
  end(code: number, reason: string): void {
    this.#beginEnd();
    this.channel.close(code, reason);
  }

  /**
   * Whether the peer has taken nothing for long. In a flood every write waits a little, which alone means
   * nothing.
   */
  isStalled(nowMs: number): boolean {
    const { stalledSinceMs } = this.outbox;
    return stalledSinceMs !== 0 && nowMs - stalledSinceMs > STALLED_MS;
  }

  /** Cuts the connection off. */
  cutOff(): void {
    this.#beginEnd();
    this.channel.terminate();
  }

  #beginEnd(): void {
    this.#ending = true;
    this.onEnding();
  }

  /** Counts events that a full queue dropped; logs only the first time until there is room again. */
  dropped(events: number, log: Logger): void {
    this.#droppedInEpisode += events;
    if (this.#droppedInEpisode > events) return;
    const closed = this.outbox.flowing ? '' : ' (event channel closed)';
    log.warn(
      `queue full, newest events are dropped: ${this.describe()} events=${this.outbox.backlog.events}${closed}`,
    );
  }

  hasRoomAgain(log: Logger): void {
    if (this.#droppedInEpisode === 0) return;
    log.info(`queue has room again: ${this.describe()} dropped=${this.#droppedInEpisode} events`);
    this.onRoomAgain(this.#droppedInEpisode);
    this.#droppedInEpisode = 0;
  }

  /** True when an outcome no longer matters: the client is gone, and none of its messages is waiting. */
  get abandoned(): boolean {
    return this.ending || (this.closed && !this.hasWaitingInput);
  }

  /** True while messages of the client have to wait. */
  get inputHeld(): boolean {
    return this.#holds.size > 0;
  }

  /** True while a command of the client is not decided yet. */
  get commandRuns(): boolean {
    return this.#holds.has('command');
  }

  /** Stops reading from the client while at least one reason holds. */
  holdInput(reason: 'command' | 'replies', hold: boolean): void {
    if (hold === this.#holds.has(reason)) return;
    if (hold) this.#holds.add(reason);
    else this.#holds.delete(reason);
    if (!this.inputHeld) this.onInputFree();
    // A message that had waited may have given a new reason to hold the rest back.
    if (this.inputHeld) this.channel.pause();
    else this.channel.resume();
  }

  /**
   * Applies an edit of the user; tell the hub's audience afterwards. A filter that the client has
   * set stays, unless the user's own filter was edited or the user may no longer set one.
   */
  userChanged(edit: User): void {
    const user = this.asLoggedIn(edit);
    const edited = this.user === undefined || !isDeepStrictEqual(this.user.filter, user.filter);
    this.user = user;
    if (edited || !this.hasRight(RIGHT_SET_FILTER)) this.takeFilterOf(user);
  }

  /** Sets the filter to the user's own, narrowed by what the session itself asked for. */
  takeFilterOf(user: User): void {
    const own = compileFilter(user.filter);
    this.filter = this.narrowing === undefined ? own : bothFilters(own, this.narrowing);
  }

  /** The user with the rights that the session's token leaves. */
  asLoggedIn(user: User): User {
    return narrowUser(user, this.token?.rights);
  }

  hasRight(right: number): boolean {
    return this.user !== undefined && (this.user.rights & right) !== 0;
  }

  get receivesAnything(): boolean {
    return this.hasRight(RIGHT_RECEIVE_EVENTS);
  }

  get acceptsAnyOrigin(): boolean {
    return this.filter.passesAnyOrigin;
  }

  receives(vscpClass: number, vscpType: number): boolean {
    return maySeeKind(this, vscpClass, vscpType);
  }

  /** Whether this session may see the event at all, live or on later request. */
  maySee(event: DriverEvent): boolean {
    return maySee(this, event);
  }

  /** Name and address for log lines. */
  describe(): string {
    return `user=${this.user?.name ?? '-'} ip=${this.remoteAddress} session=${this.number}`;
  }
}
