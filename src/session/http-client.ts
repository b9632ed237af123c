import type { TokenUse } from '../auth/login.ts';
import type { User } from '../auth/user.ts';
import type { OutboxSocket } from '../delivery/outbox.ts';
import type { CompiledFilter } from '../vscp/filter.ts';
import type { Channel } from './client-connection.ts';
import type { CommandServices } from './commands.ts';
import type { EventIntake } from './event-intake.ts';
import type { Session } from './session.ts';

const CLOSE_ABNORMAL = 1006;

/** Takes the place of a websocket under a session whose client speaks HTTP. */
export class HttpChannel implements Channel {
  readonly OPEN = 1;
  readyState: Channel['readyState'] = 1;
  /** Called once, with the close code, when the session ends from either side. */
  onClosed: (code: number, reason: string) => void = () => undefined;
  /** Called when a websocket would be pinged. */
  onPing: () => void = () => undefined;
  /** Called by the hub, after `onClosed`. */
  onLeft: (code: number) => void = () => undefined;

  close(code = CLOSE_ABNORMAL, reason: string | Buffer = ''): void {
    if (this.readyState !== 1) return;
    this.readyState = 3;
    this.onClosed(code, String(reason));
    this.onLeft(code);
  }

  terminate(): void {
    this.close();
  }

  ping(): void {
    this.onPing();
  }

  pause(): void {}

  resume(): void {}
}

/** A client that has logged in over HTTP and wants a session. */
export interface HttpClient {
  protocol: 'rest' | 'sse';
  user: User;
  /** What the client logged in with, a token or (undefined) the password. */
  token?: TokenUse | undefined;
  remoteAddress: string;
  channel: HttpChannel;
  /** Takes the events of an `sse` session as frames; without it, events wait to be taken from the backlog. */
  socket?: OutboxSocket;
  /** Which of the events that the user may see the client wants. */
  narrowing?: CompiledFilter;
}

/** What the rooms of HTTP need of the part that owns the sessions. */
export interface HttpSessions {
  readonly services: CommandServices;
  readonly intake: Pick<EventIntake, 'accept'>;
  /** Makes a session like any other; undefined when there is no place for it. */
  join(client: HttpClient): Session | undefined;
  /**
   * Gives a session the remembered events after number `after` that it may see, as fast as it takes them, and from
   * then on new ones.
   * @param onMissed called with how many events at most the session missed because they are no longer remembered
   */
  replay(session: Session, after: number, onMissed: (events: number) => void): void;
  /** Takes a number like a session's, for the events of a client without a session. */
  takeNumber(): number;
  /** Writes what the session has to write, at the end of the turn. */
  flushSoon(session: Session): void;
}
