import type { Control } from '../controls/board.ts';
import type { PanelDocument } from '../saved/panel-document.ts';
import { type Placeable, SCENES } from './rooms.ts';
import type { SeriesNames } from './series-names.ts';
import type { Series, Store } from './store.ts';
import type { SwitchInfo } from './switches.ts';

/** A value, a switch or a control on the overview. */
export interface Item extends Placeable {
  series?: Series;
  info?: SwitchInfo;
  control?: Control;
}

/** Controls and switches come before values. */
const SWITCH_RANK = -1;

export function seriesId({ key }: Pick<Series, 'key'>): string {
  return `v:${key}`;
}

export function switchId({ key }: SwitchInfo): string {
  return `s:${key}`;
}

export function controlId(id: string): string {
  return `c:${id}`;
}

export function switchItem(info: SwitchInfo, store: Store, { items }: PanelDocument): Item {
  const id = switchId(info);
  const title = items[id]?.name ?? info.name;
  return { id, guid: '', title, rank: SWITCH_RANK, usualRoom: store.givenZoneName(info.zone), info };
}

/** What has this id, as far as it is known yet. */
export function thingOf(id: string, { series, switches, controls }: Store): Partial<Item> {
  const key = id.slice(2);
  const [value, info, control] = [series.get(key), switches.switches.get(key), controls.controls.get(key)];
  if (id.startsWith('v:')) return value ? { series: value } : {};
  if (id.startsWith('s:')) return info ? { info } : {};
  return control ? { control } : {};
}

/** Everything that can be placed, as it is now. */
export function listItems(store: Store, names: SeriesNames, document: PanelDocument): Item[] {
  const { items } = document;
  const values = [...store.series.values()]
    .filter(({ key }) => !store.controls.coversSeries(key))
    .map((series) => ({
      id: seriesId(series),
      guid: series.guid,
      title: names.titleOf(series),
      rank: series.rank,
      usualRoom: series.zoneRoom || store.givenNodeName(series.guid),
      series,
    }));
  const switches = [...store.switches.switches.values()]
    .filter(({ zone, subzone, index }) => !store.controls.covers(zone, subzone, index))
    .map((info) => switchItem(info, store, document));
  const controls = [...store.controls.controls.values()].map((control) => ({
    id: controlId(control.id),
    guid: '',
    title: items[controlId(control.id)]?.name ?? (control.spec.name || control.kind.title),
    rank: SWITCH_RANK,
    usualRoom: control.kind.hasAddress ? store.givenZoneName(control.spec.zone) : SCENES,
    control,
  }));
  return [...controls, ...switches, ...values];
}
