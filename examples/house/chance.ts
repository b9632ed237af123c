/** Random numbers that are the same for the same seed, so that a simulation can be repeated and tested. */
export class Chance {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** Uniform in [0, 1): the mulberry32 generator. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Standard normal, made from the sum of twelve uniform numbers. */
  normal(): number {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += this.next();
    return sum;
  }

  /** Seconds until the next random event; such events come `meanS` apart on average. */
  waitS(meanS: number): number {
    return -meanS * Math.log(1 - this.next());
  }
}

/**
 * A value that wanders around zero: `spread` is its standard deviation, `memoryS` says how slowly it forgets.
 */
export class Drift {
  value = 0;
  private readonly chance: Chance;
  private readonly spread: number;
  private readonly memoryS: number;

  constructor(chance: Chance, spread: number, memoryS: number) {
    this.chance = chance;
    this.spread = spread;
    this.memoryS = memoryS;
  }

  advance(seconds: number): void {
    const kept = Math.exp(-seconds / this.memoryS);
    this.value = this.value * kept + this.spread * Math.sqrt(1 - kept * kept) * this.chance.normal();
  }
}
