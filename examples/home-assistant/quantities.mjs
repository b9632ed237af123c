/**
 * What Home Assistant calls the measurements of VSCP: by measurement type, the device class and the units that it
 * accepts there, each beside VSCP's symbol. Other measurements are sensors without a device class. Device classes
 * of recent versions are left out: an older Home Assistant refuses a sensor with a class that it does not know.
 * @type {Record<number, { deviceClass: string, units: Record<string, string | undefined>, stateClass?: string }>}
 */
const QUANTITIES = {
  2: { deviceClass: 'distance', units: { m: 'm' } },
  3: { deviceClass: 'weight', units: { kg: 'kg' } },
  4: { deviceClass: 'duration', units: { s: 's', ms: 'ms' } },
  5: { deviceClass: 'current', units: { A: 'A' } },
  6: { deviceClass: 'temperature', units: { K: 'K', '°C': '°C', '°F': '°F' } },
  9: { deviceClass: 'frequency', units: { Hz: 'Hz' } },
  12: { deviceClass: 'pressure', units: { Pa: 'Pa', bar: 'bar', psi: 'psi' } },
  // What a meter shows; Home Assistant takes energy as nothing else.
  13: { deviceClass: 'energy', units: { J: 'J', kWh: 'kWh', Wh: 'Wh' }, stateClass: 'total_increasing' },
  14: { deviceClass: 'power', units: { W: 'W' } },
  16: { deviceClass: 'voltage', units: { V: 'V' } },
  25: { deviceClass: 'illuminance', units: { lx: 'lx' } },
  28: { deviceClass: 'volume_storage', units: { 'm³': 'm³', 'dm³': 'L', 'cm³': 'mL' } },
  32: { deviceClass: 'speed', units: { 'm/s': 'm/s', 'km/h': 'km/h', mph: 'mph', kt: 'kn' } },
  35: { deviceClass: 'humidity', units: { '%': '%' } },
  36: { deviceClass: 'volume_flow_rate', units: { 'm³/s': 'm³/s', 'dm³/s': 'L/s' } },
  49: { deviceClass: 'temperature', units: { K: 'K', '°C': '°C', '°F': '°F' } },
  51: { deviceClass: 'distance', units: { m: 'm', ft: 'ft', in: 'in' } },
  52: { deviceClass: 'area', units: { 'm²': 'm²', ha: 'ha', 'km²': 'km²' } },
  55: { deviceClass: 'irradiance', units: { 'W/m²': 'W/m²' } },
  60: { deviceClass: 'sound_pressure', units: { dB: 'dB' } },
  // A number from 0 to 1, without a unit.
  63: { deviceClass: 'power_factor', units: { PF: undefined } },
  64: { deviceClass: 'reactive_power', units: { VAr: 'var' } },
};

/**
 * @param {{ kind: string, type: number, symbol: string }} measurement
 * @returns the keys of a sensor's configuration that tell what it measures
 */
export function quantityKeys({ kind, type, symbol }) {
  const quantity = kind === 'measurement' ? QUANTITIES[type] : undefined;
  if (quantity !== undefined && Object.hasOwn(quantity.units, symbol)) {
    const { deviceClass, units, stateClass = 'measurement' } = quantity;
    const unit = units[symbol];
    return {
      device_class: deviceClass,
      state_class: stateClass,
      ...(unit === undefined ? {} : { unit_of_measurement: unit }),
    };
  }
  return { state_class: 'measurement', ...(symbol === '' ? {} : { unit_of_measurement: symbol }) };
}
