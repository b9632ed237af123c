import { toHex } from './bytes.ts';
import { decryptSecret } from './login-crypto.ts';
import type { NewToken, TokenInfo, TokenWish } from './options.ts';

/** Reads a token from the reply to TOKEN. @throws when the key is not the server's */
export async function readNewToken(args: Record<string, unknown>, key: string): Promise<NewToken> {
  const secret = await decryptSecret(key, String(args.iv), String(args.secret));
  return {
    id: String(args.id),
    token: `${args.id}.${toHex(secret).toLowerCase()}`,
    rights: Number(args.rights),
    expires: new Date(String(args.expires)),
  };
}

export function wishArgs({ label, lifetimeS, rights }: TokenWish): Record<string, unknown> {
  return { label, ...(lifetimeS !== undefined && { lifetime: lifetimeS }), ...(rights && { rights }) };
}

/** Reads the entries of the reply to TOKENS. */
export function readTokens({ tokens }: Record<string, unknown>): TokenInfo[] {
  const time = (value: unknown): Date | undefined => (value ? new Date(String(value)) : undefined);
  return ((tokens ?? []) as Record<string, unknown>[]).map((entry) => {
    const lastUsed = time(entry.lastUsed);
    return {
      id: String(entry.id),
      user: String(entry.user),
      label: String(entry.label),
      created: new Date(String(entry.created)),
      expires: new Date(String(entry.expires)),
      ...(typeof entry.rights === 'number' && { rights: entry.rights }),
      ...(lastUsed && { lastUsed }),
      ...(entry.lastAddress ? { lastAddress: String(entry.lastAddress) } : {}),
      isCurrent: entry.current === true,
    };
  });
}
