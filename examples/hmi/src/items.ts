import type { PanelDocument } from './panel-document.ts';
import type { Placeable } from './rooms.ts';
import type { SeriesNames } from './series-names.ts';
import type { Series, Store } from './store.ts';
import type { SwitchInfo } from './switches.ts';

/** A value or a switch on the overview. */
export interface Item extends Placeable {
  series?: Series;
  info?: SwitchInfo;
}

/** Switches come before values. */
const SWITCH_RANK = -1;

export function seriesId({ key }: Series): string {
  return `v:${key}`;
}

export function switchId({ key }: SwitchInfo): string {
  return `s:${key}`;
}

/** Everything that can be placed, as it is now. */
export function listItems(store: Store, names: SeriesNames, { items }: PanelDocument): Item[] {
  const values = [...store.series.values()].map((series) => ({
    id: seriesId(series),
    guid: series.guid,
    title: names.titleOf(series),
    rank: series.rank,
    usualRoom: series.zoneRoom || store.givenNodeName(series.guid),
    series,
  }));
  const switches = [...store.switches.switches.values()].map((info) => ({
    id: switchId(info),
    guid: '',
    title: items[switchId(info)]?.name ?? info.name,
    rank: SWITCH_RANK,
    usualRoom: store.givenZoneName(info.zone),
    info,
  }));
  return [...switches, ...values];
}
