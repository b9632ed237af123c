import { isUtf8 } from 'node:buffer';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** Longer messages are read by ws; events are shorter. */
const MAX_DIRECT = 4096;
const FINAL_TEXT = 0x81;
const FINAL_PING = 0x89;
const FINAL_PONG = 0x8a;
const MASKED = 0x80;
const LENGTH_16 = 126;
const SHORT_HEADER = 6;
const LONG_HEADER = 8;
const MASK_SIZE = 4;

/** The payload that is being read; nobody keeps it. */
const payload = Buffer.allocUnsafeSlow(MAX_DIRECT);

type OnData = (this: Duplex, chunk: Buffer) => void;

/**
 * Reads a client's messages. Whole short text frames are read here, straight from the socket's chunk: in ws each one
 * becomes half a dozen objects, which is a quarter of what an event costs. ws gets pings, pongs and the text frames
 * that do not end in their chunk, byte for byte. From the first frame of another kind on (close, fragments, binary, too
 * long, whatever breaks the protocol), and from the first text on that is not UTF-8, ws reads everything.
 */
export class MessageReader {
  readonly #socket: Duplex;
  readonly #maxMessageSize: number;
  readonly #take: (text: string | undefined) => void;
  /** How ws gets bytes; undefined once it reads everything by itself. */
  #toWs: OnData | undefined;
  /** The beginning of a header, at the end of a chunk. */
  #held: Buffer | undefined;
  /** Bytes of the present frame that ws has still to get, and whether they end a message. */
  #owed = 0;
  #owesMessage = false;
  #messagesOfWs = 0;

  /**
   * @param maxMessageSize as ws has it
   * @param take gets each message; undefined for one that is not text
   */
  constructor(
    { ws, socket }: { ws: WebSocket; socket: Duplex },
    maxMessageSize: number,
    take: (text: string | undefined) => void,
  ) {
    this.#socket = socket;
    this.#maxMessageSize = maxMessageSize;
    this.#take = take;
    ws.on('message', (data, isBinary) => {
      const message = data as Buffer;
      this.#messagesOfWs++;
      take(isBinary && !isUtf8(message) ? undefined : textOf(message, message.length, 'utf8'));
    });
    const [toWs, ...others] = socket.listeners('data') as OnData[];
    if (toWs === undefined || others.length > 0) return;
    this.#toWs = toWs;
    socket.on('data', this.#onData);
    socket.off('data', toWs);
    // ws reads what a paused socket still holds when it is closed.
    socket.prependListener('close', () => {
      if (!socket.readableEnded) this.#leaveToWs(this.#held);
    });
    ws.on('error', () => socket.off('data', this.#onData));
  }

  readonly #onData = (chunk: Buffer): void => {
    const bytes = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = undefined;
    for (let at = 0; at < bytes.length; ) {
      const end = this.#owed > 0 ? this.#passOwed(bytes, at) : this.#readFrame(bytes, at);
      if (end === at) {
        this.#held = Buffer.from(bytes.subarray(at));
        return;
      }
      at = end;
    }
  };

  /** @returns where the next frame begins; `at` when the chunk does not contain enough of the header */
  #readFrame(bytes: Buffer, at: number): number {
    const available = bytes.length - at;
    if (available < 2) return at;
    const kind = bytes[at] as number;
    const isMessage = kind === FINAL_TEXT;
    const isUsual = isMessage || kind === FINAL_PING || kind === FINAL_PONG;
    let size = (bytes[at + 1] as number) ^ MASKED;
    let header = SHORT_HEADER;
    if (isMessage && size === LENGTH_16) {
      if (available < 4) return at;
      size = bytes.readUInt16BE(at + 2);
      header = LONG_HEADER;
    } else if (!isUsual || size >= LENGTH_16) {
      // Without a mask it is larger still.
      return this.#leaveToWs(bytes, at);
    }
    if (size > this.#maxMessageSize && isMessage) return this.#leaveToWs(bytes, at);
    const end = at + header + size;
    if (!isMessage || end > bytes.length || size > MAX_DIRECT) {
      this.#owed = header + size;
      this.#owesMessage = isMessage;
      return this.#passOwed(bytes, at);
    }
    const isAscii = unmask(bytes, at + header, size);
    if (!isAscii && !isUtf8(payload.subarray(0, size))) return this.#leaveToWs(bytes, at);
    this.#take(textOf(payload, size, isAscii ? 'latin1' : 'utf8'));
    return end;
  }

  /** @returns where the next frame begins, or the end of the chunk */
  #passOwed(bytes: Buffer, at: number): number {
    const part = bytes.subarray(at, at + this.#owed);
    const before = this.#messagesOfWs;
    this.#owed -= part.length;
    this.#toWs?.call(this.#socket, part);
    // ws closes the connection over a message that it does not tell, and nothing behind it counts.
    if (this.#owed === 0 && this.#owesMessage && this.#messagesOfWs === before) {
      this.#leaveToWs();
      return bytes.length;
    }
    return at + part.length;
  }

  /** From now on ws reads everything, beginning with the bytes from `at` on. @returns their end */
  #leaveToWs(bytes?: Buffer, at = 0): number {
    const toWs = this.#toWs;
    if (toWs !== undefined) {
      this.#toWs = undefined;
      this.#socket.on('data', toWs);
      this.#socket.off('data', this.#onData);
      if (bytes !== undefined) toWs.call(this.#socket, bytes.subarray(at));
    }
    return bytes?.length ?? 0;
  }
}

/** Copies the payload from `from` on, with the mask before it taken off. @returns whether it is ASCII */
function unmask(bytes: Buffer, from: number, size: number): boolean {
  const mask = from - MASK_SIZE;
  const [m0, m1] = [bytes[mask] as number, bytes[mask + 1] as number];
  const [m2, m3] = [bytes[mask + 2] as number, bytes[mask + 3] as number];
  let bits = 0;
  let at = 0;
  for (; at + 3 < size; at += 4) {
    const b0 = (bytes[from + at] as number) ^ m0;
    const b1 = (bytes[from + at + 1] as number) ^ m1;
    const b2 = (bytes[from + at + 2] as number) ^ m2;
    const b3 = (bytes[from + at + 3] as number) ^ m3;
    payload[at] = b0;
    payload[at + 1] = b1;
    payload[at + 2] = b2;
    payload[at + 3] = b3;
    bits |= b0 | b1 | b2 | b3;
  }
  for (; at < size; at++) {
    const byte = (bytes[from + at] as number) ^ (bytes[mask + (at & 3)] as number);
    payload[at] = byte;
    bits |= byte;
  }
  return bits < 0x80;
}

/** The message without white space around it, and without the NUL that C programs send after a text. */
function textOf(message: Buffer, size: number, encoding: 'latin1' | 'utf8'): string {
  const hasNul = size > 1 && message[size - 1] === 0;
  return message.toString(encoding, 0, hasNul ? size - 1 : size).trim();
}
