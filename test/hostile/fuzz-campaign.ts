import { inspect } from 'node:util';
import type { LiveDriver } from '../support/live-driver.ts';
import { encodeFrame, OPCODE, RawWs } from '../support/raw-ws.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { encryptLogin } from '../support/ws-client.ts';
import { type FuzzMessage, makeMessage, needsReply, type Protocol } from './fuzz-messages.ts';
import { isEvent, judge } from './fuzz-model.ts';

const BATCH = 250;
const REPLY_TIMEOUT_MS = 60_000;

/** Who sends: each in a session of its own, logged in or not. */
const PEERS: readonly { protocol: Protocol; user?: string }[] = [
  { protocol: 'ws1', user: 'admin' },
  { protocol: 'ws2', user: 'admin' },
  { protocol: 'ws1', user: 'user' },
  { protocol: 'ws2', user: 'user' },
  { protocol: 'ws1' },
  { protocol: 'ws2' },
];

export interface CampaignOptions {
  seed: number;
  /** In all, over all sessions. */
  messages: number;
  /** Called after each batch with the number of messages sent so far. */
  onProgress?: (sent: number) => Promise<void> | void;
}

export interface CampaignResult {
  messages: number;
  replies: number;
  /** Events that the driver confirmed: the host has to get each of them once. */
  acceptedEvents: number;
}

/** Keys the campaign needs in the configuration. */
export const CAMPAIGN_KEYS = { 'auth-timeout': 3600, 'slow-client-timeout': 600 };

/** One fuzzing session: sends batches and holds every reply against the model. */
class FuzzPeer {
  readonly #protocol: Protocol;
  readonly #user: string | undefined;
  readonly #random: SeededRandom;
  readonly #name: string;
  #ws: RawWs | undefined;
  #sent = 0;
  replies = 0;
  acceptedEvents = 0;

  constructor(peer: { protocol: Protocol; user?: string }, seed: number, index: number) {
    this.#protocol = peer.protocol;
    this.#user = peer.user;
    this.#random = new SeededRandom(seed * 16 + index);
    this.#name = `seed ${seed}, ${peer.protocol} as ${peer.user ?? 'nobody'}`;
  }

  async connect(port: number): Promise<void> {
    const ws = await RawWs.connect(port, `/${this.#protocol}`, { greeting: false });
    this.#ws = ws;
    const greeting = await ws.nextText();
    if (this.#user === undefined) return;
    const sid = /[0-9A-F]{32}/.exec(greeting)?.[0] ?? '';
    const crypto = encryptLogin(this.#user, 'secret', Buffer.from(sid, 'hex'));
    const login =
      this.#protocol === 'ws1'
        ? `C;AUTH;${sid};${crypto}`
        : JSON.stringify({ type: 'CMD', command: 'AUTH', args: { iv: sid, crypto } });
    ws.send({ payload: login });
    const reply = await ws.nextText();
    if (!/^\+;AUTH1|^\{"type":"\+"/.test(reply)) throw new Error(`${this.#name}: no login: ${reply}`);
  }

  /** Sends `count` messages at once and awaits their replies. @throws when one is not as it should be */
  async sendBatch(count: number): Promise<void> {
    const ws = this.#ws;
    if (ws === undefined) throw new Error('not connected');
    const messages = Array.from({ length: count }, () => makeMessage(this.#protocol, this.#random));
    const awaited = messages.filter(needsReply);
    const done = this.#judgeReplies(ws, awaited);
    const bytes = Buffer.concat(messages.map((message) => this.#frames(message)));
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + 1 + this.#random.int(32_768));
      ws.sendBytes(bytes.subarray(at, end));
      at = end;
    }
    await done;
    this.#sent += count;
  }

  close(): void {
    this.#ws?.destroy();
  }

  #judgeReplies(ws: RawWs, awaited: readonly FuzzMessage[]): Promise<void> {
    return new Promise((resolve, reject) => {
      let index = 0;
      const fail = (problem: string, reply: string) => {
        clearTimeout(timer);
        const message = awaited[index]?.payload ?? Buffer.alloc(0);
        reject(
          new Error(
            `${this.#name}, after ${this.#sent} messages: ${problem}\nreply: ${reply.slice(0, 500)}\n` +
              `to: ${inspect(message.toString(), { maxStringLength: 2000 })}\nhex: ${message.toString('hex', 0, 500)}`,
          ),
        );
      };
      const timer = setTimeout(() => fail('no reply', ''), REPLY_TIMEOUT_MS);
      ws.ended.then((end) => fail(`the connection ended ${JSON.stringify(end)}`, ''));
      ws.onFrame = ({ opcode, payload }) => {
        if (opcode === OPCODE.pong || opcode === OPCODE.ping) return;
        const reply = payload.toString();
        if (isEvent(this.#protocol, reply)) return;
        const message = awaited[index];
        if (message === undefined) return fail('a reply too many', reply);
        const verdict = judge(this.#protocol, message, this.#user !== undefined, reply);
        if ('wrong' in verdict) return fail(verdict.wrong, reply);
        if (verdict.accepted) this.acceptedEvents++;
        this.replies++;
        index++;
        if (index === awaited.length) {
          clearTimeout(timer);
          resolve();
        }
      };
      if (awaited.length === 0) {
        clearTimeout(timer);
        resolve();
      }
    });
  }

  /** The message as one frame, or now and then in fragments with a ping among them. */
  #frames({ payload, isBinary }: FuzzMessage): Buffer {
    const random = this.#random;
    const opcode = isBinary ? OPCODE.binary : OPCODE.text;
    const mask = random.bytes(4);
    if (!random.chance(0.05)) return encodeFrame({ opcode, payload, mask });
    const cut = random.int(payload.length + 1);
    return Buffer.concat([
      encodeFrame({ opcode, payload: payload.subarray(0, cut), fin: false, mask }),
      random.chance(0.3) ? encodeFrame({ opcode: OPCODE.ping, payload: 'p' }) : Buffer.alloc(0),
      encodeFrame({ opcode: OPCODE.continuation, payload: payload.subarray(cut), mask }),
    ]);
  }
}

/**
 * Sends seeded messages over several sessions at once. Each gets exactly one reply (none for an empty one),
 * in order, of the right word and one of the right codes.
 */
export async function runCampaign(driver: LiveDriver, options: CampaignOptions): Promise<CampaignResult> {
  const peers = PEERS.map((peer, index) => new FuzzPeer(peer, options.seed, index));
  const share = Math.ceil(options.messages / peers.length);
  let sent = 0;
  try {
    for (const peer of peers) await peer.connect(driver.port);
    await Promise.all(
      peers.map(async (peer) => {
        for (let done = 0; done < share; done += BATCH) {
          const count = Math.min(BATCH, share - done);
          await peer.sendBatch(count);
          sent += count;
          await options.onProgress?.(sent);
        }
      }),
    );
  } finally {
    for (const peer of peers) peer.close();
  }
  const sum = (pick: (peer: FuzzPeer) => number) => peers.reduce((total, peer) => total + pick(peer), 0);
  return {
    messages: sent,
    replies: sum((peer) => peer.replies),
    acceptedEvents: sum((peer) => peer.acceptedEvents),
  };
}
