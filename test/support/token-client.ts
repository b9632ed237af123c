import assert from 'node:assert/strict';
import { createDecipheriv, createHmac } from 'node:crypto';
import { DEFAULT_KEY, TestClient } from './ws-client.ts';

/** A token as a client has it. */
export interface TestToken {
  id: string;
  secret: Buffer;
}

export async function command(
  client: TestClient,
  word: string,
  args: object | null = null,
): Promise<{ type: string; errcode?: number; errstr?: string; args: Record<string, unknown> }> {
  return JSON.parse(await client.ask({ type: 'CMD', command: word, args }));
}

export async function passwordClient(url: string, user = 'admin', password = 'secret'): Promise<TestClient> {
  const client = await TestClient.connect(`${url}/ws2`);
  assert.match(await client.login(user, password), /"\+"/);
  return client;
}

export async function makeToken(client: TestClient, args: object = {}): Promise<TestToken> {
  const reply = await command(client, 'TOKEN', { label: 'test', ...args });
  assert.equal(reply.type, '+', JSON.stringify(reply));
  return tokenOf(reply.args as unknown as Parameters<typeof tokenOf>[0]);
}

/** What the reply to TOKEN tells. */
export function tokenOf({ id, iv, secret }: { id: string; iv: string; secret: string }): TestToken {
  const cipher = createDecipheriv('aes-128-cbc', DEFAULT_KEY, Buffer.from(iv, 'hex'));
  return { id, secret: Buffer.concat([cipher.update(Buffer.from(secret, 'hex')), cipher.final()]) };
}

export function proofOf({ secret }: TestToken, sid: string): string {
  return createHmac('sha256', secret).update(sid).digest('hex');
}

/** Connects and logs in with a token; resolves to the reply to AUTH. */
export async function tokenLogin(
  url: string,
  token: TestToken,
): Promise<{ client: TestClient; reply: Awaited<ReturnType<typeof command>> }> {
  const client = await TestClient.connect(`${url}/ws2`);
  const args = { token: token.id, proof: proofOf(token, client.sid), describe: true };
  return { client, reply: await command(client, 'AUTH', args) };
}
