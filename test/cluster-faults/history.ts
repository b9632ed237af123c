/**
 * The history of a cluster and the verdict on it. Each client tells what it sent, what it was answered and what
 * it got; the rules are those of docs/scaling.md:
 *
 * - An event that was accepted comes to each connection that was open before it was sent, or is told to that
 *   connection as lost. It never comes twice, never to the connection that sent it, and never before an earlier
 *   one of the same connection.
 * - An event that was refused comes to nobody.
 * - Nothing comes that nobody sent, and no more is told as lost than did not come.
 *
 * Undecided are three kinds of events; they may come or not, but they still may not come twice, in disorder or to
 * their sender:
 *
 * - unanswered: the connection broke before the answer, so that the sender knows nothing, and was promised nothing;
 * - died with their node: accepted by a node that was killed before the broker had them. Only what was answered
 *   after the last look at which the node had nothing in hand counts as that;
 * - not due: accepted less than `dueMs` before the receiving connection broke. The connections that last to the
 *   end are owed everything, and there are some on each node that lives.
 *
 * So that nobody hides behind them, the first two together may be `MAX_UNDECIDED` of all events; more is a
 * violation of its own.
 */
export const VIOLATIONS = [
  'lost',
  'twice',
  'disorder',
  'own',
  'refused',
  'invented',
  'counted too much',
  'undecided',
] as const;
export type ViolationKind = (typeof VIOLATIONS)[number];

export interface Violation {
  kind: ViolationKind;
  text: string;
}

/** One life of a node, from its start to its end. */
export interface NodeLife {
  node: number;
  /** The latest time at which the broker had all that the node had accepted until then. */
  provenMs: number;
  killedMs?: number;
}

/** What a run came to. */
export interface Figures {
  connections: number;
  accepted: number;
  refused: number;
  unanswered: number;
  diedWithNode: number;
  delivered: number;
  /** Of the events that connections were owed: told as lost, in notices of both kinds. */
  toldLost: number;
}

/** Share of the events that may be undecided; and so many always, since a short run has few. */
const MAX_UNDECIDED = 0.1;
const FEW_UNDECIDED = 50;
const MAX_TEXTS = 50;

type Answer = 'none' | 'accepted' | 'refused';

interface Sent {
  sentMs: number;
  answeredMs: number;
  answer: Answer;
}

/** What a connection got of one sender. */
interface Received {
  lowest: number;
  next: number;
  holes: Set<number>;
}

/** A connection with an open event channel; it is a sender of its own, whose events are numbered from 1. */
export class Connection {
  readonly id: number;
  readonly life: NodeLife;
  readonly openMs: number;
  closedMs: number | undefined;
  told = 0;
  delivered = 0;
  readonly sent: Sent[] = [];
  readonly received = new Map<number, Received>();

  constructor(id: number, life: NodeLife, openMs: number) {
    this.id = id;
    this.life = life;
    this.openMs = openMs;
  }

  /** @returns the number of the event */
  send(nowMs: number): number {
    return this.sent.push({ sentMs: nowMs, answeredMs: Number.POSITIVE_INFINITY, answer: 'none' });
  }

  answer(number: number, answer: Answer, nowMs: number): void {
    const sent = this.sent[number - 1];
    if (sent === undefined) throw new Error(`no event ${number} was sent`);
    sent.answer = answer;
    sent.answeredMs = nowMs;
  }

  hasGot(sender: number, number: number): boolean {
    const received = this.received.get(sender);
    if (received === undefined) return false;
    return number >= received.lowest && number < received.next && !received.holes.has(number);
  }
}

export class History {
  readonly #dueMs: number;
  readonly #connections: Connection[] = [];
  /** What was wrong when it came. */
  readonly #atOnce: Violation[] = [];

  /** @param dueMs what a broken connection is owed was accepted so long before its end */
  constructor(dueMs: number) {
    this.#dueMs = dueMs;
  }

