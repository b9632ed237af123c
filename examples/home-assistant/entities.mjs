import { decodeMeasurement } from 'vscpl2drv-websocksrv/client';
import { typeName } from 'vscpl2drv-websocksrv/client/names';
import { quantityKeys } from './quantities.mjs';

const CONTROL = { class: 30, turnOn: 5, turnOff: 6 };
const INFORMATION = { class: 20, on: 3, off: 4 };
/** Level I classes over level II: this is added to the class, and a GUID stands in front of the data. */
const OVER_LEVEL2 = 512;
const GUID_SIZE = 16;

/**
 * A sensor or switch, and its state.
 * @typedef {object} Entity
 * @property {'sensor' | 'switch'} component
 * @property {string} id unique and the same after each start
 * @property {string} guid of the node: one device of Home Assistant
 * @property {string} name beside the device's
 * @property {Record<string, unknown>} keys of its configuration beyond those that all have
 * @property {string} state
 * @property {number[]} [address] of a switch: index, zone, sub-zone
 */

/**
 * @param {import('vscpl2drv-websocksrv/client').VscpEvent} event
 * @returns {Entity | undefined} what the event tells; undefined when it is neither a measurement nor an on or off
 */
export function entityOf(event) {
  return sensorOf(event) ?? switchOf(event);
}

function sensorOf(event) {
  const measurement = decodeMeasurement(event);
  if (measurement === undefined || measurement.kind === 'set' || !Number.isFinite(measurement.value)) return;
  const { index, sensorIndex, zone, subzone, interfaceGuid } = measurement;
  const place = [sensorIndex, index, zone, subzone].filter((part) => part !== undefined);
  const { vscpClass, vscpType, guid } = event;
  return {
    component: 'sensor',
    id: [
      plain(guid),
      vscpClass,
      vscpType,
      ...place,
      ...(interfaceGuid === undefined ? [] : [plain(interfaceGuid)]),
    ].join('_'),
    guid,
    name: `${typeName(vscpClass, vscpType)}${place.some((part) => part > 0) ? ` ${place.join('.')}` : ''}`,
    keys: quantityKeys(measurement),
    state: String(measurement.value),
  };
}

function switchOf({ vscpClass, vscpType, guid, data }) {
  const isOverLevel2 = vscpClass === INFORMATION.class + OVER_LEVEL2;
  if (!isOverLevel2 && vscpClass !== INFORMATION.class) return;
  if (vscpType !== INFORMATION.on && vscpType !== INFORMATION.off) return;
  const address = [...data.subarray(isOverLevel2 ? GUID_SIZE : 0)].slice(0, 3);
  if (address.length < 3) return;
  return {
    component: 'switch',
    id: [plain(guid), 'switch', ...address].join('_'),
    guid,
    name: `Switch ${address.join('.')}`,
    keys: { payload_on: 'ON', payload_off: 'OFF', optimistic: false },
    state: vscpType === INFORMATION.on ? 'ON' : 'OFF',
    address,
  };
}

/** The event that switches; undefined for another payload than the configuration names. */
export function commandOf(address, payload) {
  if (payload !== 'ON' && payload !== 'OFF') return undefined;
  const vscpType = payload === 'ON' ? CONTROL.turnOn : CONTROL.turnOff;
  return { vscpClass: CONTROL.class, vscpType, data: address };
}

/** Home Assistant's identifiers have letters, digits and `_`. */
function plain(guid) {
  return guid.replaceAll(':', '').toLowerCase();
}

/**
 * The discovery message.
 * @param {Entity} entity
 * @param {{ topic: string, names: Record<string, string> }} settings
 */
export function discoveryOf({ component, id, guid, name, keys }, { topic, names }) {
  return {
    name,
    unique_id: `vscp_${id}`,
    state_topic: `${topic}/${id}/state`,
    ...(component === 'switch' ? { command_topic: `${topic}/${id}/set` } : {}),
    availability_topic: `${topic}/status`,
    ...keys,
    device: {
      identifiers: [`vscp_${plain(guid)}`],
      name: names[guid] ?? `VSCP ${guid.slice(-11)}`,
      manufacturer: 'VSCP',
      serial_number: guid,
    },
    origin: { name: 'vscpl2drv-websocksrv', support_url: 'https://www.vscp.org' },
  };
}
