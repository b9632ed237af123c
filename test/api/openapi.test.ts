import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv2020 from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { findFault, type Schema } from '../../src/http/api/schema.ts';
import { EVENT_INPUT, EVENTS_INPUT, FILTER_QUERY, MEASUREMENT_INPUT } from '../../src/http/api/schemas.ts';
import { memoryServerFor } from '../support/memory-server.ts';

test('the description is a valid OpenAPI 3.1 document, served to everybody with an ETag', async (context) => {
  const server = await memoryServerFor(context);
  const url = `${server.url.replace('ws', 'http')}/api/v1/openapi.json`;
  const answer = await fetch(url);
  assert.equal(answer.status, 200);
  const document = (await answer.json()) as { openapi: string; paths: object };
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  assert.ok(valid, JSON.stringify(errors));
  assert.equal(document.openapi, '3.1.0');
  assert.deepEqual(Object.keys(document.paths), [
    '/events',
    '/last',
    '/measurements',
    '/nodes',
    '/series',
    '/points',
    '/me',
    '/status',
  ]);
  const known = { 'if-none-match': answer.headers.get('etag') ?? '' };
  const again = await fetch(url, { headers: known });
  assert.deepEqual([again.status, await again.text()], [304, '']);
});

test('the check of requests finds the same wrong as ajv does by the same schema', () => {
  const ajv = new Ajv2020({ strict: false });
  const number = fc.oneof(fc.integer(), fc.double(), fc.integer({ min: -1, max: 70_000 }));
  const part = fc.oneof(
    number,
    fc.string(),
    fc.constant(null),
    fc.boolean(),
    fc.array(number, { maxLength: 4 }),
  );
  const names = [
    'class',
    'type',
    'guid',
    'data',
    'head',
    'obid',
    'datetime',
    'timestamp',
    'value',
    'unit',
    'zone',
  ];
  const object = fc.dictionary(fc.constantFrom(...names), part);
  const body = fc.oneof(part, object, fc.array(object, { maxLength: 3 }));
  const schemas: Schema[] = [EVENT_INPUT, MEASUREMENT_INPUT, EVENTS_INPUT, ...Object.values(FILTER_QUERY)];
  for (const schema of schemas) {
    const validate = ajv.compile(schema);
    fc.assert(
      fc.property(body, (value) => {
        assert.equal(
          findFault(value, schema) === undefined,
          validate(value),
          JSON.stringify([value, validate.errors]),
        );
      }),
      { numRuns: 300 },
    );
  }
});
