import {
  CONTROL,
  CONTROL_DIM_LAMPS,
  CONTROL_LOCK,
  CONTROL_SHUTTER_DOWN,
  CONTROL_SHUTTER_PRESET,
  CONTROL_SHUTTER_UP,
  CONTROL_STOP,
  CONTROL_TIMED_PULSE_ON,
  CONTROL_TURN_OFF,
  CONTROL_TURN_ON,
  CONTROL_UNLOCK,
  DIM_STEP_DOWN,
  DIM_STEP_UP,
  DISPLAY,
  DISPLAY_SET_COLOUR,
  ERROR,
  ERROR_PARAMETER,
  type HouseEvent,
  INFORMATION,
  INFORMATION_BIG_LEVEL_CHANGED,
  INFORMATION_LEVEL_CHANGED,
  INFORMATION_LOCK,
  INFORMATION_OFF,
  INFORMATION_ON,
  INFORMATION_SHUTTER_DOWN,
  INFORMATION_SHUTTER_END_BOTTOM,
  INFORMATION_SHUTTER_END_TOP,
  INFORMATION_SHUTTER_UP,
  INFORMATION_UNLOCK,
  MEASUREZONE,
  SETVALUEZONE,
  USUAL_PRIORITY,
} from './house-event.ts';

/** A level I event that reached a device. */
export interface Request {
  vscpClass: number;
  vscpType: number;
  data: readonly number[];
}

/** A device of the house that obeys events and tells what came of them. */
export interface Device {
  readonly node: number;
  receive(request: Request): HouseEvent[];
  /** Lets it go on for so many seconds. */
  advance(seconds: number): HouseEvent[];
  /** What it tells those who join. */
  state(): HouseEvent[];
}

/** Where a device is: one per zone and sub-zone here, so the index is 0. */
abstract class Placed {
  readonly node: number;
  protected readonly zone: number;
  protected readonly subzone: number;

  constructor(node: number, zone: number, subzone: number) {
    this.node = node;
    this.zone = zone;
    this.subzone = subzone;
  }

  protected isFor([, zone, subzone]: readonly number[]): boolean {
    return (zone === 255 || zone === this.zone) && (subzone === 255 || subzone === this.subzone);
  }

  protected tell(vscpType: number, first = 0, more: readonly number[] = []): HouseEvent {
    return this.say(INFORMATION, vscpType, [first, this.zone, this.subzone, ...more]);
  }

  protected say(vscpClass: number, vscpType: number, data: number[]): HouseEvent {
    return { vscpClass, vscpType, node: this.node, priority: USUAL_PRIORITY, data };
  }
}

const STEP_PERCENT = 10;

export class Dimmer extends Placed implements Device {
  /** 0 to 100. */
  level = 0;

  receive({ vscpClass, vscpType, data }: Request): HouseEvent[] {
    if (vscpClass !== CONTROL || !this.isFor(data)) return [];
    const [first = 0] = data;
    if (vscpType === CONTROL_TURN_ON) this.level = 100;
    else if (vscpType === CONTROL_TURN_OFF) this.level = 0;
    else if (vscpType === CONTROL_DIM_LAMPS) this.level = this.dimmed(first);
    else return [];
    return this.state();
  }

  private dimmed(wanted: number): number {
    if (wanted === DIM_STEP_UP) return Math.min(100, this.level + STEP_PERCENT);
    if (wanted === DIM_STEP_DOWN) return Math.max(0, this.level - STEP_PERCENT);
    return Math.min(100, wanted);
  }

  advance(): HouseEvent[] {
    return [];
  }

  state(): HouseEvent[] {
    return [
      this.tell(this.level > 0 ? INFORMATION_ON : INFORMATION_OFF),
      this.tell(INFORMATION_LEVEL_CHANGED, this.level),
    ];
  }
}

/** A strip of coloured light with a white channel of its own. */
export class ColourLight extends Dimmer {
  private colour = [0, 0, 0];

  override receive(request: Request): HouseEvent[] {
    const { vscpClass, vscpType, data } = request;
    if (vscpClass !== DISPLAY) return super.receive(request);
    if (vscpType !== DISPLAY_SET_COLOUR || !this.isFor(data) || data.length < 6) return [];
    this.colour = data.slice(3, 6);
    return [this.tellColour()];
  }

  override state(): HouseEvent[] {
    return [this.tellColour(), ...super.state()];
  }

  /** As a signed integer, so with a zero in front. */
  private tellColour(): HouseEvent {
    return this.tell(INFORMATION_BIG_LEVEL_CHANGED, 0, [0, ...this.colour]);
  }
}

const TRAVEL_S = 20;

export class Shutter extends Placed implements Device {
  /** 100 = open. */
  position = 100;
  private goal = 100;

