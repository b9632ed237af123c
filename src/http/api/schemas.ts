import { MAX_CHANGES_ASKED } from '../../history/changes.ts';
import { DEFAULT_BUCKETS, MAX_BUCKETS, MAX_SERIES_ASKED, SOURCES } from '../../history/points.ts';
import type { Schema } from './schema.ts';

const uint = (maximum: number, description: string): Schema => ({
  type: 'integer',
  minimum: 0,
  maximum,
  description,
});
const text = (description: string, maxLength = 200): Schema => ({ type: 'string', maxLength, description });
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const list = (items: Schema): Schema => ({ type: 'array', items });

const EVENT_FIELDS = {
  class: uint(0xffff, 'VSCP class'),
  type: uint(0xffff, 'VSCP type'),
  guid: text('GUID, 16 hex bytes with colons'),
  data: {
    type: 'array',
    items: uint(255, 'data byte'),
    maxItems: 512,
    description: 'data bytes',
  },
  head: uint(0xffff, 'head; priority in bits 7 to 5'),
  obid: uint(0xffff_ffff, 'id of the interface that the event came in on'),
  datetime: text('UTC, as 2026-01-31T12:00:00Z'),
} as const satisfies Record<string, Schema>;

/** An event to send; fields that are left out are filled in. */
export const EVENT_INPUT: Schema = {
  type: 'object',
  required: ['class', 'type'],
  properties: {
    ...EVENT_FIELDS,
    guid: text('default: the GUID of the driver, with a number of the client'),
    datetime: text('default: now'),
    timestamp: uint(0xffff_ffff, 'microseconds; default: now'),
    timestamp_ns: text('Unix time in nanoseconds, decimal or 0x', 40),
  },
};

export const MAX_ITEMS = 1000;

/** One item, or a list of items with a result for each. */
function oneOrMany(item: Schema): Schema {
  return { oneOf: [item, { type: 'array', items: item, minItems: 1, maxItems: MAX_ITEMS }] };
}

export const EVENTS_INPUT = oneOrMany(EVENT_INPUT);

/** A measurement to send, as CLASS2.MEASUREMENT_FLOAT. */
export const MEASUREMENT_INPUT: Schema = {
  type: 'object',
  required: ['type', 'value'],
  properties: {
    type: uint(0xffff, 'measurement type; 6 is temperature'),
    value: { type: 'number', minimum: -Number.MAX_VALUE, maximum: Number.MAX_VALUE, description: 'value' },
    unit: uint(255, 'number of the unit; default 0, the default unit of the type'),
    sensorIndex: uint(255, 'default 0'),
    zone: uint(255, 'default 0'),
    subzone: uint(255, 'default 0'),
    guid: text('default: the GUID of the driver, with a number of the client'),
    datetime: text('UTC; default: now'),
  },
};

export const MEASUREMENTS_INPUT = oneOrMany(MEASUREMENT_INPUT);

const MORE: Schema = {
  type: 'boolean',
  description: 'true if one answer cannot contain everything (10 000 events, 4 MB); otherwise left out',
};

const AGE: Schema = {
  type: ['number', 'null'],
  description: 'seconds since the time of the event; null when it carries none',
};

