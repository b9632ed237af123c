import { type ApiOperation, OPERATIONS } from './operations.ts';
import { problemKinds } from './problems.ts';
import type { Schema } from './schema.ts';
import { COMPONENTS } from './schemas.ts';

const PROBLEM_ANSWER = {
  description: 'A problem (RFC 9457)',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

function answerOf({ answer, csv }: ApiOperation): object {
  const content =
    answer === undefined
      ? { 'text/event-stream': { schema: { type: 'string' } } }
      : {
          'application/json': { schema: { $ref: `#/components/schemas/${answer}` } },
          ...(csv && { 'text/csv': { schema: { type: 'string' } } }),
        };
  return { description: answer ?? 'Events until the connection ends', content };
}

function parametersOf({ query = {}, answer }: ApiOperation): object[] {
  const inQuery = Object.entries(query).map(([name, schema]) => ({ name, in: 'query', schema }));
  if (answer !== undefined) return inQuery;
  const description = 'id of the last event that was read; the remembered events after it are sent first';
  return [...inQuery, { name: 'Last-Event-ID', in: 'header', description, schema: { type: 'string' } }];
}

function describe(operation: ApiOperation): object {
  const { method, path, summary, body } = operation;
  return {
    operationId: `${method.toLowerCase()}${path.charAt(1).toUpperCase()}${path.slice(2)}`,
    summary,
    parameters: parametersOf(operation),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: { 200: answerOf(operation), default: PROBLEM_ANSWER },
  };
}

/** The API as an OpenAPI 3.1 document, made from the same table that requests are checked against. */
export function openApiDocument(urlApi: string, version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of OPERATIONS) {
    paths[operation.path] ??= {};
    const path = paths[operation.path];
    if (path !== undefined) path[operation.method.toLowerCase()] = describe(operation);
  }
  const kinds = problemKinds().map(({ type, status, title }) => `- \`${type}\` (${status}): ${title}`);
  const problems: Schema = { ...COMPONENTS.Problem, description: `RFC 9457. Types:\n${kinds.join('\n')}` };
  return {
    openapi: '3.1.0',
    info: { title: 'vscpl2drv-websocksrv', version, summary: 'VSCP events and measurements over HTTP' },
    servers: [{ url: urlApi }],
    security: [{ bearer: [] }, { basic: [] }],
    paths,
    components: {
      schemas: { ...COMPONENTS, Problem: problems },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'over TLS or on the machine itself' },
        basic: { type: 'http', scheme: 'basic', description: 'over TLS or on the machine itself' },
      },
    },
  };
}