  receive({ vscpClass, vscpType, data }: Request): HouseEvent[] {
    if (vscpClass !== CONTROL || !this.isFor(data)) return [];
    if (vscpType === CONTROL_STOP) {
      this.goal = this.position;
      return [this.tell(INFORMATION_LEVEL_CHANGED, Math.round(this.position))];
    }
    if (vscpType === CONTROL_SHUTTER_UP) this.goal = 100;
    else if (vscpType === CONTROL_SHUTTER_DOWN) this.goal = 0;
    else if (vscpType === CONTROL_SHUTTER_PRESET) this.goal = Math.min(100, data[3] ?? 0);
    else return [];
    if (this.goal === this.position) return this.state();
    return [this.tell(this.goal > this.position ? INFORMATION_SHUTTER_UP : INFORMATION_SHUTTER_DOWN)];
  }

  advance(seconds: number): HouseEvent[] {
    if (this.position === this.goal) return [];
    const way = (100 * seconds) / TRAVEL_S;
    const left = this.goal - this.position;
    this.position = Math.abs(left) <= way ? this.goal : this.position + Math.sign(left) * way;
    return this.position === this.goal ? this.state() : [];
  }

  state(): HouseEvent[] {
    if (this.position === 100) return [this.tell(INFORMATION_SHUTTER_END_TOP)];
    if (this.position === 0) return [this.tell(INFORMATION_SHUTTER_END_BOTTOM)];
    return [this.tell(INFORMATION_LEVEL_CHANGED, Math.round(this.position))];
  }
}

const TEMPERATURE = 6;
/** Normalized integer, °C, sensor 0; then the power of ten and the value. */
const CELSIUS_TENTHS = [0x88, 0x81];

/** Takes a set-point from CLASS1.SETVALUEZONE and reports it as CLASS1.MEASUREZONE. */
export class Thermostat extends Placed implements Device {
  private wanted: readonly number[] = [...CELSIUS_TENTHS, 0, 213];
  private readonly onChange: (celsius: number) => void;

  /** @param onChange is called with a new set-point in °C */
  constructor(node: number, zone: number, subzone: number, onChange: (celsius: number) => void) {
    super(node, zone, subzone);
    this.onChange = onChange;
  }

  receive({ vscpClass, vscpType, data }: Request): HouseEvent[] {
    if (vscpClass !== SETVALUEZONE || vscpType !== TEMPERATURE || !this.isFor(data)) return [];
    const celsius = readCelsius(data.slice(3));
    // What a thermostat cannot keep it does not take.
    if (celsius === undefined || celsius < 5 || celsius > 30)
      return [this.say(ERROR, ERROR_PARAMETER, [0, this.zone, this.subzone])];
    this.wanted = data.slice(3);
    this.onChange(celsius);
    return this.state();
  }

  advance(): HouseEvent[] {
    return [];
  }

  state(): HouseEvent[] {
    return [this.say(MEASUREZONE, TEMPERATURE, [0, this.zone, this.subzone, ...this.wanted])];
  }
}

/** A normalized integer (first byte: power of ten) in °C, as this node understands it. */
function readCelsius([coding = 0, exponent = 0, ...digits]: readonly number[]): number | undefined {
  const isNormalized = coding >> 5 === 4 && ((coding >> 3) & 3) === 1 && digits.length > 0;
  if (!isNormalized) return undefined;
  const whole = digits.reduce((sum, byte) => sum * 256 + byte, 0);
  const signed = (digits[0] ?? 0) < 128 ? whole : whole - 256 ** digits.length;
  return exponent < 128 ? signed * 10 ** exponent : signed / 10 ** (exponent - 128);
}

const MILLISECONDS = 1;
const SECONDS = 2;

/** A contact that closes for a moment, as the drive of a gate wants it. */
export class PulseContact extends Placed implements Device {
  private leftS = 0;

  receive({ vscpClass, vscpType, data }: Request): HouseEvent[] {
    if (vscpClass !== CONTROL || vscpType !== CONTROL_TIMED_PULSE_ON || !this.isFor(data)) return [];
    const unit = (data[3] ?? 0) & 15;
    if (unit !== MILLISECONDS && unit !== SECONDS)
      return [this.say(ERROR, ERROR_PARAMETER, [0, this.zone, this.subzone])];
    const time = data.slice(4, 8).reduce((sum, byte) => sum * 256 + byte, 0);
    this.leftS = unit === SECONDS ? time : time / 1000;
    return this.state();
  }

  advance(seconds: number): HouseEvent[] {
    if (this.leftS <= 0) return [];
    this.leftS -= seconds;
    return this.leftS > 0 ? [] : this.state();
  }

  state(): HouseEvent[] {
    return [this.tell(this.leftS > 0 ? INFORMATION_ON : INFORMATION_OFF)];
  }
}

export class Lock extends Placed implements Device {
  private isLocked = true;

  receive({ vscpClass, vscpType, data }: Request): HouseEvent[] {
    const isOurs = vscpType === CONTROL_LOCK || vscpType === CONTROL_UNLOCK;
    if (vscpClass !== CONTROL || !isOurs || !this.isFor(data)) return [];
    this.isLocked = vscpType === CONTROL_LOCK;
    return this.state();
  }

  advance(): HouseEvent[] {
    return [];
  }

  state(): HouseEvent[] {
    return [this.tell(this.isLocked ? INFORMATION_LOCK : INFORMATION_UNLOCK)];
  }
}
