import { decodeMeasurement, type Measurement, type VscpEvent } from '../../../../src/client/index.ts';
import { measurementName, typeName } from '../../../../src/client/names.ts';
import type { ControlBoard } from '../controls/board.ts';
import { LOCK_QUANTITY } from '../controls/control.ts';
import type { PanelConfig } from '../saved/panel-config.ts';
import { t } from '../texts.ts';
import { decimalsOf, shortGuid } from '../ui/format.ts';
import { EventLog } from '../views/events/event-log.ts';
import { ValueHistory } from './history.ts';
import { NodeTable } from './nodes.ts';
import { follows, type Moment, ServerClock } from './server-clock.ts';
import { SwitchBoard } from './switches.ts';

/** How a tile shows its values. */
export type SeriesKind = 'number' | 'gauge' | 'state';

/** By what the server's lasting history has a state or a level. */
export interface Kept {
  /** Types of its series, by their class in the level I form. */
  types: Readonly<Record<number, readonly number[]>>;
  /** Undefined = whichever node tells it. */
  guid?: string;
  zone: number;
  subzone: number;
  /** Undefined = whichever. */
  index?: number;
  /** What the server's numbers are multiplied by; default 1. */
  scale?: number;
}

/** The values of one sensor over time. */
export interface Series {
  key: string;
  kind: SeriesKind;
  /** What is measured: `Temperature`. */
  quantity: string;
  /** Where, or which of several on the same node; may be empty: `sensor 1`, `zone 7.1`. */
  place: string;
  /** Name of the zone that it is in, when that has one; else empty. */
  zoneRoom: string;
  /** Order among the values of a node. */
  rank: number;
  guid: string;
  node: string;
  symbol: string;
  value: number;
  /** What told it. */
  event: VscpEvent | undefined;
  decimals: number;
  /** When the value came, Unix time in milliseconds by this device's clock. */
  at: number;
  /** When the value was by the server's clock; compared with nothing but its like. */
  order: number;
  /** Order of the last value before the connection was lost: what lies after it may be missing. */
  gapFrom: number;
  meanIntervalMs: number;
  samples: number;
  history: ValueHistory;
  /** Undefined = the server has it, if at all, by the key. */
  kept?: Kept;
}

const PERCENT_GAUGES = new Set(['%']);
const STALE_UNKNOWN_MS = 5 * 60_000;
const STALE_MIN_MS = 15_000;
const STALE_INTERVALS = 4;
const MAX_SERIES = 500;
/** Doors and the like come after the measurements of a node. */
const STATE_RANK = 10_000;
const MOTION_HOLD_MS = 60_000;
/** When the server's newest event is that much older than what came before, its clock was set back. */
const CLOCK_SLACK_MS = 5_000;
const NEVER = Number.NEGATIVE_INFINITY;

const SECURITY = 2;
const INFORMATION = 20;
const MOTION = 1;
const DOOR_OPEN = 9;
const WINDOW_OPEN = 10;
const OPENED = 7;
const CLOSED = 8;

export const BLANK_SERIES = {
  symbol: '',
  value: 0,
  event: undefined,
  decimals: 0,
  at: 0,
  order: NEVER,
  gapFrom: NEVER,
  meanIntervalMs: 0,
  samples: 0,
};

export const MOTION_QUANTITY = 'Motion';
const OPENING = 'Opening';

/** How long a state holds that nobody tells again, in seconds; undefined = until something else is told. */
export function holdOf({ quantity }: Series): number | undefined {
  return quantity === MOTION_QUANTITY ? MOTION_HOLD_MS / 1000 : undefined;
}

/** What it is now: of a state that nobody tells again, not for ever what was told. */
export function valueAt(series: Series, now: number): number {
  const holdS = holdOf(series);
  return holdS !== undefined && now - series.at > holdS * 1000 ? 0 : series.value;
}

/** What a state is called, in English: Open, Quiet, On. */
export function stateWords(quantity: string, isOn: boolean): string {
  if (quantity === MOTION_QUANTITY) return isOn ? 'Motion' : 'Quiet';
  if (quantity === OPENING) return isOn ? 'Open' : 'Closed';
  if (quantity === LOCK_QUANTITY) return isOn ? 'Locked' : 'Unlocked';
  return isOn ? 'On' : 'Off';
}

