import { type EventInput, LEVEL1_OVER_LEVEL2, MAX_LEVEL1_DATA } from './event.ts';
import { parseGuid } from './guid.ts';
import { FAMILIES, type Family } from './measurement.ts';
import { type Coding, encodeDouble, encodeFloat, encodeText, encodeValue } from './value-coding.ts';
import { BadInputError } from './vscp-error.ts';

/** Which class carries the value: CLASS1.MEASUREMENT, DATA, MEASUREZONE, … CLASS2.MEASUREMENT_FLOAT. */
export type MeasurementForm = Family;

export interface MeasurementInput {
  /** Measurement type in the level II numbering, 0-1279: 6 is temperature. */
  type: number;
  value: number;
  /** Default `measurement`. */
  form?: MeasurementForm;
  /** Used by the forms with a data coding byte. Default `normalized`, which is exact for decimal numbers. */
  coding?: Coding;
  /** Number of the unit; default 0, which is the type's default unit. */
  unit?: number;
  /** 0-7; 0-255 in the CLASS2 forms. */
  sensorIndex?: number;
  /** Used by the zone forms, 0-255. */
  index?: number;
  zone?: number;
  subzone?: number;
  /** Sends the level I class over level II (class + 512) with this GUID before the data. */
  interfaceGuid?: string;
}

/** Bytes after the data coding byte. */
const VALUE_ROOM = 7;

function headOf(input: MeasurementInput, first: number): number[] {
  const bytes = [first, input.zone ?? 0, input.subzone ?? 0];
  if (bytes.some((byte) => !Number.isInteger(byte) || byte < 0 || byte > 255)) {
    throw new BadInputError('Index, zone and subzone must be 0-255');
  }
  return bytes;
}

function dataOf(input: MeasurementInput, form: MeasurementForm): number[] {
  const { value, coding = 'normalized', unit = 0, sensorIndex = 0 } = input;
  const plainUnit = () => {
    if (unit !== 0 || sensorIndex !== 0) throw new BadInputError(`${form} has neither unit nor sensor index`);
  };
  if (form === 'measurement' || form === 'data')
    return encodeValue({ coding, value }, unit, sensorIndex, VALUE_ROOM);
  if (form === 'zone' || form === 'setZone') {
    const room = input.interfaceGuid === undefined ? VALUE_ROOM - 3 : VALUE_ROOM;
    return [...headOf(input, input.index ?? 0), ...encodeValue({ coding, value }, unit, sensorIndex, room)];
  }
  if (form === 'measurement64' || form === 'measurement32') {
    plainUnit();
    return form === 'measurement64' ? encodeDouble(value) : encodeFloat(value);
  }
  if (!Number.isInteger(unit) || unit < 0 || unit > 255) throw new BadInputError(`Bad unit ${unit}`);
  return [
    ...headOf(input, sensorIndex),
    unit,
    ...(form === 'text' ? encodeText(value) : encodeDouble(value)),
  ];
}

/**
 * Makes the event for a measurement.
 * @throws BadInputError when the value does not fit the form: a level I event carries 8 bytes at most
 */
export function encodeMeasurement(input: MeasurementInput): EventInput {
  const { type, form = 'measurement', interfaceGuid } = input;
  const isLevel2 = form === 'text' || form === 'float';
  const maxType = form === 'data' ? 255 : isLevel2 ? 0xffff : 1279;
  if (!Number.isInteger(type) || type < 0 || type > maxType) throw new BadInputError(`Bad type ${type}`);
  const data = dataOf(input, form);
  if (isLevel2) return { vscpClass: FAMILIES[form], vscpType: type, data };
  const vscpClass = FAMILIES[form] + (type >> 8);
  const vscpType = type & 0xff;
  if (interfaceGuid !== undefined) {
    return {
      vscpClass: vscpClass + LEVEL1_OVER_LEVEL2,
      vscpType,
      data: [...parseGuid(interfaceGuid), ...data],
    };
  }
  if (data.length > MAX_LEVEL1_DATA) {
    throw new BadInputError(
      `${data.length} bytes: level I events carry 8; send it over level II or in another form`,
    );
  }
  return { vscpClass, vscpType, data };
}
