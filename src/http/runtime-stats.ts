import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

/** State of the JavaScript runtime at one moment. */
export interface RuntimeStats {
  nodeVersion: string;
  heapUsedBytes: number;
  heapLimitBytes: number;
  /** Resident memory of the whole process, which is the host's. */
  residentBytes: number;
  /** How late timers have fired since the last reading. */
  loopDelay: { p50Seconds: number; p99Seconds: number; maxSeconds: number };
}

/** Ten samples a second show a busy loop without keeping an idle machine awake. */
const RESOLUTION_MS = 100;

/** Watches the event loop from `start` to `stop`. */
export class RuntimeMonitor {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  start(): void {
    this.#histogram.enable();
  }

  stop(): void {
    this.#histogram.disable();
  }

  /** Reads the figures and begins a new period for the loop's delay. */
  read(): RuntimeStats {
    const { used_heap_size: heapUsedBytes, heap_size_limit: heapLimitBytes } = getHeapStatistics();
    const loopDelay = {
      p50Seconds: lateBy(this.#histogram.percentile(50)),
      p99Seconds: lateBy(this.#histogram.percentile(99)),
      maxSeconds: lateBy(this.#histogram.max),
    };
    this.#histogram.reset();
    return {
      nodeVersion: process.versions.node,
      heapUsedBytes,
      heapLimitBytes,
      residentBytes: process.memoryUsage.rss(),
      loopDelay,
    };
  }
}

/** The histogram holds the nanoseconds between two samples; when it is empty the result is 0. */
function lateBy(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1e3);
}
