import type { TokenUse } from '../auth/login.ts';
import type { User } from '../auth/user.ts';
import type { OutboxSocket } from '../delivery/outbox.ts';
import type { CompiledFilter } from '../vscp/filter.ts';
import type { Channel } from './client-connection.ts';
import type { CommandServices } from './commands.ts';
import type { EventIntake } from './event-intake.ts';
import type { Session } from './session.ts';

const CLOSE_ABNORMAL = 1006;

/** Stands in for a websocket under a session whose client speaks HTTP. */
export class HttpChannel implements Channel {
  readonly OPEN = 1;
  readyState: Channel['readyState'] = 1;
  /** Called once, with the close code, when the session ends from either side. */
  onClosed: (code: number, reason: string) => void = () => undefined;
  /** Called where a websocket would be pinged. */
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

/** Somebody who has logged in over HTTP and is to have a session. */
export interface HttpClient {
  protocol: 'rest' | 'sse';
  user: User;
  /** What the client logged in with, a token or (undefined) the password. */
  token?: TokenUse | undefined;
  remoteAddress: string;
  channel: HttpChannel;
  /** Where events of an `sse` session are written, as frames; left out, they wait to be taken from the backlog. */
  socket?: OutboxSocket;
  /** What the client wants of what the user may see. */
  narrowing?: CompiledFilter;
}

/** What the rooms of HTTP ask of the part that owns the sessions. */
export interface HttpSessions {
  readonly services: CommandServices;
  readonly intake: Pick<EventIntake, 'accept'>;
  /** A session like every other; undefined when there is no place for it. */
  join(client: HttpClient): Session | undefined;
  /**
   * Gives a session the remembered events behind number `after` that it may see.
   * @returns how many events, at the most, it missed because they are remembered no more
   */
  replay(session: Session, after: number): number;
  /** A number as sessions have it, for events of a client without one. */
  takeNumber(): number;
  /** Puts out what the session has to write, at the end of the turn. */
  flushSoon(session: Session): void;
}
