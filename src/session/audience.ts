import type { Session } from './session.ts';

const MAX_CACHED_KINDS = 1024;

/**
 * Which sessions an event of a class and type is for. The answer is worked out once per class and type
 * and kept; a session that comes, goes or changes its filter is corrected in the kept answers. So an
 * event costs as much as it has receivers, not as much as there are sessions.
 */
export class Audience {
  readonly #sessions = new Set<Session>();
  readonly #receivers = new Map<number, Session[]>();

  add(session: Session): void {
    this.#sessions.add(session);
    for (const [kind, receivers] of this.#receivers) {
      if (session.receives(kind >>> 16, kind & 0xffff)) receivers.push(session);
    }
  }

  remove(session: Session): void {
    if (!this.#sessions.delete(session)) return;
    for (const receivers of this.#receivers.values()) {
      const index = receivers.indexOf(session);
      if (index < 0) continue;
      const last = receivers.pop();
      if (last !== undefined && last !== session) receivers[index] = last;
    }
  }

  /** To be called after the session's user, rights, rules or filter changed. */
  update(session: Session): void {
    this.remove(session);
    this.add(session);
  }

  /** Sessions that events of this class and type are for; still to be asked for priority and GUID. */
  receiversOf(vscpClass: number, vscpType: number): readonly Session[] {
    const kind = ((vscpClass << 16) | vscpType) >>> 0;
    const known = this.#receivers.get(kind);
    if (known !== undefined) return known;
    if (this.#receivers.size >= MAX_CACHED_KINDS) this.#receivers.clear();
    const receivers: Session[] = [];
    for (const session of this.#sessions) {
      if (session.receives(vscpClass, vscpType)) receivers.push(session);
    }
    this.#receivers.set(kind, receivers);
    return receivers;
  }
}
