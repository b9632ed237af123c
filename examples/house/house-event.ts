/** An event of the simulated house, before the host gives it a time. */
export interface HouseEvent {
  vscpClass: number;
  vscpType: number;
  /** Number of the sending node; see `nodeGuid`. */
  node: number;
  /** 0 (highest) to 7. */
  priority: number;
  data: number[];
}

/** Classes and types the house uses (public VSCP specification, chapters on the classes named here). */
export const SECURITY = 2;
export const SECURITY_MOTION = 1;
export const SECURITY_DOOR_OPEN = 9;
export const INFORMATION = 20;
export const INFORMATION_BUTTON = 1;
export const INFORMATION_ON = 3;
export const INFORMATION_OFF = 4;
export const INFORMATION_CLOSED = 8;
export const INFORMATION_HEARTBEAT = 9;
export const INFORMATION_LEVEL_CHANGED = 40;
export const INFORMATION_BIG_LEVEL_CHANGED = 51;
export const INFORMATION_SHUTTER_UP = 59;
export const INFORMATION_SHUTTER_DOWN = 60;
export const INFORMATION_SHUTTER_END_TOP = 63;
export const INFORMATION_SHUTTER_END_BOTTOM = 64;
export const INFORMATION_LOCK = 75;
export const INFORMATION_UNLOCK = 76;
export const CONTROL = 30;
export const CONTROL_TURN_ON = 5;
export const CONTROL_TURN_OFF = 6;
export const CONTROL_STOP = 8;
export const CONTROL_DIM_LAMPS = 20;
/** Levels of DimLamps that mean a step. */
export const DIM_STEP_DOWN = 254;
export const DIM_STEP_UP = 255;
export const CONTROL_TIMED_PULSE_ON = 30;
export const CONTROL_SHUTTER_UP = 34;
export const CONTROL_SHUTTER_DOWN = 35;
export const CONTROL_SHUTTER_PRESET = 39;
export const CONTROL_LOCK = 42;
export const CONTROL_UNLOCK = 43;
export const MEASUREZONE = 65;
export const SETVALUEZONE = 85;
export const DISPLAY = 102;
export const DISPLAY_SET_COLOUR = 49;
export const ERROR = 508;
export const ERROR_PARAMETER = 34;

export const USUAL_PRIORITY = 3;
export const ALARM_PRIORITY = 1;

/** GUID of a node: Ethernet kind, with a locally administered MAC address, so that it belongs to nobody. */
export function nodeGuid(node: number): string {
  const last = node.toString(16).toUpperCase().padStart(2, '0');
  return `FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:${last}`;
}
