import { type UserInfo, VscpClient } from '../../../../src/client/index.ts';

/** How this session came about and what it can ask for again. */
export interface SessionInfo {
  client: VscpClient;
  user: UserInfo;
  /** The server's vscp key; empty = the well-known one. */
  key: string;
  /** Whether it logged in with a token instead of the password. */
  isByToken: boolean;
}

/**
 * Lets a connection do what only a login with the password may: this session when it has it, else one of its own
 * that ends at once.
 * @throws LoginError when the password is not right
 */
export async function withPassword<Result>(
  { client, user, key, isByToken }: SessionInfo,
  password: string,
  use: (client: VscpClient) => Promise<Result>,
): Promise<Result> {
  if (!isByToken) return use(client);
  const other = new VscpClient({
    url: client.url,
    user: user.name,
    password,
    reconnect: false,
    ...(key !== '' && { key }),
  });
  try {
    await other.connect();
    return await use(other);
  } finally {
    other.disconnect();
  }
}

/** A name by which a person knows this browser in a list: `Firefox, Android`. */
export function deviceLabel(): string {
  const agent = navigator.userAgent;
  const first = (names: [RegExp, string][]) => names.find(([pattern]) => pattern.test(agent))?.[1];
  const browser = first([
    [/Edg/, 'Edge'],
    [/OPR/, 'Opera'],
    [/Firefox/, 'Firefox'],
    [/Chrom/, 'Chrome'],
    [/Safari/, 'Safari'],
  ]);
  const system = first([
    [/Android/, 'Android'],
    [/iPhone/, 'iPhone'],
    [/iPad/, 'iPad'],
    [/Windows/, 'Windows'],
    [/Mac OS/, 'Mac'],
    [/Linux/, 'Linux'],
  ]);
  return [browser ?? 'Browser', system].filter(Boolean).join(', ');
}
