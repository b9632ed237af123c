/** Kinds of problems: the last part of their stable type, HTTP status, title. */
const KINDS = {
  'bad-request': [400, 'The request is not right'],
  'bad-event': [400, 'The event is not right'],
  unauthorized: [401, 'Not logged in'],
  'not-private': [403, 'Credentials are taken over TLS or on the machine itself'],
  'foreign-origin': [403, 'Pages of this origin are not let in'],
  forbidden: [403, 'Not allowed'],
  'not-found': [404, 'There is no such thing'],
  'not-enabled': [404, 'Not switched on'],
  method: [405, 'The method is not one of these'],
  timeout: [408, 'The body came too slowly'],
  'too-large': [413, 'The body is too large'],
  'media-type': [415, 'The body has to be application/json'],
  'no-history': [503, 'There is no history at the moment'],
  full: [503, 'No place is left'],
  'host-queue-full': [503, 'The queue of the host is full'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemKind = keyof typeof KINDS;

/** A problem as RFC 9457 defines it. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  field?: string;
}

const TYPE_PREFIX = 'urn:vscpl2drv-websocksrv:problem:';

export function apiProblem(kind: ProblemKind, detail?: string, field?: string): Problem {
  const [status, title] = KINDS[kind];
  return {
    type: TYPE_PREFIX + kind,
    title,
    status,
    ...(detail === undefined ? {} : { detail }),
    ...(field === undefined ? {} : { field }),
  };
}

/** All kinds, for the documentation. */
export function problemKinds(): Problem[] {
  return (Object.keys(KINDS) as ProblemKind[]).map((kind) => apiProblem(kind));
}
