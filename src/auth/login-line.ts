export interface LineClock {
  /** Monotonic ms. */
  now(): number;
  sleep(delayMs: number): Promise<void>;
}

/** A login that waits for its turn. */
export interface LoginTurn<T> {
  network: string;
  /** Whether somebody has logged in from that network before. */
  isKnown: boolean;
  /** True when nobody waits for the outcome any more: the login is then dropped without any work. */
  abandoned(): boolean;
  run(): Promise<T>;
}

interface Waiting {
  abandoned(): boolean;
  start(): Promise<unknown>;
  /** Settles it without running it. */
  drop(why: 'overload' | 'abandoned'): void;
}

/** The logins of one network. */
interface Lane {
  readonly network: string;
  isKnown: boolean;
  readonly waiting: Waiting[];
  running: number;
  /**
   * Set once a login from the network has failed: then they run one at a time, and none before this moment.
   */
  pausedUntilMs: number | undefined;
}

/** One turn in this many goes by order alone, so that nobody waits forever for those who go first. */
const PLAIN_TURN = 4;

/**
 * Lets logins run a few at a time. Networks take turns, so that many logins from one do not hold up another.
 * Networks from which somebody has logged in go before strangers, and strangers go before networks that have
 * failed. A network that has failed gets one login at a time, and only after its pause is over.
 */
export class LoginLine {
  readonly #maxRunning: number;
  readonly #maxWaiting: number;
  readonly #clock: LineClock;
  readonly #pausedUntilMs: (network: string) => number | undefined;
  /** Lanes in the order of their turns. */
  readonly #lanes = new Map<string, Lane>();
  #running = 0;
  #waiting = 0;
  #turns = 0;
  #wakesAtMs = Number.POSITIVE_INFINITY;

  constructor(options: {
    /** Logins that run at once. */
    maxRunning: number;
    /** Logins that may wait; if there are more, one is given up. */
    maxWaiting: number;
    clock: LineClock;
    /** See LoginThrottle. */
    pausedUntilMs: (network: string) => number | undefined;
  }) {
    this.#maxRunning = options.maxRunning;
    this.#maxWaiting = options.maxWaiting;
    this.#clock = options.clock;
    this.#pausedUntilMs = options.pausedUntilMs;
  }

  /** The outcome of `run`, or why the login did not run: too many wait, or nobody waits for its outcome. */
  enter<T>(turn: LoginTurn<T>): Promise<T | 'overload' | 'abandoned'> {
    return new Promise((resolve, reject) => {
      this.#laneOf(turn).waiting.push({
        abandoned: turn.abandoned,
        start: () => turn.run().then(resolve, reject),
        drop: resolve,
      });
      this.#waiting++;
      this.#advance();
      if (this.#waiting > this.#maxWaiting) this.#giveOneUp();
    });
  }

  #laneOf({ network, isKnown }: Pick<LoginTurn<unknown>, 'network' | 'isKnown'>): Lane {
    let lane = this.#lanes.get(network);
    if (lane === undefined) {
      lane = { network, isKnown, waiting: [], running: 0, pausedUntilMs: this.#pausedUntilMs(network) };
      this.#lanes.set(network, lane);
    }
    lane.isKnown = isKnown;
    return lane;
  }

  #advance(): void {
    while (this.#running < this.#maxRunning) {
      const lane = this.#nextLane();
      const login = lane?.waiting.shift();
      if (lane === undefined || login === undefined) return;
      this.#waiting--;
      if (login.abandoned()) login.drop('abandoned');
      else void this.#start(lane, login);
      this.#lanes.delete(lane.network);
      if (lane.running > 0 || lane.waiting.length > 0) this.#lanes.set(lane.network, lane);
    }
  }

  async #start(lane: Lane, login: Waiting): Promise<void> {
    this.#turns++;
    this.#running++;
    lane.running++;
    await login.start();
    lane.running--;
    this.#running--;
    lane.pausedUntilMs = this.#pausedUntilMs(lane.network);
    if (lane.running === 0 && lane.waiting.length === 0) this.#lanes.delete(lane.network);
    this.#advance();
  }

  /** The lane whose turn it is. If all lanes have to pause, looks at them again when the first pause ends. */
  #nextLane(): Lane | undefined {
    const nowMs = this.#clock.now();
    const byOrderAlone = this.#turns % PLAIN_TURN === PLAIN_TURN - 1;
    let best: Lane | undefined;
    let bestRank = Number.POSITIVE_INFINITY;
    let wakeAtMs = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes.values()) {
      const { pausedUntilMs } = lane;
      if (lane.waiting.length === 0 || (pausedUntilMs !== undefined && lane.running > 0)) continue;
      if (pausedUntilMs !== undefined && pausedUntilMs > nowMs) {
        wakeAtMs = Math.min(wakeAtMs, pausedUntilMs);
        continue;
      }
      const rank = rankOf(lane);
      if (rank >= bestRank) continue;
      best = lane;
      bestRank = rank;
      if (rank === 0 || byOrderAlone) break;
    }
    if (best === undefined) this.#wakeAt(wakeAtMs, nowMs);
    return best;
  }

  #wakeAt(wakeAtMs: number, nowMs: number): void {
    if (wakeAtMs >= this.#wakesAtMs) return;
    this.#wakesAtMs = wakeAtMs;
    void this.#clock.sleep(wakeAtMs - nowMs).then(() => {
      if (this.#wakesAtMs === wakeAtMs) this.#wakesAtMs = Number.POSITIVE_INFINITY;
      this.#advance();
    });
  }

  /** Gives up the latest login of the network that has the most waiting. */
  #giveOneUp(): void {
    let longest: Lane | undefined;
    for (const lane of this.#lanes.values()) {
      if (lane.waiting.length > (longest?.waiting.length ?? 0)) longest = lane;
    }
    const login = longest?.waiting.pop();
    if (longest === undefined || login === undefined) return;
    if (longest.running === 0 && longest.waiting.length === 0) this.#lanes.delete(longest.network);
    this.#waiting--;
    login.drop('overload');
  }
}

/** The rank of a lane; the lowest goes first. */
function rankOf({ isKnown, pausedUntilMs }: Lane): number {
  if (isKnown) return 0;
  return pausedUntilMs === undefined ? 1 : 2;
}
