import { type Chance, Drift } from './chance.ts';

const SUNRISE_H = 6;
const SUNSET_H = 20;
const WARMEST_H = 15;

/** Hours since midnight, UTC, with fraction. */
export function hourOfDay(timeMs: number): number {
  return (timeMs / 3_600_000) % 24;
}

/** A mild day outside: temperature, humidity and daylight follow the hour, with some weather on top. */
export class Weather {
  private readonly warmth: Drift;
  private readonly moisture: Drift;
  private readonly clouds: Drift;
  private hour = 0;

  constructor(chance: Chance) {
    this.warmth = new Drift(chance, 1.2, 5400);
    this.moisture = new Drift(chance, 5, 3600);
    this.clouds = new Drift(chance, 0.3, 600);
  }

  advance(timeMs: number, seconds: number): void {
    this.hour = hourOfDay(timeMs);
    for (const drift of [this.warmth, this.moisture, this.clouds]) drift.advance(seconds);
  }

  /** °C. */
  get temperature(): number {
    return 12 + 5 * Math.cos(((this.hour - WARMEST_H) / 12) * Math.PI) + this.warmth.value;
  }

  /** Relative, %. */
  get humidity(): number {
    const value = 68 - 2.2 * (this.temperature - 12) + this.moisture.value;
    return Math.min(99, Math.max(20, value));
  }

  /** lx on open ground. */
  get daylight(): number {
    const height = Math.sin(((this.hour - SUNRISE_H) / (SUNSET_H - SUNRISE_H)) * Math.PI);
    if (this.hour < SUNRISE_H || this.hour > SUNSET_H) return 0.3;
    const clear = Math.min(1, Math.max(0.15, 0.75 + this.clouds.value));
    return 0.3 + 60_000 * height ** 1.3 * clear;
  }
}