  open(life: NodeLife, nowMs: number): Connection {
    const connection = new Connection(this.#connections.length, life, nowMs);
    this.#connections.push(connection);
    return connection;
  }

  got(connection: Connection, senderId: number, number: number): void {
    const wrong = this.#take(connection, senderId, number);
    if (wrong === undefined) {
      connection.delivered++;
      return;
    }
    if (this.#atOnce.length >= MAX_TEXTS) return;
    this.#atOnce.push({ kind: wrong, text: `event ${number} of ${senderId} at ${connection.id}` });
  }

  /** All that is wrong: an empty list is the verdict that everything holds. */
  judge(): Violation[] {
    const violations = [...this.#atOnce];
    for (const connection of this.#connections) this.#judge(connection, violations);
    const { accepted, refused, unanswered, diedWithNode } = this.figures();
    const undecided = unanswered + diedWithNode;
    const all = accepted + refused + unanswered;
    if (undecided > Math.max(all * MAX_UNDECIDED, FEW_UNDECIDED)) {
      violations.push({ kind: 'undecided', text: `${undecided} of ${all} events are undecided` });
    }
    return violations;
  }

  figures(): Figures {
    const figures = {
      ...{ connections: this.#connections.length, accepted: 0, refused: 0, unanswered: 0 },
      ...{ diedWithNode: 0, delivered: 0, toldLost: 0 },
    };
    for (const connection of this.#connections) {
      figures.delivered += connection.delivered;
      figures.toldLost += connection.told;
      for (const sent of connection.sent) {
        figures[sent.answer === 'none' ? 'unanswered' : sent.answer]++;
        if (diedWithNode(connection, sent)) figures.diedWithNode++;
      }
    }
    return figures;
  }

  #take(connection: Connection, senderId: number, number: number): ViolationKind | undefined {
    const sender = this.#connections[senderId];
    if (sender === undefined || number < 1 || number > sender.sent.length) return 'invented';
    if (sender === connection) return 'own';
    const received = connection.received.get(senderId);
    if (received === undefined) {
      connection.received.set(senderId, { lowest: number, next: number + 1, holes: new Set() });
      return undefined;
    }
    const { lowest, next, holes } = received;
    if (number < lowest) {
      for (let hole = number + 1; hole < lowest; hole++) holes.add(hole);
      received.lowest = number;
      return 'disorder';
    }
    if (number < next) return holes.delete(number) ? 'disorder' : 'twice';
    for (let hole = next; hole < number; hole++) holes.add(hole);
    received.next = number + 1;
    return undefined;
  }

  #judge(connection: Connection, violations: Violation[]): void {
    const { id, openMs, told } = connection;
    const endMs = connection.closedMs ?? Number.POSITIVE_INFINITY;
    const owedBefore = endMs - this.#dueMs;
    const owed: string[] = [];
    let excused = 0;
    for (const sender of this.#connections) {
      if (sender === connection || sender.openMs > endMs) continue;
      for (const [index, sent] of sender.sent.entries()) {
        const number = index + 1;
        // What was sent shortly before the connection began may still be told to it as lost.
        if (sent.sentMs < openMs - this.#dueMs || sent.sentMs > endMs) continue;
        if (connection.hasGot(sender.id, number)) {
          if (sent.answer !== 'refused') continue;
          violations.push({ kind: 'refused', text: `event ${number} of ${sender.id} at ${id}` });
        } else if (sent.answer === 'refused') {
        } else if (
          sent.answer === 'accepted' &&
          sent.sentMs >= openMs &&
          (connection.closedMs === undefined || sent.answeredMs < owedBefore) &&
          !diedWithNode(sender, sent)
        ) {
          owed.push(`${number} of ${sender.id}`);
        } else {
          excused++;
        }
      }
    }
    if (owed.length > told) {
      const which = owed.slice(0, 10).join(', ');
      const text = `${id} (node ${connection.life.node}): ${owed.length} did not come, ${told} told: ${which}`;
      violations.push({ kind: 'lost', text });
    }
    if (told > owed.length + excused) {
      const text = `${id}: ${told} told, ${owed.length + excused} did not come`;
      violations.push({ kind: 'counted too much', text });
    }
  }
}

function diedWithNode({ life }: Connection, { answer, answeredMs }: Sent): boolean {
  return answer === 'accepted' && life.killedMs !== undefined && answeredMs > life.provenMs;
}
