/**
 * Server-to-client websocket frames (RFC 6455, 5.2): unmasked, text. The session writes them
 * directly to the socket, so that one frame serves any number of clients.
 */
const FINAL = 0x80;
const CONTINUATION = 0;
const TEXT = 1;
const FINAL_TEXT = FINAL | TEXT;

/** Bytes of the header before a payload of `payloadBytes`. */
export function frameHeaderSize(payloadBytes: number): number {
  if (payloadBytes < 126) return 2;
  return payloadBytes < 65536 ? 4 : 10;
}

/** Writes a text frame's header at `at`; returns where the payload begins. */
export function writeFrameHeader(target: Buffer, at: number, payloadBytes: number): number {
  target[at] = FINAL_TEXT;
  if (payloadBytes < 126) {
    target[at + 1] = payloadBytes;
    return at + 2;
  }
  if (payloadBytes < 65536) {
    target[at + 1] = 126;
    target[at + 2] = payloadBytes >> 8;
    target[at + 3] = payloadBytes & 0xff;
    return at + 4;
  }
  target[at + 1] = 127;
  target.writeUInt32BE(0, at + 2);
  target.writeUInt32BE(payloadBytes, at + 6);
  return at + 10;
}

/** A complete text frame. */
export function textFrame(text: string): Buffer {
  const payloadBytes = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(frameHeaderSize(payloadBytes) + payloadBytes);
  frame.write(text, writeFrameHeader(frame, 0, payloadBytes));
  return frame;
}

/** One frame of a text message that is sent in several; it is written into `memory` if it fits. */
export function fragmentFrame(payload: Buffer, isFirst: boolean, isLast: boolean, memory: Buffer): Buffer {
  const size = frameHeaderSize(payload.length) + payload.length;
  const frame = size <= memory.length ? memory.subarray(0, size) : Buffer.allocUnsafe(size);
  payload.copy(frame, writeFrameHeader(frame, 0, payload.length));
  frame[0] = (isFirst ? TEXT : CONTINUATION) | (isLast ? FINAL : 0);
  return frame;
}

/** Where the payload begins of the frame at `at`; only for frames that this module wrote. */
export function payloadStart(buffer: Buffer, at: number): number {
  const length = buffer[at + 1] ?? 0;
  if (length < 126) return at + 2;
  return length === 126 ? at + 4 : at + 10;
}

/** Where the frame at `at` ends; only for frames that this module wrote. */
export function frameEnd(buffer: Buffer, at: number): number {
  const length = buffer[at + 1] ?? 0;
  if (length < 126) return at + 2 + length;
  if (length === 126) return at + 4 + buffer.readUInt16BE(at + 2);
  return at + 10 + buffer.readUInt32BE(at + 6);
}
