import { INFORMATION, LEVEL_QUANTITY } from '../controls/control.ts';
import type { Item } from './items.ts';
import { BLANK_SERIES, type Series, type Store } from './store.ts';
import { ON } from './switches.ts';

/** What of an item has a past: its values, or what was told of the switch or control. */
export function pastOf(
  { title, series, info, control }: Pick<Item, 'title' | 'series' | 'info' | 'control'>,
  store: Store,
): Series | undefined {
  if (series) return series;
  const blank = { ...BLANK_SERIES, guid: '', node: title, place: '', zoneRoom: '', rank: 0 };
  if (info) {
    const { key, history, isOn, answeredAt, index, zone, subzone } = info;
    const kept = { types: { [INFORMATION]: [ON] }, index, zone, subzone };
    const told = { value: Number(isOn ?? 0), at: answeredAt, samples: history.times.length };
    return { ...blank, ...told, key: `switch/${key}`, kind: 'state', quantity: 'Switch', history, kept };
  }
  const { past, measured } = control?.kind ?? {};
  if (control === undefined) return undefined;
  // A set-point shows values that the store has, too.
  if (past === undefined)
    return (
      measured && [...store.series.values()].find(({ key }) => store.controls.coveringSeries(key) === control)
    );
  const { id, spec, history, state, answeredAt } = control;
  const { index, zone, subzone } = spec;
  const isLevel = past.quantity === LEVEL_QUANTITY;
  return {
    ...blank,
    ...{ key: `control/${id}`, kind: isLevel ? 'gauge' : 'state', quantity: past.quantity, history },
    ...{ symbol: isLevel ? '%' : '', value: past.value(state) ?? 0, at: answeredAt },
    samples: history.times.length,
    kept: { types: { [INFORMATION]: past.types }, index, zone, subzone, scale: past.scale?.(spec) ?? 1 },
  };
}
