import { RawWs } from '../support/raw-ws.ts';
import { encryptLogin } from '../support/ws-client.ts';

const UPPER_E = 0x45;

/** A client that counts what it gets. */
export class SoakClient {
  readonly ws: RawWs;
  readonly sessions = 1;
  readonly protocol: 'ws1' | 'ws2';
  /** Events that came. */
  events = 0;
  /** Events sent and confirmed. */
  confirmed = 0;
  #replies: ((reply: string) => void)[] = [];

  private constructor(ws: RawWs, protocol: 'ws1' | 'ws2') {
    this.ws = ws;
    this.protocol = protocol;
    ws.answerPings = true;
    // In ws2 the E of EVENT stands where a reply has its sign.
    const eventAt = protocol === 'ws1' ? 0 : 9;
    ws.onFrame = ({ payload }) => {
      if (payload[eventAt] === UPPER_E) this.events++;
      else this.#replies.shift()?.(payload.toString());
    };
  }

  /** Connects, logs in and opens the event channel. */
  static async start(port: number, protocol: 'ws1' | 'ws2', user: string, open = true): Promise<SoakClient> {
    const ws = await RawWs.connect(port, `/${protocol}`, { greeting: false });
    const sid = /[0-9A-F]{32}/.exec(await ws.nextText())?.[0] ?? '';
    const client = new SoakClient(ws, protocol);
    const crypto = encryptLogin(user, 'secret', Buffer.from(sid, 'hex'));
    await client.command('AUTH', { iv: sid, crypto }, `${sid};${crypto}`);
    if (open) await client.command('OPEN');
    return client;
  }

  /** @throws when the answer is negative or the connection ends */
  async command(word: string, args: object | null = null, fields = ''): Promise<void> {
    const text =
      this.protocol === 'ws1' ? `C;${word};${fields}` : JSON.stringify({ type: 'C', command: word, args });
    const reply = await this.#ask(text);
    if (!/^\+;|^\{"type":"\+"/.test(reply)) throw new Error(`${word}: ${reply}`);
  }

  /** Sends events at once and awaits their replies. */
  async sendEvents(count: number): Promise<void> {
    const text =
      this.protocol === 'ws1'
        ? 'E;96,10,6,0,,0,-,137,130,8,197'
        : '{"type":"E","event":{"class":10,"type":6,"data":[1]}}';
    const replies = await Promise.all(Array.from({ length: count }, () => this.#ask(text)));
    for (const reply of replies) if (/^\+;EVENT|^\{"type":"\+"/.test(reply)) this.confirmed++;
  }

  leave(): void {
    this.ws.destroy();
  }

  async #ask(text: string): Promise<string> {
    const reply = new Promise<string>((resolve) => this.#replies.push(resolve));
    this.ws.send({ payload: text });
    const ended = this.ws.ended.then((end): never => {
      throw new Error(`the connection ended: ${JSON.stringify(end)}`);
    });
    return Promise.race([reply, ended]);
  }
}