/** Everything the panel knows; views read it, `take` alone changes it. */
export class Store {
  readonly series = new Map<string, Series>();
  readonly log = new EventLog();
  readonly nodes = new NodeTable();
  readonly switches: SwitchBoard;
  readonly controls: ControlBoard;
  readonly #nodeNames: ReadonlyMap<string, string>;
  /** Names that people gave to nodes in the panel, by GUID. */
  #savedNames: Readonly<Record<string, { name?: string }>> = {};
  readonly #zoneNames: Record<string, string>;
  /** How many series of a quantity a node has. */
  readonly #siblings = new Map<string, number>();
  /** Series that got a value since a view last cleared this. */
  readonly changed = new Set<Series>();
  readonly clock = new ServerClock();
  /** Order of the newest event of the server. */
  #newest = NEVER;
  readonly #listeners: ((event: VscpEvent, moment: Moment, isLive: boolean) => void)[] = [];
  /** Live events since the start. */
  eventCount = 0;

  constructor(config: PanelConfig, controls: ControlBoard) {
    this.controls = controls;
    this.#nodeNames = new Map(Object.entries(config.nodes).map(([guid, name]) => [guid.toUpperCase(), name]));
    this.#zoneNames = config.zones;
    this.switches = new SwitchBoard(config.switches);
  }

  /** Tells of every event, also of those that the server remembers. */
  listen(listener: (event: VscpEvent, moment: Moment, isLive: boolean) => void): void {
    this.#listeners.push(listener);
  }

  nodeName(guid: string): string {
    return this.givenNodeName(guid) || shortGuid(guid);
  }

  /** The name that somebody gave to the node, or empty. */
  givenNodeName(guid: string): string {
    return this.#savedNames[guid]?.name ?? this.#nodeNames.get(guid) ?? '';
  }

  /** The name of a whole zone, or empty. */
  givenZoneName(zone: number): string {
    return this.#zoneNames[zone] ?? '';
  }

  nameNodes(names: Readonly<Record<string, { name?: string }>>): void {
    this.#savedNames = names;
    for (const series of this.series.values()) series.node = this.nodeName(series.guid);
  }

  /** Empty for zone 0, which stands for none. */
  zoneName(zone: number, subzone: number): string {
    const address = `${zone}.${subzone}`;
    const named = this.#zoneNames[address] ?? this.#zoneNames[zone];
    return named ?? (address === '0.0' ? '' : t('zone {address}', { address }));
  }

  /** `zoneName`, to hand on. */
  readonly placeName = (zone: number, subzone: number): string => this.zoneName(zone, subzone);

