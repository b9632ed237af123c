/** A switched device in the house and the address that events use for it. */
export interface Relay {
  name: string;
  /** The node that has the relay; see `nodeGuid`. */
  node: number;
  /** The relay's number on its node. */
  index: number;
  zone: number;
  subzone: number;
  /** W while on. */
  power: number;
  on: boolean;
}

/** Address byte that means "all zones" or "all sub-zones". */
const EVERYWHERE = 255;

export function createRelays(): Relay[] {
  return [
    { name: 'Living room lamp', node: 10, index: 0, zone: 1, subzone: 1, power: 42, on: true },
    { name: 'Kitchen lamp', node: 10, index: 1, zone: 2, subzone: 1, power: 36, on: false },
    { name: 'Bedroom lamp', node: 10, index: 2, zone: 3, subzone: 1, power: 18, on: false },
    { name: 'Garden light', node: 10, index: 3, zone: 5, subzone: 1, power: 60, on: false },
    { name: 'Living room heater', node: 11, index: 0, zone: 1, subzone: 2, power: 1200, on: false },
    { name: 'Bathroom fan', node: 11, index: 1, zone: 4, subzone: 1, power: 25, on: false },
    { name: 'Car charger', node: 12, index: 0, zone: 6, subzone: 1, power: 3650, on: false },
  ];
}

/** The relays that a control event with this zone and sub-zone means; 255 stands for all. */
export function addressed(relays: readonly Relay[], zone: number, subzone: number): Relay[] {
  const matches = (wanted: number, own: number) => wanted === EVERYWHERE || wanted === own;
  return relays.filter((relay) => matches(zone, relay.zone) && matches(subzone, relay.subzone));
}