/** The shapes of answers, by their names in the document. */
export const COMPONENTS: Readonly<Record<string, Schema>> = {
  Event: {
    type: 'object',
    required: ['class', 'type', 'guid', 'data', 'head', 'obid', 'datetime'],
    properties: {
      ...EVENT_FIELDS,
      timestamp: uint(0xffff_ffff, 'microseconds; with event-format classic'),
      timestamp_ns: text('0x and 16 hex digits; with event-format ns'),
    },
  },
  Events: { type: 'object', required: ['events'], properties: { events: list(ref('Event')), more: MORE } },
  Results: {
    type: 'object',
    required: ['accepted', 'results'],
    properties: {
      accepted: uint(MAX_ITEMS, 'how many are on their way'),
      results: list({
        type: 'object',
        required: ['accepted'],
        properties: { accepted: { type: 'boolean' }, problem: ref('Problem') },
      }),
    },
  },
  Measurement: {
    type: 'object',
    required: ['type', 'name', 'value', 'unit', 'symbol', 'sensorIndex', 'guid', 'datetime', 'age'],
    properties: {
      type: uint(0xffff, 'measurement type; 6 is temperature'),
      name: text('such as Temperature'),
      value: { type: 'number' },
      unit: uint(255, 'number of the unit'),
      symbol: text('such as °C; empty when the unit has none'),
      sensorIndex: uint(255, 'sensor index'),
      zone: uint(255, 'where the class has zones'),
      subzone: uint(255, 'where the class has zones'),
      guid: text('where it comes from'),
      datetime: text('UTC; empty when the event carries none'),
      age: AGE,
    },
  },
  Measurements: {
    type: 'object',
    required: ['measurements'],
    properties: { measurements: list(ref('Measurement')), more: MORE },
  },
  Nodes: {
    type: 'object',
    required: ['nodes'],
    properties: {
      nodes: list({
        type: 'object',
        required: ['guid', 'values', 'datetime', 'age'],
        properties: {
          guid: text('GUID'),
          values: uint(0xffff_ffff, 'how many last values of this node are known'),
          datetime: text('of its latest event'),
          age: AGE,
        },
      }),
      more: MORE,
    },
  },
  SeriesList: {
    type: 'object',
    required: ['series'],
    properties: {
      series: list({
        type: 'object',
        required: ['id', 'kind', 'class', 'type', 'guid', 'sensorIndex', 'unit', 'symbol', 'since'],
        properties: {
          id: uint(0xffff_ffff, 'names the series in /points'),
          kind: { type: 'string', enum: ['measurement', 'set', 'data', 'state', 'level'] },
          class: uint(0xffff, 'VSCP class of its events'),
          type: uint(
            0xffff,
            'VSCP type; of states that of On (3), Opened (7), Lock (75), or Motion (1), Door open (9), Window open (10) of CLASS1.SECURITY',
          ),
          guid: text('GUID of its events'),
          measurement: uint(0xffff, 'measurement type; 6 is temperature'),
          sensorIndex: uint(255, 'sensor index'),
          unit: uint(255, 'number of the unit'),
          symbol: text('such as °C; empty when the unit has none'),
          index: uint(255, 'where the class has one'),
          zone: uint(255, 'where the class has zones'),
          subzone: uint(255, 'where the class has zones'),
          interfaceGuid: text('of level I events over level II'),
          since: { type: 'number', description: 'time of its first value, Unix ms' },
        },
      }),
    },
  },
  Points: {
    type: 'object',
    required: ['source', 'step', 't', 'series'],
    properties: {
      source: { type: 'string', enum: ['raw', 'minute', 'quarter', 'day'] },
      step: { type: 'number', description: 'length of a bucket, ms' },
      t: list({ type: 'number', description: 'beginnings of the buckets, Unix ms' }),
      series: list({
        type: 'object',
        required: ['id', 'min', 'mean', 'max', 'n'],
        properties: {
          id: uint(0xffff_ffff, 'of the series'),
          ...Object.fromEntries(
            ['min', 'mean', 'max'].map((name) => [name, list({ type: ['number', 'null'] })]),
          ),
          n: list({ type: 'integer', description: 'how many values the bucket has' }),
          changes: {
            type: 'object',
            description: 'of states, when they were asked for: ascending; the first may lie before the span',
            required: ['t', 'value'],
            properties: {
              t: list({ type: 'number', description: 'when it changed, Unix ms' }),
              value: list({ type: 'integer', description: 'what it was from then on, 1 or 0' }),
            },
          },
        },
      }),
    },
  },
  Me: {
    type: 'object',
    required: ['user', 'fullname', 'rights', 'admin', 'may'],
    properties: {
      user: text('name'),
      fullname: text('name for people'),
      rights: uint(0xffff_ffff, 'rights as bits'),
      admin: { type: 'boolean' },
      may: {
        type: 'object',
        description: 'what a panel may offer',
        properties: Object.fromEntries(
          ['send', 'receive', 'setFilter', 'last', 'history', 'status'].map((name) => [
            name,
            { type: 'boolean' },
          ]),
        ),
      },
    },
  },
  Status: {
    type: 'object',
    required: ['version', 'uptime', 'sessions', 'queues', 'drops', 'layout', 'problems'],
    properties: {
      version: text('version of the driver'),
      uptime: { type: 'number', description: 'seconds since the driver was opened' },
      sessions: { type: 'object', additionalProperties: { type: 'integer' } },
      queues: { type: 'object', additionalProperties: { type: 'integer' } },
      drops: { type: 'object', additionalProperties: { type: 'integer' } },
      layout: {
        type: ['string', 'null'],
        description: "memory layout of the host's events, classic or 2026; null while it is not certain",
      },
      problems: list(text('the latest warnings and errors of the log')),
    },
  },
  Problem: {
    type: 'object',
    description: 'RFC 9457',
    required: ['type', 'title', 'status'],
    properties: {
      type: text('stable; see the list of problems'),
      title: text('the kind of problem'),
      status: uint(599, 'HTTP status'),
      detail: text('this case', 2000),
      field: text('the parameter or the part of the body that is wrong'),
    },
  },
};

/** Which values of the history are wanted. */
export const POINTS_QUERY: Readonly<Record<string, Schema>> = {
  series: text(`ids, separated by commas; ${MAX_SERIES_ASKED} at most`, 400),
  from: text('Unix ms, or a time like 2026-01-31T12:00:00Z', 40),
  to: text('Unix ms or a time; default: now', 40),
  buckets: {
    type: 'integer',
    minimum: 1,
    maximum: MAX_BUCKETS,
    description: `how many; default ${DEFAULT_BUCKETS}`,
  },
  step: {
    type: 'integer',
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    description: `length of a bucket in ms, in the place of buckets; at most ${MAX_BUCKETS} of them, 1000000 as CSV`,
  },
  source: { type: 'string', enum: SOURCES, description: 'default: what fits' },
  changes: {
    type: 'integer',
    minimum: 1,
    maximum: MAX_CHANGES_ASKED,
    description: 'how many of the latest changes of states to tell, of all series together; only as JSON',
  },
  format: { type: 'string', enum: ['json', 'csv'], description: 'default json' },
};

/** Parameters that narrow the answer to the events wanted. */
export const FILTER_QUERY: Readonly<Record<string, Schema>> = {
  class: uint(0xffff, 'only this class'),
  type: uint(0xffff, 'only this type'),
  guid: text('only events of this GUID'),
  priority: uint(7, 'only this priority'),
  filter: text('priority,class,type,GUID as in SETFILTER; together with mask'),
  mask: text('priority,class,type,GUID as in SETFILTER; together with filter'),
};
