import type { Entrant } from '../auth/login.ts';
import { samePasswordHash } from '../auth/password.ts';
import { remoteAllowed } from '../auth/remotes.ts';
import type { User } from '../auth/user.ts';
import { CLOSE_USER_REMOVED } from '../core/protocol.ts';
import type { Logger } from '../logging/logger.ts';
import type { CommandServices } from './commands.ts';
import { RIGHT_TO_ENTER, type Session } from './session.ts';

/** Gives a session to a user who has been let in, for the first time or again. */
export function enterAs(
  session: Session,
  { user, token, isLocal }: Omit<Entrant, 'ok'>,
  services: CommandServices,
): void {
  services.stats.loginsTotal++;
  if (session.user === undefined) services.stats.sessionsAuthenticated++;
  if (session.token !== undefined) services.tokens?.countSession(session.token.id, -1);
  if (token !== undefined) services.tokens?.countSession(token.id, 1);
  session.user = user;
  session.token = token;
  session.isLocal = isLocal;
  session.loggedInAtMs = performance.now();
  session.takeFilterOf(user);
  services.audienceChanged(session);
  const how = token === undefined ? '' : ` token=${token.id}`;
  services.log.info(`login ${session.describe()} protocol=${session.protocol}${how}`);
}

/**
 * Applies an edited user database to the current sessions: what a user may do and see changes in place. A
 * session ends when its user was removed, or could no longer log in as the session did.
 */
export function applyUsers(
  sessions: Iterable<Session>,
  { removed, updated }: { removed: readonly string[]; updated: readonly User[] },
  log: Logger,
  audienceChanged: (session: Session) => void,
): void {
  const gone = new Set(removed);
  const changed = new Map(updated.map((user) => [user.name, user]));
  for (const session of sessions) {
    const name = session.user?.name;
    if (name === undefined) continue;
    const user = changed.get(name);
    const reason = gone.has(name) ? 'user removed' : user && refusalOf(session, user);
    if (reason !== undefined) {
      log.info(`${session.describe()}: ${reason}, session closed`);
      session.end(CLOSE_USER_REMOVED, reason);
    } else if (user !== undefined) {
      session.userChanged(user);
      audienceChanged(session);
    }
  }
}

/** Why a session cannot go on as its user is now; undefined when it can. */
function refusalOf(session: Session, user: User): string | undefined {
  if ((session.asLoggedIn(user).rights & RIGHT_TO_ENTER[session.protocol]) === 0) return 'right withdrawn';
  if (session.user !== undefined && !samePasswordHash(session.user.password, user.password)) {
    return 'password changed';
  }
  return remoteAllowed(user.remotes, session.remoteAddress) ? undefined : 'address not allowed';
}