  /** Whether the node has more than this one of the quantity, so that the place has to be told. */
  hasSiblings({ guid, quantity }: Series): boolean {
    return (this.#siblings.get(`${guid}/${quantity}`) ?? 0) > 1;
  }

  /** A live event, or one this panel sent. */
  take(event: VscpEvent, isOwn = false): void {
    const now = Date.now();
    this.eventCount += 1;
    this.log.add(event, now, isOwn);
    // What this panel sent has this device's date, if any.
    const moment = isOwn ? { at: now, order: undefined } : this.clock.live(event, now);
    this.#newest = moment.order ?? this.#newest;
    this.#update(event, moment, true);
  }

  /** What comes from now on may lack something. */
  connectionLost(): void {
    for (const series of this.series.values()) series.gapFrom = series.order;
  }

  /** Events from the server's memory, whatever their order; what is known already changes nothing. */
  takeOld(events: readonly VscpEvent[]): void {
    const old = this.clock.old(events, Date.now());
    const newest = old.reduce((latest, { moment }) => Math.max(latest, moment.order ?? NEVER), NEVER);
    if (newest !== NEVER && newest < this.#newest - CLOCK_SLACK_MS) this.#forgetOrders();
    if (newest !== NEVER) this.#newest = newest;
    for (const { event, moment } of old) this.#update(event, moment, false);
  }

  /** The server's clock was set back: nothing it says now can be compared with what it said before. */
  #forgetOrders(): void {
    for (const series of this.series.values()) series.order = series.gapFrom = NEVER;
    this.nodes.forgetOrders();
    this.switches.forgetOrders();
    this.controls.forgetOrders();
  }

  isStale(series: Series, now: number): boolean {
    const patience =
      series.samples < 3
        ? STALE_UNKNOWN_MS
        : Math.min(STALE_UNKNOWN_MS * 12, Math.max(STALE_MIN_MS, STALE_INTERVALS * series.meanIntervalMs));
    return series.kind !== 'state' && now - series.at > patience;
  }

  #update(event: VscpEvent, moment: Moment, isLive: boolean): void {
    this.nodes.take(event, moment, isLive);
    this.switches.take(event, moment, isLive);
    this.controls.take(event, moment, isLive);
    for (const listener of this.#listeners) listener(event, moment, isLive);
    const measurement = decodeMeasurement(event);
    if (measurement) this.#measured(event, measurement, moment, isLive);
    else if (event.vscpClass === SECURITY || event.vscpClass === INFORMATION) {
      this.#reported(event, moment, isLive);
    }
  }

  #measured(event: VscpEvent, measurement: Measurement, moment: Moment, isLive: boolean): void {
    const { kind, type, sensorIndex, zone, subzone, index, coding } = measurement;
    if (kind === 'set') return;
    const isZoned = zone !== undefined;
    const spot = isZoned ? `${zone}.${subzone}.${index}` : '';
    const key = `${event.guid}/${kind}${type}/${sensorIndex}/${spot}`;
    const series = this.#seriesOf(key, event, () => ({
      kind: coding === 'bits' ? 'state' : PERCENT_GAUGES.has(measurement.symbol) ? 'gauge' : 'number',
      quantity: kind === 'data' ? typeName(event.vscpClass, event.vscpType) : measurementName(type),
      place: isZoned ? this.zoneName(zone, subzone ?? 0) : t('sensor {n}', { n: sensorIndex }),
      zoneRoom: isZoned ? this.givenZoneName(zone) : '',
      rank: type,
    }));
    if (series === undefined) return;
    series.symbol = measurement.symbol;
    series.decimals = Math.max(decimalsOf(measurement.value), Math.min(series.decimals, 2));
    this.#setValue(series, event, measurement.value, moment, isLive);
  }

  /** Doors, windows and motion: no measurements, but states people look for. */
  #reported(event: VscpEvent, moment: Moment, isLive: boolean): void {
    const { vscpClass, vscpType } = event;
    const isMotion = vscpClass === SECURITY && vscpType === MOTION;
    const isOpening =
      vscpClass === SECURITY ? vscpType === DOOR_OPEN || vscpType === WINDOW_OPEN : vscpType === OPENED;
    const isClosing = vscpClass === INFORMATION && vscpType === CLOSED;
    if (!isMotion && !isOpening && !isClosing) return;
    const [, zone = 0, subzone = 0] = event.data;
    const quantity = isMotion ? MOTION_QUANTITY : OPENING;
    const key = `${event.guid}/${quantity}/${zone}.${subzone}`;
    const series = this.#seriesOf(key, event, () => ({
      kind: 'state',
      quantity,
      place: this.zoneName(zone, subzone),
      zoneRoom: this.givenZoneName(zone),
      rank: STATE_RANK,
      kept: {
        ...(isMotion
          ? { types: { [SECURITY]: [MOTION] } }
          : { types: { [INFORMATION]: [OPENED], [SECURITY]: [DOOR_OPEN, WINDOW_OPEN] } }),
        ...{ guid: event.guid, zone, subzone },
      },
    }));
    if (series === undefined) return;
    this.#setValue(series, event, isClosing ? 0 : 1, moment, isLive);
  }

  /** Motion sensors tell only of motion; quiet is when they have not for a while. */
  wordsOf(series: Series, now: number): { words: string; isOn: boolean } {
    const isOn = valueAt(series, now) !== 0;
    return { words: stateWords(series.quantity, isOn), isOn };
  }

  #seriesOf(
    key: string,
    { guid }: { guid: string },
    describe: () => Pick<Series, 'kind' | 'quantity' | 'place' | 'zoneRoom' | 'rank' | 'kept'>,
  ): Series | undefined {
    const known = this.series.get(key);
    if (known || this.series.size >= MAX_SERIES) return known;
    const node = this.nodeName(guid);
    const history = new ValueHistory();
    const series = { ...BLANK_SERIES, ...describe(), key, guid, node, history };
    this.series.set(key, series);
    const family = `${guid}/${series.quantity}`;
    this.#siblings.set(family, (this.#siblings.get(family) ?? 0) + 1);
    return series;
  }

  #setValue(series: Series, event: VscpEvent, value: number, moment: Moment, isLive: boolean): void {
    const { at, order } = moment;
    const isNewer = isLive || follows(order, series.order, value !== series.value);
    const isMissing = order !== undefined && order > series.gapFrom && order < series.order;
    if (isNewer || isMissing) series.history.add(at, value);
    if (!isNewer) return;
    if (series.samples > 0 && at > series.at) {
      const weight = Math.max(0.2, 1 / series.samples);
      series.meanIntervalMs += weight * (at - series.at - series.meanIntervalMs);
    }
    series.samples += 1;
    series.value = value;
    series.event = event;
    series.at = at;
    series.order = order ?? series.order;
    this.changed.add(series);
  }
}
