import { typeName } from '../../../../src/client/names.ts';
import { decimalsOf, formatSpan, formatWithUnit } from '../format.ts';
import { t } from '../texts.ts';
import type { Alarm } from './alarm.ts';
import { ALARM, itemOf, POWER, readNodeId } from './alarm-id.ts';

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
  if (told === undefined) return titleOf(itemOf(id));
  const { guid, zone, subzone } = told;
  const place = zone === EVERYWHERE ? '' : placeName(zone, subzone);
  return [nodeName(guid), place].filter(Boolean).join(', ');
}

function textOf(id: string, alarm: Alarm): string {
  const told = readNodeId(id);
  if (told) return told.type === POWER ? t('Power failure') : t(typeName(ALARM, told.type));
  const { side, value, limit, unit = '', staleS } = alarm;
  if (staleS !== undefined) return t('no value for {span}', { span: formatSpan(staleS) });
  if (side === undefined || value === undefined || limit === undefined) return t('Alarm');
  const { decimals = decimalsOf(value) } = alarm;
  // The limit may be finer than what the sensor tells.
  const both = {
    value: formatWithUnit(value, decimals, unit),
    limit: formatWithUnit(limit, Math.max(decimals, decimalsOf(limit)), unit),
  };
  return side === 'above' ? t('{value}, above {limit}', both) : t('{value}, below {limit}', both);
}
