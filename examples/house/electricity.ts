import { type Chance, Drift } from './chance.ts';
import type { Relay } from './relays.ts';

const BASE_LOAD_W = 140;
const FRIDGE_W = 95;
const FRIDGE_ON_S = 700;
const FRIDGE_CYCLE_S = 2400;
const NOMINAL_V = 230;
/** Resistance of the supply line: voltage sags under load. */
const LINE_OHM = 0.35;

/** The house's electricity meter. */
export class Electricity {
  /** kWh on the meter. */
  energy = 18_432.6;
  /** W. */
  power = BASE_LOAD_W;
  private readonly noise: Drift;
  private readonly supply: Drift;
  private fridgeS = 0;

  constructor(chance: Chance) {
    this.noise = new Drift(chance, 14, 40);
    this.supply = new Drift(chance, 1.1, 300);
  }

  advance(relays: readonly Relay[], seconds: number): void {
    this.noise.advance(seconds);
    this.supply.advance(seconds);
    this.fridgeS = (this.fridgeS + seconds) % FRIDGE_CYCLE_S;
    const fridge = this.fridgeS < FRIDGE_ON_S ? FRIDGE_W : 0;
    const switched = relays.reduce((sum, relay) => sum + (relay.on ? relay.power : 0), 0);
    this.power = Math.max(60, BASE_LOAD_W + fridge + switched + this.noise.value);
    this.energy += (this.power * seconds) / 3_600_000;
  }

  /** V. */
  get voltage(): number {
    return NOMINAL_V + this.supply.value - (LINE_OHM * this.power) / NOMINAL_V;
  }

  /** A. */
  get current(): number {
    return this.power / this.voltage;
  }
}
