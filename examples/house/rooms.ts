import { type Chance, Drift } from './chance.ts';
import type { Weather } from './weather.ts';

/** Seconds in which an unheated room comes 63 % of the way to the temperature outside. */
const COOLING_S = 6 * 3600;
const HEATER_KELVIN_PER_WATT = 0.0045;

/** A room: its air follows the weather slowly, and the central heating and its heater quickly. */
export class Room {
  readonly name: string;
  readonly zone: number;
  /** °C. */
  temperature: number;
  /** Relative, %. */
  humidity: number;
  /** °C that the heating keeps. */
  wanted: number;
  private readonly unrest: Drift;
  private readonly steam: Drift;

  constructor(chance: Chance, name: string, zone: number, wanted: number, humidity: number) {
    this.name = name;
    this.zone = zone;
    this.wanted = wanted;
    this.temperature = wanted;
    this.humidity = humidity;
    this.unrest = new Drift(chance, 0.25, 900);
    this.steam = new Drift(chance, 3, 1200);
  }

  /** @param heaterPower W of electric heating that is on in this room */
  advance(weather: Weather, heaterPower: number, fanOn: boolean, seconds: number): void {
    this.unrest.advance(seconds);
    this.steam.advance(seconds);
    const heated = this.wanted + heaterPower * HEATER_KELVIN_PER_WATT;
    const aim = heated + 0.06 * (weather.temperature - this.wanted) + this.unrest.value;
    const pace = heaterPower > 0 ? COOLING_S / 20 : COOLING_S / 6;
    this.temperature += (aim - this.temperature) * (1 - Math.exp(-seconds / pace));
    const moist = 46 - 1.5 * (this.temperature - 20) + this.steam.value - (fanOn ? 6 : 0);
    this.humidity += (Math.min(95, Math.max(15, moist)) - this.humidity) * (1 - Math.exp(-seconds / 600));
  }
}

export function createRooms(chance: Chance): Room[] {
  return [
    new Room(chance, 'Living room', 1, 21.3, 45),
    new Room(chance, 'Kitchen', 2, 20.6, 48),
    new Room(chance, 'Bedroom', 3, 18.4, 50),
    new Room(chance, 'Bathroom', 4, 22.5, 58),
  ];
}
