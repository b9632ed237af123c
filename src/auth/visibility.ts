import type { DriverEvent } from '../vscp/event.ts';
import type { CompiledFilter } from '../vscp/filter.ts';
import { mayReceive } from './event-rules.ts';
import { RIGHT_RECEIVE_EVENTS } from './rights.ts';
import type { User } from './user.ts';

/** Somebody who looks at events: a session, or a request for what the driver remembers. */
export interface Viewer {
  /** Undefined before the login: nothing is seen then. */
  readonly user: User | undefined;
  /** The filter in force: the user's own, or what a user who may has set in its place. */
  readonly filter: CompiledFilter;
}

/**
 * Whether a viewer may see an event. This decides for all ways to an event, live ones and those to what is
 * remembered; whatever filter a request brings along can only narrow it.
 */
export function maySee(viewer: Viewer, event: DriverEvent): boolean {
  return (
    maySeeKind(viewer, event.vscpClass, event.vscpType) && viewer.filter.passesRest(event.head, event.guid)
  );
}

/** The part that class and type decide. */
export function maySeeKind({ user, filter }: Viewer, vscpClass: number, vscpType: number): boolean {
  return (
    user !== undefined &&
    (user.rights & RIGHT_RECEIVE_EVENTS) !== 0 &&
    filter.passesClassType(vscpClass, vscpType) &&
    mayReceive(user.events, vscpClass, vscpType)
  );
}
