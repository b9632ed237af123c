import type { Protocol } from '../http/client-connection.ts';
import type { VscpEvent } from '../vscp/event.ts';
import type { Session } from './session.ts';

const MAX_CACHED_KINDS = 4096;
/** Lists that a new one is compared with, to find one with the same members. */
const MAX_COMPARED = 64;

/** The sessions that events of some classes and types are for. */
export interface Receivers {
  readonly sessions: readonly Session[];
  /** True when priority and GUID make no difference to any of them: every event is for all. */
  readonly unconditional: boolean;
  /** The protocols they speak. */
  readonly protocols: readonly Protocol[];
}

/**
 * Which sessions an event of a class and type is for. The answer is worked out once per class and type and
 * kept until a session comes, goes or changes what it receives. So an event costs as much as it has receivers,
 * not as much as there are sessions. Kinds with the same receivers share one answer.
 */
export class Audience {
  readonly #sessions = new Set<Session>();
  readonly #byKind = new Map<number, Receivers>();
  #distinct: Receivers[] = [];

  add(session: Session): void {
    this.#sessions.add(session);
    // One that is not logged in receives nothing: no answer changes.
    if (session.user !== undefined) this.#forget();
  }

  remove(session: Session): void {
    if (this.#sessions.delete(session) && session.user !== undefined) this.#forget();
  }

  /** To be called after the session's user, rights, rules or filter changed. */
  update(session: Session): void {
    if (this.#sessions.has(session)) this.#forget();
  }

  /** Who may get such an event, as far as class and type tell. */
  receiversOf(event: VscpEvent): Receivers {
    const kind = ((event.vscpClass << 16) | event.vscpType) >>> 0;
    return this.#byKind.get(kind) ?? this.#workOut(kind, event.vscpClass, event.vscpType);
  }

  #workOut(kind: number, vscpClass: number, vscpType: number): Receivers {
    const sessions: Session[] = [];
    const protocols = new Set<Protocol>();
    let unconditional = true;
    for (const session of this.#sessions) {
      if (!session.receives(vscpClass, vscpType)) continue;
      sessions.push(session);
      protocols.add(session.protocol);
      unconditional &&= session.filter.passesAnyOrigin;
    }
    if (this.#byKind.size >= MAX_CACHED_KINDS) this.#forget();
    const receivers = this.#distinct.find((known) => sameMembers(known.sessions, sessions)) ?? {
      sessions,
      unconditional,
      protocols: [...protocols],
    };
    if (receivers.sessions === sessions && this.#distinct.length < MAX_COMPARED)
      this.#distinct.push(receivers);
    this.#byKind.set(kind, receivers);
    return receivers;
  }

  #forget(): void {
    this.#byKind.clear();
    this.#distinct = [];
  }
}

function sameMembers(a: readonly Session[], b: readonly Session[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
