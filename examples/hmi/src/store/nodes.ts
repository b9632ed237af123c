import type { VscpEvent } from '../../../../src/client/index.ts';
import type { Moment } from './server-clock.ts';

/** A node as its heartbeats show it. */
export interface NodeInfo {
  guid: string;
  beats: number;
  /** Unix time in milliseconds. */
  lastBeatAt: number;
  /** Of the last heartbeat, by the server's clock. */
  order: number;
  /** Running mean of the time between heartbeats; 0 before the second. */
  intervalMs: number;
  zone: number | undefined;
  subzone: number | undefined;
}

export type NodeHealth = 'alive' | 'late' | 'lost';

const MAX_NODES = 1000;
const LATE_INTERVALS = 2;
const LOST_INTERVALS = 5;
/** Every node sends a heartbeat at least once a minute (specification, CLASS1.INFORMATION). */
const USUAL_INTERVAL_MS = 60_000;

/** CLASS1.INFORMATION NODE_HEARTBEAT, also over level II, and CLASS2.INFORMATION HEART_BEAT. */
function isHeartbeat({ vscpClass, vscpType }: VscpEvent): boolean {
  return (
    ((vscpClass === 20 || vscpClass === 532) && vscpType === 9) || (vscpClass === 1026 && vscpType === 2)
  );
}

/** Nodes that sent heartbeats. */
export class NodeTable {
  readonly nodes = new Map<string, NodeInfo>();

  take(event: VscpEvent, { at, order }: Moment, isLive: boolean): void {
    if (!isHeartbeat(event)) return;
    const known = this.nodes.get(event.guid);
    if (known === undefined) {
      if (this.nodes.size >= MAX_NODES) return;
      const [, zone, subzone] = event.vscpClass === 20 ? event.data : [];
      this.nodes.set(event.guid, {
        guid: event.guid,
        beats: 1,
        lastBeatAt: at,
        order: order ?? Number.NEGATIVE_INFINITY,
        intervalMs: 0,
        zone,
        subzone,
      });
      return;
    }
    if (!isLive && order !== undefined && order <= known.order) return;
    known.order = order ?? known.order;
    if (at <= known.lastBeatAt) return;
    const interval = at - known.lastBeatAt;
    known.intervalMs = known.beats === 1 ? interval : known.intervalMs + 0.3 * (interval - known.intervalMs);
    known.beats += 1;
    known.lastBeatAt = at;
  }

  /** What comes next counts as newer, whatever its date. */
  forgetOrders(): void {
    for (const node of this.nodes.values()) node.order = Number.NEGATIVE_INFINITY;
  }

  healthOf(node: NodeInfo, now: number): NodeHealth {
    const interval = Math.max(1000, node.intervalMs === 0 ? USUAL_INTERVAL_MS : node.intervalMs);
    const missed = (now - node.lastBeatAt) / interval;
    return missed < LATE_INTERVALS ? 'alive' : missed < LOST_INTERVALS ? 'late' : 'lost';
  }
}
