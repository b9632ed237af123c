import type { DriverEvent } from '../vscp/event.ts';
import type { CompiledFilter } from '../vscp/filter.ts';
import { mayReceive } from './event-rules.ts';
import { RIGHT_RECEIVE_EVENTS } from './rights.ts';
import type { User } from './user.ts';

/** Whoever looks at events: a session, or a request for events that the driver remembers. */
export interface Viewer {
  /** Undefined before the login, when the viewer sees nothing. */
  readonly user: User | undefined;
  /** The filter in force: the user's own, or one that a user with the right set-filter has set instead. */
  readonly filter: CompiledFilter;
}

/**
 * Whether a viewer may see an event. This decides for live and for remembered events; a filter in a request
 * can only narrow it.
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
