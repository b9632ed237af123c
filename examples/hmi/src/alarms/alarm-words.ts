import { type Series, stateWords } from '../store/store.ts';
import { t } from '../texts.ts';
import { decimalsOf, formatSpan, formatWithUnit } from '../ui/format.ts';
import { typeWords } from '../views/events/event-names.ts';
import type { Alarm, Limit } from './alarm.ts';
import { ALARM, itemOf, readNodeId } from './alarm-id.ts';

/** How things are called on this device. */
export interface Names {
  /** Of an item, with its node. */
  titleOf: (id: string) => string;
  nodeName: (guid: string) => string;
  placeName: (zone: number, subzone: number) => string;
}

/** Where something is wrong, and what. */
export interface AlarmWords {
  title: string;
  text: string;
}

const EVERYWHERE = 255;

/** In the viewer's language, whoever found it; but for what earlier versions saved in words. */
export function wordsOf(id: string, alarm: Alarm, names: Names): AlarmWords {
  return { title: alarm.title ?? titleOf(id, names), text: alarm.text ?? textOf(id, alarm) };
}

function titleOf(id: string, { titleOf, nodeName, placeName }: Names): string {
  const told = readNodeId(id);
  if (told === undefined) return titleOf(itemOf(id) ?? id);
  const { guid, zone, subzone } = told;
  const place = zone === EVERYWHERE ? '' : placeName(zone, subzone);
  return [nodeName(guid), place].filter(Boolean).join(', ');
}

function textOf(id: string, alarm: Alarm): string {
  const told = readNodeId(id);
  if (told) return typeWords(ALARM, told.type);
  const { side, value, limit, unit = '', quantity, staleS } = alarm;
  if (staleS !== undefined) return t('no value for {span}', { span: formatSpan(staleS) });
  if (side === undefined || value === undefined || limit === undefined) return t('Alarm');
  if (quantity !== undefined) return t(stateWords(quantity, value !== 0));
  const { decimals = decimalsOf(value) } = alarm;
  // The limit may be finer than what the sensor tells.
  const both = {
    value: formatWithUnit(value, decimals, unit),
    limit: formatWithUnit(limit, Math.max(decimals, decimalsOf(limit)), unit),
  };
  return side === 'above' ? t('{value}, above {limit}', both) : t('{value}, below {limit}', both);
}

/** When a value is an alarm: `above 30.0 °C for 1 min · no value for 10 min`, `Open for 10 min`. */
export function limitWords(
  { above, below, backBy, forS, staleS }: Limit,
  { kind, quantity, decimals, symbol }: Pick<Series, 'kind' | 'quantity' | 'decimals' | 'symbol'>,
): string {
  const number = (value: number) => formatWithUnit(value, Math.max(decimals, decimalsOf(value)), symbol);
  const state = (isOn: boolean) => kind === 'state' && t(stateWords(quantity, isOn));
  const bounds = [
    above !== undefined && (state(true) || t('above {limit}', { limit: number(above) })),
    below !== undefined && (state(false) || t('below {limit}', { limit: number(below) })),
  ];
  const time = forS > 0 ? ` ${t('for {span}', { span: formatSpan(forS) })}` : '';
  return [
    ...bounds.map((bound) => bound && `${bound}${time}`),
    backBy !== undefined && t('ends when back by {margin}', { margin: number(backBy) }),
    staleS !== undefined && t('no value for {span}', { span: formatSpan(staleS) }),
  ]
    .filter(Boolean)
    .join(' · ');
}
